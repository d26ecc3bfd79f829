"""Nodes of a text: words, lists and mappings with their places. ``compose`` reads them from YAML."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, TypeAlias

from archcalc.errors import Mark, Source

MAX_BYTES = 1 << 19
"""Bytes of a file."""

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}


class Located:
    """A node and its place. A file has thousands of nodes, and few are asked where they stand: a mark is made
    when it is read.
    """

    __slots__ = ("column", "line", "source")

    def __init__(self, source: Source, line: int, column: int) -> None:
        self.source = source
        self.line = line
        self.column = column

    @property
    def mark(self) -> Mark:
        """The place where the node begins."""
        return Mark(self.source, self.line, self.column)


class Scalar(Located):
    """A word, number or text."""

    __slots__ = ("plain", "refused", "text")

    def __init__(self, source: Source, line: int, column: int, text: str, plain: bool) -> None:
        super().__init__(source, line, column)
        self.text = text
        self.plain = plain  # written without quotes
        self.refused = False  # whether a problem is already reported for it

    @property
    def value(self) -> Any:
        """None, a bool, an int, or the text (decimals and expressions stay text)."""
        if self.plain:
            if self.text in _CONSTANTS:
                return _CONSTANTS[self.text]
            if _INT.match(self.text) and len(self.text) <= 40:
                return int(self.text)
        return self.text


class Seq(Located):
    """A list of nodes."""

    __slots__ = ("items",)

    def __init__(self, source: Source, line: int, column: int) -> None:
        super().__init__(source, line, column)
        self.items: list[Node] = []


class Map(Located):
    """Keys and values in the order of the file."""

    __slots__ = ("entries",)

    def __init__(self, source: Source, line: int, column: int) -> None:
        super().__init__(source, line, column)
        self.entries: dict[str, Entry] = {}


class Entry(NamedTuple):
    """One key with its value."""

    key: Scalar
    value: Node


Node: TypeAlias = Scalar | Seq | Map
