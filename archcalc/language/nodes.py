"""Text -> nodes with their places: YAML 1.2 core, without its ambiguous and dangerous parts.

The composer reads the events of the loader in a loop, without recursion: a deep file cannot crash it, and
aliases cannot make it grow without bound. Refused: duplicate keys, tags, merge keys, several documents, and
the YAML 1.1 spellings yes/no/on/off, 010 and 1:30, which other programs read as other values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from archcalc.errors import Mark, Problem, Source, SpecError, short
from archcalc.language.syntax_problems import (
    INVALID_ESCAPE,
    LEAVE_OUT,
    TAG,
    escape_mark,
    mark_in,
    syntax_problem,
)

MAX_BYTES = 1 << 19
MAX_DEPTH = 64
MAX_NODES = 100_000

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_OTHER_YAML = re.compile(
    r"(?i:yes|no|on|off)\Z|[-+]?0[0-9]+\Z|[-+]?[0-9]+(:[0-5]?[0-9])+\Z|0[xob][0-9a-fA-F_]+\Z"
)
_NO_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_GAP = re.compile(r"[ \t]*(?:(?:(?<=[ \t])|\A)#.*)?", re.DOTALL)
"""Blanks and a comment, up to the end of the line or the next value."""

_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word, number or text."""

    text: str
    plain: bool  # written without quotes
    mark: Mark
    refused: bool = False  # a problem is already reported for it
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
    weight: int  # values in it, each alias counted in full


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


def read_nodes(source: Source, problems: list[Problem]) -> Node:
    """The node tree of a YAML text.

    Refused spellings are added to ``problems``. Raises SpecError if the text has no node tree.
    """
    if len(source.text) > MAX_BYTES:
        raise SpecError([Problem(f"the file is larger than {MAX_BYTES // 1024} KiB", Mark(source, 1, 1))])
    if match := _NO_TEXT.search(source.text):
        message = f"the character U+{ord(match.group()):04X} is not allowed"
        raise SpecError([Problem(message, source.mark(match.start()), "", "remove it")])
    if (libyaml := getattr(yaml, "CSafeLoader", None)) is not None:
        with suppress(yaml.YAMLError):
            return _compose(source, libyaml, problems)
    return _compose(source, yaml.SafeLoader, problems)


def _compose(source: Source, loader: type[Any], problems: list[Problem]) -> Node:
    """The node tree as one loader reads it. Raises SpecError, and YAMLError if the loader is libyaml's.

    The words and limits of libyaml differ from version to version. PyYAML's own loader therefore reads a text
    that libyaml refuses again, and its words are the ones that become a problem.
    """
    parser = loader(source.text)
    composer = _Composer(source, parser, [*problems])
    try:
        root = composer.compose()
    except yaml.YAMLError as error:
        if loader is not yaml.SafeLoader:
            raise
        raise SpecError([*composer.problems, syntax_problem(source, error)]) from None
    except (ValueError, OverflowError):  # of chr(): PyYAML does not check how large an escape is
        if loader is not yaml.SafeLoader:
            raise
        mark = escape_mark(mark_in(source, parser.get_mark()))
        raise SpecError([*composer.problems, Problem(INVALID_ESCAPE, mark, "", LEAVE_OUT)]) from None
    finally:
        parser.dispose()
    problems[:] = composer.problems
    return root


class _OpenCollection:
    """A list or mapping whose end has not been read yet."""

    __slots__ = ("anchor", "children", "event", "keys", "mark", "weight")

    def __init__(self, event: yaml.CollectionStartEvent, mark: Mark) -> None:
        self.event = event
        self.mark = mark
        self.anchor = event.anchor
        self.children: list[Node] = []
        self.keys: dict[str, Scalar] = {}
        self.weight = 1


