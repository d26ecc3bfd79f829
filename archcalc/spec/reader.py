"""Text -> located nodes: YAML 1.2 core, without the parts that surprise or explode.

The event stream is read without recursion, so a file can neither crash the parser by its depth nor
grow by its aliases; every node keeps its place. Refused: duplicate keys, tags, merge keys, several
documents, and the YAML 1.1 spellings yes/no/on/off, 010 and 1:30 that other tools read as something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from archcalc.errors import Mark, Problem, Source, SpecError

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
MAX_NODES = 200_000

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_OTHER_YAML = re.compile(r"(?i:yes|no|on|off)\Z|[-+]?0[0-9]+\Z|[-+]?[0-9]+(:[0-5]?[0-9])+\Z|0[xob][0-9a-fA-F_]+\Z")
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word, number or text; ``plain`` if it was written without quotes, ``refused`` if a problem was told of it."""

    text: str
    plain: bool
    mark: Mark
    refused: bool = False
    weight: int = 1

    @property
    def value(self) -> Any:
        """None, a bool, an int, or the text (decimals and expressions stay text)."""
        if self.plain:
            if self.text in _CONSTANTS:
                return _CONSTANTS[self.text]
            if _INT.match(self.text) and len(self.text) <= 40:
                return int(self.text)
        return self.text


@dataclass(frozen=True, slots=True)
class Seq:
    """A list of nodes."""

    items: tuple[Node, ...]
    mark: Mark
    weight: int


@dataclass(frozen=True, slots=True)
class Map:
    """Keys and values in the order of the file."""

    entries: dict[str, Entry]
    mark: Mark
    weight: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its value."""

    key: Scalar
    value: Node


Node: TypeAlias = Scalar | Seq | Map


def read(source: Source, problems: list[Problem]) -> Node:
    """The node tree of a YAML text.

    Spellings that are refused go to ``problems``; raises SpecError where there is no tree to go on with.
    """
    if len(source.text) > MAX_BYTES:
        raise SpecError([Problem(f"the file is larger than {MAX_BYTES // 1024} KiB", Mark(source, 1, 1))])
    try:
        return _Composer(source, problems).compose()
    except yaml.MarkedYAMLError as error:
        raise SpecError([_syntax_problem(source, error)]) from None
    except yaml.YAMLError as error:
        raise SpecError([Problem(f"not YAML text: {_first_line(error)}", Mark(source, 1, 1))]) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _syntax_problem(source: Source, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = Mark(source, mark.line + 1, mark.column + 1) if mark else Mark(source, 1, 1)
    notes: tuple[tuple[str, Mark], ...] = ()
    if error.context_mark and error.context and error.context_mark.line != place.line - 1:
        notes = ((error.context, Mark(source, error.context_mark.line + 1, error.context_mark.column + 1)),)
    return Problem(error.problem or "not YAML", place, "", "", notes)


class _Open:
    """A list or mapping that is still being read."""

    __slots__ = ("anchor", "children", "event", "keys", "mark", "weight")

    def __init__(self, event: Any, mark: Mark) -> None:
        self.event = event
        self.mark = mark
        self.anchor = event.anchor
        self.children: list[Node] = []
        self.keys: dict[str, Scalar] = {}
        self.weight = 1


class _Composer:
    """Events -> nodes, with a stack of its own."""

    def __init__(self, source: Source, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        self.anchors: dict[str, Node | None] = {}
        self.stack: list[_Open] = []
        self.root: Node | None = None

    def compose(self) -> Node:
        documents = 0
        for event in self._events():
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise SpecError(
                        [*self.problems, Problem("a file holds one spec, not several documents", self._mark(event))]
                    )
            elif isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event), event.anchor)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.AliasEvent):
                self._add(self._alias(event), None)
        if self.root is None:
            raise SpecError([Problem("the file is empty", Mark(self.source, 1, 1))])
        return self.root

    def _events(self) -> Iterator[Any]:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return yaml.parse(self.source.text, Loader=loader)

    def _mark(self, event: Any) -> Mark:
        return Mark(self.source, event.start_mark.line + 1, event.start_mark.column + 1)

    def _fail(self, says: str, mark: Mark, hint: str = "") -> SpecError:
        return SpecError([*self.problems, Problem(says, mark, "", hint)])

    def _scalar(self, event: Any) -> Scalar:
        plain = event.style is None or event.style == ""
        mark = self._mark(event)
        self._no_tag(event, mark)
        if plain and _OTHER_YAML.match(event.value):
            self.problems.append(_ambiguous(event.value, mark))
            return Scalar(event.value, plain, mark, refused=True)
        return Scalar(event.value, plain, mark)

    def _no_tag(self, event: Any, mark: Mark) -> None:
        if event.tag is not None and event.tag != "!":
            self.problems.append(Problem(f"tags such as {event.tag} are not part of the language", mark))

    def _open(self, event: Any) -> None:
        mark = self._mark(event)
        self._no_tag(event, mark)
        if len(self.stack) >= MAX_DEPTH:
            raise self._fail(f"nested deeper than {MAX_DEPTH} levels", mark)
        if event.anchor:
            self.anchors[event.anchor] = None  # known, but not complete: an alias to it would contain itself
        self.stack.append(_Open(event, mark))

    def _close(self) -> None:
        done = self.stack.pop()
        node: Node
        if isinstance(done.event, yaml.SequenceStartEvent):
            node = Seq(tuple(done.children), done.mark, done.weight)
        else:
            pairs = zip(done.keys.items(), done.children, strict=True)
            node = Map({text: Entry(key, value) for (text, key), value in pairs}, done.mark, done.weight)
        self._add(node, done.anchor)

    def _alias(self, event: Any) -> Node:
        mark = self._mark(event)
        if event.anchor not in self.anchors:
            raise self._fail(f"alias *{event.anchor} has no anchor &{event.anchor} before it", mark)
        node = self.anchors[event.anchor]
        if node is None:
            raise self._fail(f"alias *{event.anchor} stands inside its own anchor", mark)
        return node

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        parent.weight += node.weight
        if parent.weight > MAX_NODES:
            raise self._fail(f"the file has more than {MAX_NODES} nodes, counting what its aliases repeat", parent.mark)
        if isinstance(parent.event, yaml.MappingStartEvent) and len(parent.keys) == len(parent.children):
            self._key(parent, node)
        else:
            parent.children.append(node)

    def _key(self, parent: _Open, node: Node) -> None:
        if not isinstance(node, Scalar):
            raise self._fail("a key must be a word", node.mark)
        if node.text == "<<" and node.plain:
            raise self._fail("merge keys (<<) are not part of the language", node.mark, "use defaults: or blocks:")
        if node.text in parent.keys:
            first = parent.keys[node.text].mark
            raise self._fail(f"duplicate key '{node.text}' (first at line {first.line})", node.mark)
        parent.keys[node.text] = node


def _ambiguous(text: str, mark: Mark) -> Problem:
    if text[0].isalpha():
        ways = f"write true or false, or '{text}' in quotes"
    elif ":" in text:
        ways = f"YAML 1.1 reads it in base 60; write a plain number, or '{text}' in quotes"
    elif text.lstrip("+-")[:2].lower() in ("0x", "0o", "0b"):
        ways = "write a decimal number"
    else:
        ways = f"YAML 1.1 reads it in base 8; write {text.lstrip('+-').lstrip('0') or '0'}"
    return Problem(f"'{text}' means different things to different YAML readers", mark, "", ways)
