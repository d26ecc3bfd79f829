"""Text -> located nodes: YAML 1.2 core, without the parts that surprise or explode.

The event stream is read without recursion, so a file can neither crash the parser by its depth nor
grow by its aliases; every node keeps its place. Refused: duplicate keys, tags, merge keys, several
documents, and the YAML 1.1 spellings yes/no/on/off, 010 and 1:30 that other tools read as something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from archcalc.errors import Mark, Problem, Source, SpecError, short

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
"""Blanks and a comment."""

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
    if found := _NO_TEXT.search(source.text):
        says = f"the character U+{ord(found.group()):04X} is not text"
        raise SpecError([Problem(says, source.mark(found.start()), "", "remove it")])
    if (libyaml := getattr(yaml, "CSafeLoader", None)) is not None:
        with suppress(yaml.YAMLError):
            return _compose(source, libyaml, problems)
    return _compose(source, yaml.SafeLoader, problems)


def _compose(source: Source, loader: type[Any], problems: list[Problem]) -> Node:
    """The node tree as one loader reads it. Raises SpecError, and YAMLError if the loader is libyaml's.

    The words and limits of libyaml differ from version to version: a text that it refuses is read again by
    PyYAML's own loader, which alone says what is wrong.
    """
    parser = loader(source.text)
    composer = _Composer(source, parser, [*problems])
    try:
        root = composer.compose()
    except yaml.YAMLError as error:
        if loader is not yaml.SafeLoader:
            raise
        raise SpecError([*composer.problems, _syntax_problem(source, error)]) from None
    except (ValueError, OverflowError):  # of chr(): PyYAML does not check how large an escape is
        if loader is not yaml.SafeLoader:
            raise
        mark = _backslash(_mark(source, parser.get_mark()))
        raise SpecError([*composer.problems, Problem(_NO_CHARACTER, mark, "", _LEAVE_OUT)]) from None
    finally:
        parser.dispose()
    problems[:] = composer.problems
    return root


_NO_CHARACTER = "an escape stands for no character"
_CLOSERS = {"while parsing a flow sequence": "[]", "while parsing a flow mapping": "{}"}
_IN_QUOTES = "put the word in quotes"
_LEAVE_OUT = "leave it out"
_SYNTAX = {
    "could not find expected ':'": ("a key needs a colon, a space and a value behind it", "name: value"),
    "mapping values are not allowed here": (
        "a colon cannot stand here",
        "a key above may lack its colon or the space behind it, or a text its quotes",
    ),
    "sequence entries are not allowed here": (
        "an item of a list cannot stand on the line of its key",
        "begin the list on the next line, or write [a, b]",
    ),
    "mapping keys are not allowed here": ("a '?' cannot stand here", _IN_QUOTES),
    "found unknown escape character": ("'\\' begins an escape here", "write \\\\, or use single quotes"),
    "expected escape sequence of": ("'\\' begins an escape here", "write \\\\, or use single quotes"),
    "found unexpected end of stream": ("this quote is never closed", ""),
    "found unexpected document separator": ("this quote is never closed", ""),
    "expected <block end>": (
        "the indentation fits nothing above",
        "line it up with the entries it belongs to",
    ),
    "expected the node content": ("a value is missing here", ""),
    "expected '<document start>'": ("the spec cannot go on here", "is this line indented as the others are?"),
    "expected indentation indicator": ("the number behind '|' or '>' goes from 1 to 9", _LEAVE_OUT),
    "expected chomping or indentation indicators": ("a text cannot begin behind '|' or '>'", _IN_QUOTES),
    "expected a comment or a line break": ("a text cannot begin behind '|' or '>'", _IN_QUOTES),
    "found undefined tag handle": ("tags (!) are not part of the language", _LEAVE_OUT),
    "found duplicate YAML directive": ("a second %YAML cannot stand here", _LEAVE_OUT),
    "found incompatible YAML document": ("the version behind %YAML must be 1.1 or 1.2", _LEAVE_OUT),
    "duplicate tag handle": ("tags (!) are not part of the language", _LEAVE_OUT),
}
"""What PyYAML's own loader says begins so, and in words that help: the problem, and the way out."""

_SCANNING = {
    "while scanning a directive": ("a line cannot begin with '%' here", _LEAVE_OUT),
    "while scanning a tag": ("tags (!) are not part of the language", _LEAVE_OUT),
    "while parsing a tag": ("tags (!) are not part of the language", _LEAVE_OUT),
}
"""What it reads at the time says more than what it expects."""

_AT_START = (
    "could not find expected ':'",
    "expected alphabetic or numeric character",
    "found unexpected end of stream",
    "found unexpected document separator",
)
"""Where it began is the place to look at, not where the loader gave up."""