class _Composer:
    """Makes nodes from the events of a loader; open collections are on a stack."""

    def __init__(self, source: Source, parser: Any, problems: list[Problem]) -> None:
        self.source = source
        self.parser = parser
        self.problems = problems
        self.anchors: dict[str, Node | None] = {}
        self.stack: list[_OpenCollection] = []
        self.root: Node | None = None

    def compose(self) -> Node:
        documents = 0
        for event in self._events():
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._fail(
                        "a file holds one spec, but '---' starts a second one", self._mark(event)
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
            hint = "a spec needs a name, an input and layers"
            raise SpecError([Problem("the file is empty", Mark(self.source, 1, 1), "", hint)])
        return self.root

    def _events(self) -> Iterator[yaml.Event]:
        while self.parser.check_event():
            yield self.parser.get_event()

    def _mark(self, event: yaml.Event) -> Mark:
        return mark_in(self.source, event.start_mark)

    def _fail(self, message: str, mark: Mark, hint: str = "") -> SpecError:
        return SpecError([*self.problems, Problem(message, mark, "", hint)])

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        plain = event.style is None or event.style == ""
        mark = self._mark(event)
        # Only in braces and brackets do the two loaders disagree about the place of an empty value.
        if plain and not event.value and self.stack and self.stack[-1].event.flow_style:
            mark = self._after_blanks(mark)
        if _SURROGATE.search(event.value):
            raise self._fail(INVALID_ESCAPE, mark, LEAVE_OUT)
        self._refuse_tag(event, mark)
        if plain and _OTHER_YAML.match(event.value):
            self.problems.append(_ambiguous(event.value, mark))
            return Scalar(event.value, plain, mark, refused=True)
        return Scalar(event.value, plain, mark)

    def _after_blanks(self, mark: Mark) -> Mark:
        """The place of an empty value: one loader puts it before the blanks, the other after them."""
        line, column = mark.line, mark.column
        while (gap := _GAP.match(self.source.line(line), column - 1)) and gap.end() == len(gap.string):
            if line == len(self.source.lines):
                break
            line, column = line + 1, 1
        return Mark(self.source, line, gap.end() + 1 if gap else column)

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, mark: Mark) -> None:
        if event.tag is not None and event.tag != "!":
            self.problems.append(Problem(TAG, mark, "", LEAVE_OUT))

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        mark = self._mark(event)
        self._refuse_tag(event, mark)
        if len(self.stack) >= MAX_DEPTH:
            raise self._fail(f"nested deeper than {MAX_DEPTH} levels", mark)
        if event.anchor:
            self.anchors[event.anchor] = None  # not complete yet: an alias to it would contain itself
        self.stack.append(_OpenCollection(event, mark))

    def _close(self) -> None:
        closed = self.stack.pop()
        node: Node
        if isinstance(closed.event, yaml.SequenceStartEvent):
            node = Seq(tuple(closed.children), closed.mark, closed.weight)
        else:
            pairs = zip(closed.keys.items(), closed.children, strict=True)
            node = Map({text: Entry(key, value) for (text, key), value in pairs}, closed.mark, closed.weight)
        self._add(node, closed.anchor)

    def _alias(self, event: yaml.AliasEvent) -> Node:
        mark = self._mark(event)
        if event.anchor not in self.anchors:
            hint = "put an expression that starts with * in quotes"
            raise self._fail(f"alias *{event.anchor} has no anchor &{event.anchor} above it", mark, hint)
        node = self.anchors[event.anchor]
        if node is None:
            raise self._fail(f"alias *{event.anchor} is inside its own anchor", mark)
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
            raise self._fail(f"the file has more than {MAX_NODES:,} values, aliases included", parent.mark)
        # In a mapping keys and values alternate: a key is due when every key has its value.
        if isinstance(parent.event, yaml.MappingStartEvent) and len(parent.keys) == len(parent.children):
            self._key(parent, node)
        else:
            parent.children.append(node)

    def _key(self, parent: _OpenCollection, node: Node) -> None:
        if not isinstance(node, Scalar):
            raise self._fail("a key must be a word, not a list or a mapping", node.mark)
        if node.text == "<<" and node.plain:
            raise self._fail("merge keys (<<) are not supported", node.mark, "use defaults: or blocks:")
        if node.text in parent.keys:
            first = parent.keys[node.text].mark
            raise self._fail(
                f"the key '{short(node.text)}' is given twice", node.mark, f"first at line {first.line}"
            )
        parent.keys[node.text] = node


def _ambiguous(text: str, mark: Mark) -> Problem:
    """A spelling that YAML 1.1 and YAML 1.2 read as two values."""
    if text[0].isalpha():
        hint = f"write true or false, or '{text}' in quotes"
    elif ":" in text:
        hint = f"YAML 1.1 reads it in base 60; write a plain number, or '{text}' in quotes"
    elif text.lstrip("+-")[:2].lower() in ("0x", "0o", "0b"):
        hint = "write a decimal number"
    else:
        hint = f"YAML 1.1 reads it in base 8; write {text.lstrip('+-').lstrip('0') or '0'}"
    return Problem(f"'{text}' is ambiguous in YAML", mark, "", hint)
