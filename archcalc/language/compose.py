"""Text -> nodes: YAML 1.2 core, without its ambiguous and dangerous parts.

Import this module where a text is read, and not at the top of a file: PyYAML takes long to import, and a
shipped spec is rarely read from its text (``stored``).

The composer reads the events of the loader in a loop, without recursion: a deep file cannot crash it, and
aliases cannot make it grow without bound. Refused: duplicate keys, tags, merge keys, several documents, and
the YAML 1.1 spellings yes/no/on/off, 010 and 1:30, which other programs read as other values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import yaml

from archcalc.errors import Mark, Problem, Source, SpecError, short
from archcalc.language.nodes import MAX_BYTES, Entry, Map, Node, Scalar, Seq
from archcalc.language.syntax_problems import (
    INVALID_ESCAPE,
    LEAVE_OUT,
    TAG,
    escape_mark,
    mark_in,
    syntax_problem,
)

MAX_DEPTH = 64
MAX_NODES = 100_000

_OTHER_YAML = re.compile(
    r"(?i:yes|no|on|off)\Z|[-+]?0[0-9]+\Z|[-+]?[0-9]+(:[0-5]?[0-9])+\Z|0[xob][0-9a-fA-F_]+\Z"
)
_NO_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_GAP = re.compile(r"[ \t]*(?:(?:(?<=[ \t])|\A)#.*)?", re.DOTALL)
"""Blanks and a comment, up to the end of the line or the next value."""


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


class _Open:
    """A list or mapping whose end has not been read yet."""

    __slots__ = ("event", "key", "node", "weight")

    def __init__(self, node: Seq | Map, event: yaml.CollectionStartEvent) -> None:
        self.node = node
        self.event = event
        self.key: Scalar | None = None  # the key of a mapping that waits for its value
        self.weight = 1  # values in it, each alias counted in full


class _Composer:
    """Makes nodes from the events of a loader; open collections are on a stack."""

    def __init__(self, source: Source, parser: Any, problems: list[Problem]) -> None:
        self.source = source
        self.parser = parser
        self.problems = problems
        self.last_line = len(source.lines)
        self.documents = 0
        self.anchors: dict[str, tuple[Node, int] | None] = {}  # with their weights
        self.checked: set[str] = set()
        self.stack: list[_Open] = []
        self.root: Node | None = None

    def compose(self) -> Node:
        handlers: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.ScalarEvent: self._scalar,
            yaml.SequenceStartEvent: self._open_list,
            yaml.MappingStartEvent: self._open_mapping,
            yaml.SequenceEndEvent: self._close,
            yaml.MappingEndEvent: self._close,
            yaml.AliasEvent: self._alias,
        }
        next_event = self.parser.get_event
        while (event := next_event()) is not None:
            if handle := handlers.get(type(event)):
                handle(event)
        if self.root is None:
            hint = "a spec needs a name, an input and layers"
            raise SpecError([Problem("the file is empty", Mark(self.source, 1, 1), "", hint)])
        return self.root

    def _mark(self, event: yaml.Event) -> Mark:
        return mark_in(self.source, event.start_mark)

    def _fail(self, message: str, mark: Mark, hint: str = "") -> SpecError:
        return SpecError([*self.problems, Problem(message, mark, "", hint)])

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self._fail("a file holds one spec, but '---' starts a second one", self._mark(event))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text = event.value
        start: Any = event.start_mark  # an event of a loader always has it
        node = Scalar(self.source, start.line + 1, start.column + 1, text, not event.style)
        # A spec repeats its words: one look at each is enough.
        if text not in self.checked or event.style or event.tag or node.line >= self.last_line:
            self._check(node, event)
        self._add(node, 1, event.anchor)

    def _check(self, node: Scalar, event: yaml.ScalarEvent) -> None:
        """Refuse what no scalar may be, and correct its place."""
        self._keep_inside(node, event)
        # Only in braces and brackets do the two loaders disagree about the place of an empty value.
        if node.plain and not node.text and self.stack and self.stack[-1].event.flow_style:
            self._skip_blanks(node)
        if _SURROGATE.search(node.text):
            raise self._fail(INVALID_ESCAPE, node.mark, LEAVE_OUT)
        self._refuse_tag(event, node)
        if node.plain and _OTHER_YAML.match(node.text):
            self.problems.append(_ambiguous(node.text, node.mark))
            node.refused = True
        elif node.plain and node.text:
            self.checked.add(node.text)

    def _keep_inside(self, node: Node, event: yaml.Event) -> None:
        """Correct a place after the text: PyYAML adds a line ending to it."""
        if node.line >= self.last_line:
            mark = self._mark(event)
            node.line, node.column = mark.line, mark.column

    def _skip_blanks(self, node: Scalar) -> None:
        """Move an empty value: one loader puts it before the blanks, the other after them."""
        line, column = node.line, node.column
        while (gap := _GAP.match(self.source.line(line), column - 1)) and gap.end() == len(gap.string):
            if line == self.last_line:
                break
            line, column = line + 1, 1
        node.line, node.column = line, gap.end() + 1 if gap else column

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, node: Node) -> None:
        if event.tag is not None and event.tag != "!":
            self.problems.append(Problem(TAG, node.mark, "", LEAVE_OUT))

    def _open_list(self, event: yaml.SequenceStartEvent) -> None:
        self._open(Seq, event)

    def _open_mapping(self, event: yaml.MappingStartEvent) -> None:
        self._open(Map, event)

    def _open(self, kind: type[Seq | Map], event: yaml.CollectionStartEvent) -> None:
        start: Any = event.start_mark
        node = kind(self.source, start.line + 1, start.column + 1)
        self._keep_inside(node, event)
        self._refuse_tag(event, node)
        if len(self.stack) >= MAX_DEPTH:
            raise self._fail(f"nested deeper than {MAX_DEPTH} levels", node.mark)
        if event.anchor:
            self.anchors[event.anchor] = None  # not complete yet: an alias to it would contain itself
        self.stack.append(_Open(node, event))

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        closed = self.stack.pop()
        self._add(closed.node, closed.weight, closed.event.anchor)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self.anchors:
            hint = "put an expression that starts with * in quotes"
            message = f"alias *{event.anchor} has no anchor &{event.anchor} above it"
            raise self._fail(message, self._mark(event), hint)
        anchored = self.anchors[event.anchor]
        if anchored is None:
            raise self._fail(f"alias *{event.anchor} is inside its own anchor", self._mark(event))
        self._add(*anchored, None)

    def _add(self, node: Node, weight: int, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = node, weight
        if not self.stack:
            self.root = node
            return
        opened = self.stack[-1]
        parent = opened.node
        opened.weight += weight
        if opened.weight > MAX_NODES:
            raise self._fail(f"the file has more than {MAX_NODES:,} values, aliases included", parent.mark)
        if isinstance(parent, Seq):
            parent.items.append(node)
        elif opened.key is None:  # in a mapping keys and values alternate
            opened.key = self._key(parent, node)
        else:
            parent.entries[opened.key.text] = Entry(opened.key, node)
            opened.key = None

    def _key(self, parent: Map, node: Node) -> Scalar:
        """A node as a key that its mapping does not have yet."""
        if not isinstance(node, Scalar):
            raise self._fail("a key must be a word, not a list or a mapping", node.mark)
        if node.text == "<<" and node.plain:
            raise self._fail("merge keys (<<) are not supported", node.mark, "use defaults: or blocks:")
        if node.text in parent.entries:
            hint = f"first at line {parent.entries[node.text].key.line}"
            raise self._fail(f"the key '{short(node.text)}' is given twice", node.mark, hint)
        return node


def _ambiguous(text: str, mark: Mark) -> Problem:
    """A spelling that YAML 1.1 and YAML 1.2 read as two values."""
    if text[0].isalpha():
        hint = f"write true or false, or '{text}' in quotes"
    elif ":" in text:
        hint = f"YAML 1.1 reads it in base 60; write a plain number, or '{text}' in quotes"
    elif text.lstrip("+-")[:2].lower() in ("0x", "0o", "0b"):
        digits = text.lstrip("+-")[2:]
        sizes = f", or [0, {int(digits)}] for two sizes" if digits.isdigit() else ""
        hint = f"write a decimal number{sizes}"
    else:
        hint = f"YAML 1.1 reads it in base 8; write {text.lstrip('+-').lstrip('0') or '0'}"
    return Problem(f"'{text}' is ambiguous in YAML", mark, "", hint)