def _syntax_problem(source: Source, error: yaml.YAMLError) -> Problem:
    """What the loader says, in our words; it may quote the text, so no part of it is a format."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(f"not YAML text: {str(error).splitlines()[0]}", Mark(source, 1, 1))
    problem, context = error.problem or "", error.context or ""
    found, began = _mark(source, error.problem_mark or error.context_mark), _mark(source, error.context_mark)
    if pair := _CLOSERS.get(context):
        return _unclosed(pair, found, began)
    mark = began if error.context_mark and problem.startswith(_AT_START) else found
    if "escape" in problem:
        mark = _backslash(mark)
    here = source.line(mark.line)[mark.column - 1 : mark.column]
    if here == "\t":
        return Problem("a tab cannot indent", mark, "", "use spaces")
    says, hint = _SCANNING.get(context) or next(
        (words for begins, words in _SYNTAX.items() if problem.startswith(begins)),
        (f"a word cannot begin with '{here}'", _IN_QUOTES) if here else ("the spec cannot end here", ""),
    )
    if problem.startswith("expected <block end>"):
        if source.line(mark.line)[: mark.column - 1].strip():
            says, hint = (
                "something is left over behind the value",
                "a text with a quote in it needs the other quotes",
            )
        elif context == "while parsing a block collection":
            says, hint = "the list ends here without a reason", "line its items up, each behind a '-'"
    return Problem(says, mark, "", hint)


def _backslash(mark: Mark) -> Mark:
    """Where the escape begins in which the loader gave up."""
    return mark.shifted(max(mark.source.line(mark.line).rfind("\\", 0, mark.column) + 1, 1) - mark.column)


def _unclosed(pair: str, found: Mark, began: Mark) -> Problem:
    """A flow list or mapping that goes on with neither a comma nor its closing bracket."""
    here = found.source.line(found.line)[found.column - 1 : found.column]
    if not here or (found.line != began.line and here not in "[]{}"):
        return Problem(f"this '{pair[0]}' is not closed by a '{pair[1]}'", began)
    hint = "an expression with brackets needs quotes here" if here in ("[", "{") else ""
    return Problem(f"expected ',' or '{pair[1]}', found '{here}'", found, "", hint)


def _mark(source: Source, mark: Any) -> Mark:
    """A place of PyYAML's as ours; what lies behind the text is its last character."""
    if mark is None:
        return Mark(source, 1, 1)
    line = min(mark.line + 1, len(source.lines))
    return Mark(source, line, min(mark.column, len(source.line(line))) + 1)


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

    def __init__(self, source: Source, parser: Any, problems: list[Problem]) -> None:
        self.source = source
        self.parser = parser
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
                    raise self._fail("a file holds one spec: '---' begins another", self._mark(event))
            elif isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event), event.anchor)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.AliasEvent):
                self._add(self._alias(event), None)
        if self.root is None:
            hint = "a spec has a name, an input and layers"
            raise SpecError([Problem("the file is empty", Mark(self.source, 1, 1), "", hint)])
        return self.root

    def _events(self) -> Iterator[Any]:
        while self.parser.check_event():
            yield self.parser.get_event()

    def _mark(self, event: Any) -> Mark:
        return _mark(self.source, event.start_mark)

    def _fail(self, says: str, mark: Mark, hint: str = "") -> SpecError:
        return SpecError([*self.problems, Problem(says, mark, "", hint)])

    def _scalar(self, event: Any) -> Scalar:
        plain = event.style is None or event.style == ""
        mark = self._mark(event)
        if plain and not event.value and self.stack and self.stack[-1].event.flow_style:
            mark = self._behind_blanks(mark)
        if _SURROGATE.search(event.value):
            raise self._fail(_NO_CHARACTER, mark, _LEAVE_OUT)
        self._no_tag(event, mark)
        if plain and _OTHER_YAML.match(event.value):
            self.problems.append(_ambiguous(event.value, mark))
            return Scalar(event.value, plain, mark, refused=True)
        return Scalar(event.value, plain, mark)

    def _behind_blanks(self, mark: Mark) -> Mark:
        """Where a value could stand that is left out: the loaders place it before the blanks or behind them."""
        line, column = mark.line, mark.column
        while (gap := _GAP.match(self.source.line(line), column - 1)) and gap.end() == len(gap.string):
            if line == len(self.source.lines):
                break
            line, column = line + 1, 1
        return Mark(self.source, line, gap.end() + 1 if gap else column)

    def _no_tag(self, event: Any, mark: Mark) -> None:
        if event.tag is not None and event.tag != "!":
            self.problems.append(Problem("tags (!) are not part of the language", mark, "", "leave it out"))

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
            hint = "an expression that begins with a * needs quotes"
            raise self._fail(f"alias *{event.anchor} has no anchor &{event.anchor} before it", mark, hint)
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
            raise self._fail(
                f"the file has more than {MAX_NODES:,} values, counting what its aliases repeat", parent.mark
            )
        if isinstance(parent.event, yaml.MappingStartEvent) and len(parent.keys) == len(parent.children):
            self._key(parent, node)
        else:
            parent.children.append(node)

    def _key(self, parent: _Open, node: Node) -> None:
        if not isinstance(node, Scalar):
            raise self._fail("a key must be a word, not a list or mapping", node.mark)
        if node.text == "<<" and node.plain:
            raise self._fail(
                "merge keys (<<) are not part of the language", node.mark, "use defaults: or blocks:"
            )
        if node.text in parent.keys:
            first = parent.keys[node.text].mark
            raise self._fail(
                f"the key '{short(node.text)}' is given twice", node.mark, f"first at line {first.line}"
            )
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
