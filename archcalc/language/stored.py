"""Specs that were read before: their nodes, stored as JSON in the folder of the bytecode (``__pycache__``).

Reading YAML and importing PyYAML take longer than all the rest of reading a spec. A stored file holds the
whole text that it was made from, so it cannot be used for another text. Only a shipped spec without mistakes
is stored. The files can be deleted at any time. Where that folder is missing or cannot be written, specs are
read from their text.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import cache
from typing import Any

from archcalc.errors import ArchcalcError, Source
from archcalc.files import write_whole
from archcalc.language.nodes import Entry, Located, Map, Node, Scalar, Seq


def _folder() -> str:
    """The folder of the bytecode of this module."""
    cached = __spec__.cached if __spec__ else None
    return os.path.dirname(cached or os.path.join(os.path.dirname(__file__), "__pycache__", ""))


def _path(source: Source) -> str:
    return os.path.join(_folder(), f"{os.path.basename(source.name)}.json")


@cache
def _stamp() -> list[int]:
    """When the code that makes nodes was changed: what older code has stored is not used."""
    here = os.path.dirname(__file__)
    files = [os.stat(os.path.join(here, name)) for name in ("compose.py", "nodes.py", "stored.py")]
    return [number for file in files for number in (file.st_mtime_ns, file.st_size)]


def stored_nodes(source: Source) -> Map | None:
    """The nodes of a text that ``store`` got before; None for any other text."""
    try:
        with open(_path(source), "rb") as file:
            stored = json.loads(file.read())
        if stored["text"] != source.text or stored["stamp"] != _stamp():
            return None
        return _StoredMap(source, *stored["nodes"])
    except (OSError, ValueError, LookupError, TypeError):  # there is none, or it is damaged
        return None


def store(source: Source, root: Map) -> None:
    """Store the nodes of a spec without mistakes, if the folder can be written."""
    if not os.access(_folder(), os.W_OK):
        return
    with suppress(ArchcalcError, OSError):  # OSError: there is bytecode only, and no code
        stored = {"stamp": _stamp(), "text": source.text, "nodes": _plain(root)}
        write_whole(_path(source), json.dumps(stored, ensure_ascii=False, separators=(",", ":")))


def _plain(node: Node) -> list[Any]:
    """A node as JSON: its line, column and content, and a 1 if it is a text in quotes."""
    place = [node.line, node.column]
    if isinstance(node, Seq):
        return [*place, [_plain(item) for item in node.items]]
    if isinstance(node, Map):
        pairs = node.entries.items()
        return [*place, {text: [_plain(entry.key), _plain(entry.value)] for text, entry in pairs}]
    return [*place, node.text, *([] if node.plain else [1])]


def _node(source: Source, line: int, column: int, content: Any, *quoted: int) -> Node:
    """The node that ``_plain`` has made JSON of."""
    if isinstance(content, dict):
        return _StoredMap(source, line, column, content)
    if isinstance(content, list):
        return _StoredSeq(source, line, column, content)
    return Scalar(source, line, column, content, not quoted)


# Most of a spec is what the literature prints, and few commands ask for it: the inside of a list or mapping
# is made when it is asked for. Python calls ``__getattr__`` only for an attribute that has no value yet.


class _StoredSeq(Seq):
    __slots__ = ("_content",)

    def __init__(self, source: Source, line: int, column: int, content: list[Any]) -> None:
        Located.__init__(self, source, line, column)
        self._content = content

    def __getattr__(self, name: str) -> Any:
        if name != "items":
            raise AttributeError(name)
        self.items = [_node(self.source, *item) for item in self._content]
        return self.items


class _StoredMap(Map):
    __slots__ = ("_content",)

    def __init__(self, source: Source, line: int, column: int, content: dict[str, Any]) -> None:
        Located.__init__(self, source, line, column)
        self._content = content

    def __getattr__(self, name: str) -> Any:
        if name != "entries":
            raise AttributeError(name)
        source = self.source
        self.entries = {
            text: Entry(Scalar(source, key[0], key[1], text, len(key) == 3), _node(source, *value))
            for text, (key, value) in self._content.items()
        }
        return self.entries
