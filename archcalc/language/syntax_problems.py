"""What PyYAML says of a text that is not YAML, in the words of the spec language.

Only PyYAML's own loader is read here, so that a text gets the same sentence with libyaml and without it.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from archcalc.errors import Mark, Problem, Source, short

TAG = "a tag (!) is not supported"
INVALID_ESCAPE = "the escape is not a valid character"
LEAVE_OUT = "leave it out"

_QUOTE_WORD = "put the word in quotes"
_QUOTE_TEXT = "put the text in quotes"
_BACKSLASH = ("invalid escape", "write \\\\, or use single quotes")
_NOT_CLOSED = ("this quote is not closed", "")
_TEXT_MARK = ("text cannot start on the line of '|' or '>'", _QUOTE_TEXT)

_SYNTAX = {
    "could not find expected ':'": ("expected 'key: value'", "put a colon and a space after the key"),
    "mapping values are not allowed here": (
        "unexpected ':'",
        "is a key above missing its colon, or a text its quotes?",
    ),
    "sequence entries are not allowed here": (
        "a list item cannot be on the line of its key",
        "start the list on the next line, or write [a, b]",
    ),
    "mapping keys are not allowed here": ("unexpected '?'", _QUOTE_WORD),
    "found unknown escape character": _BACKSLASH,
    "expected escape sequence of": _BACKSLASH,
    "found unexpected end of stream": _NOT_CLOSED,
    "found unexpected document separator": _NOT_CLOSED,
    "expected <block end>": ("wrong indentation", "align the line with the entries it belongs to"),
    "expected the node content": ("a value is missing here", ""),
    "expected '<document start>'": ("unexpected line", "check the indentation"),
    "expected indentation indicator": ("the number after '|' or '>' must be from 1 to 9", LEAVE_OUT),
    "expected chomping or indentation indicators": _TEXT_MARK,
    "expected a comment or a line break": _TEXT_MARK,
    "found undefined tag handle": (TAG, LEAVE_OUT),
    "found duplicate YAML directive": ("the file has a second %YAML line", LEAVE_OUT),
    "found incompatible YAML document": ("the version after %YAML must be 1.1 or 1.2", LEAVE_OUT),
    "duplicate tag handle": (TAG, LEAVE_OUT),
}
"""How a message of PyYAML starts -> the problem and the hint that we give for it."""

_WHILE = {
    "while scanning a directive": ("a line cannot start with '%' here", LEAVE_OUT),
    "while scanning a tag": (TAG, LEAVE_OUT),
    "while parsing a tag": (TAG, LEAVE_OUT),
}
"""Contexts of PyYAML that say more than its message."""

_BRACKETS = {"while parsing a flow sequence": "[]", "while parsing a flow mapping": "{}"}

_AT_START = (
    "could not find expected ':'",
    "expected alphabetic or numeric character",
    "found unexpected end of stream",
    "found unexpected document separator",
)
"""Messages whose mistake is where the value starts, not where the loader gave up."""

_OPTION = r"[\w.-]+: +[^\s,:{}\[\]#'\"][^,:{}\[\]#'\"]*"
_NO_BRACES = re.compile(rf"\s*(?:- +)?({_OPTION}(?:, +{_OPTION})+)\Z")
"""``- conv: 8, kernel: 3``: a layer on one line, without its braces."""


def syntax_problem(source: Source, error: yaml.YAMLError) -> Problem:
    """The problem that PyYAML reports, in our words. It may quote the text, so no part of it is a format."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(f"invalid YAML: {str(error).splitlines()[0]}", Mark(source, 1, 1))
    text, context = error.problem or "", error.context or ""
    end = mark_in(source, error.problem_mark or error.context_mark)
    start = mark_in(source, error.context_mark)
    if brackets := _BRACKETS.get(context):
        return _bracket_problem(brackets, end, start)
    mark = start if error.context_mark and text.startswith(_AT_START) else end
    # The loader gives up at the first wrong digit of an escape; the backslash is easier to see.
    if "escape" in text:
        mark = escape_mark(mark)
    message, hint = _words(text, context, mark)
    return Problem(message, mark, "", hint)


def _words(text: str, context: str, mark: Mark) -> tuple[str, str]:
    """The problem and the hint for a message of PyYAML."""
    character = _character_at(mark)
    line = mark.source.line(mark.line)
    if character == "\t":
        return "a tab is not allowed as indentation", "use spaces"
    if text.startswith("expected <block end>"):
        # With text before it on its line, the place is not a matter of indentation.
        if line[: mark.column - 1].strip():
            return "unexpected text after the value", "a text that contains a quote needs the other quotes"
        if context == "while parsing a block collection":
            return "the list ends here unexpectedly", "align its items, each after a '-'"
    if text.startswith("mapping values") and (layer := _NO_BRACES.match(line)):
        return "unexpected ':'", f"write {{{short(layer[1].rstrip(), 100)}}}"
    if context in _WHILE:
        return _WHILE[context]
    for start, words in _SYNTAX.items():
        if text.startswith(start):
            return words
    return (
        (f"a word cannot start with '{character}'", _QUOTE_WORD)
        if character
        else ("the file ends too early", "")
    )


def _bracket_problem(brackets: str, end: Mark, start: Mark) -> Problem:
    """A flow list or mapping that continues with neither a comma nor its closing bracket."""
    character = _character_at(end)
    # On another line, the loader has read into the next layer: the open bracket is the mistake.
    if not character or (end.line != start.line and character not in "[]{}"):
        return Problem(f"this '{brackets[0]}' has no closing '{brackets[1]}'", start)
    hint = "put an expression with brackets in quotes" if character in ("[", "{") else ""
    return Problem(f"expected ',' or '{brackets[1]}', found '{character}'", end, "", hint)


def _character_at(mark: Mark) -> str:
    """The character at a place; empty at the end of a line."""
    return mark.source.line(mark.line)[mark.column - 1 : mark.column]


def escape_mark(mark: Mark) -> Mark:
    """The backslash of the escape in which the loader gave up."""
    return mark.shifted(max(mark.source.line(mark.line).rfind("\\", 0, mark.column) + 1, 1) - mark.column)


def mark_in(source: Source, mark: Any) -> Mark:
    """A place of PyYAML as ours; a place after the text becomes the end of its last line."""
    if mark is None:
        return Mark(source, 1, 1)
    # PyYAML counts from 0, and adds a line ending to the text.
    line = min(mark.line + 1, len(source.lines))
    return Mark(source, line, min(mark.column, len(source.line(line))) + 1)
