"""How a mistake is shown: at its file, line and column, with the line itself and the way out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

MAX_SHOWN = 50  # problems of one spec that are printed
MAX_NOTES = 4  # other places of one problem that are printed
MAX_WORDS = 120  # characters of a list of known words
EXCERPT_WIDTH = 100  # characters of the user's line around the caret

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what YAML counts as the end of a line


class Source:
    """A text and the name it is reported under."""

    __slots__ = ("_lines", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lines: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        """The lines without their endings; a last empty one where the text ends in a line ending."""
        if self._lines is None:
            self._lines = _LINE_END.split(self.text)
        return self._lines

    def line(self, number: int) -> str:
        """The line with that number (from 1), without its ending; empty past the end."""
        return self.lines[number - 1] if number <= len(self.lines) else ""

    def mark(self, offset: int) -> Mark:
        """The place of the character with that number (from 0)."""
        before = _LINE_END.split(self.text[:offset])
        return Mark(self, len(before), len(before[-1]) + 1)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a source; line and column count from 1."""

    source: Source
    line: int
    column: int

    def __str__(self) -> str:
        return f"{printable(self.source.name)}:{self.line}:{self.column}"

    def shifted(self, columns: int) -> Mark:
        """The place that many columns further on the same line."""
        return Mark(self.source, self.line, self.column + columns)

    def excerpt(self) -> str:
        """The user's own line with a caret under the place; a long line is cut around it."""
        text = self.source.line(self.line)
        start = max(0, self.column - 1 - EXCERPT_WIDTH // 2) if len(text) > EXCERPT_WIDTH else 0
        end = start + EXCERPT_WIDTH
        lead, tail = "…" if start else "", "…" if end < len(text) else ""
        pad = width_of(lead + printable(text[start : self.column - 1]))
        gutter = f"{self.line:4d} | "
        return f"{gutter}{lead}{printable(text[start:end])}{tail}\n{' ' * (len(gutter) - 2)}| {' ' * pad}^"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: what is wrong, where it stands, and the way out.

    ``where`` is the layer or setting concerned, ``hint`` the way out, ``notes`` other places that
    belong to the mistake (the use of a block whose definition fails), ``also`` the layers that
    the same mistake concerns besides.
    """

    says: str
    mark: Mark | None = None
    where: str = ""
    hint: str = ""
    notes: tuple[tuple[str, Mark], ...] = ()
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = "" if self.says.startswith(f"{self.where} ") else self.where  # conv: conv has no ...
        where = where if len(where) <= 60 else f"…{where[-59:]}"
        head = ": ".join(
            part for part in (str(self.mark or ""), printable(where), short(self.says, 300)) if part
        )
        lines = [f"{head} ({short(self.hint, 300)})" if self.hint else head]
        if self.mark is not None:
            lines.append(self.mark.excerpt())
        lines.extend(f"     = {note}" for note in self._notes())
        return "\n".join(lines)

    def _notes(self) -> list[str]:
        notes = [f"{printable(says)} {mark}" for says, mark in self.notes]
        if len(notes) > MAX_NOTES:
            notes[MAX_NOTES // 2 : -MAX_NOTES // 2] = [f"... {len(notes) - MAX_NOTES} more ..."]
        if self.also:
            more = f" and {len(self.also) - 1} more" if len(self.also) > 1 else ""
            notes.append(f"also in {short(self.also[0])}{more}")
        return notes


class ArchcalcError(Exception):
    """A mistake of the user's that ends a command: shown without a traceback, exit code 2."""


class TooLarge(ArchcalcError):
    """A network that the memory of a device does not hold."""


class SpecError(ArchcalcError):
    """All the problems of one spec, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(_each_once(problems), key=_place))
        shown = [str(problem) for problem in self.problems[:MAX_SHOWN]]
        if len(self.problems) > MAX_SHOWN:
            shown.append(f"... and {len(self.problems) - MAX_SHOWN} more")
        super().__init__("\n".join(shown))


def _place(problem: Problem) -> tuple[int, int]:
    return (problem.mark.line, problem.mark.column) if problem.mark else (0, 0)


def _each_once(problems: Iterable[Problem]) -> Iterable[Problem]:
    """The same mistake at the same place is told once, however often a block or a repeat makes it."""
    found: dict[tuple[str, Mark | None], list[Problem]] = {}
    for problem in problems:
        found.setdefault((problem.says, problem.mark), []).append(problem)
    for same in found.values():
        places = dict.fromkeys(problem.where for problem in same)
        yield replace(same[0], also=tuple(places)[1:]) if len(places) > 1 else same[0]


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A hint that names the closest known word, or lists the known ones if they are few."""
    import difflib

    before, colon, after = word.partition(":")
    if colon and before in known:
        return f"a space belongs behind the colon: '{before}: {after}'"
    words = sorted(known) if len(known) <= 1000 and len(word) <= 80 else []
    lower = {one.lower(): one for one in words}
    close = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{lower[close[0]]}'?"
    listed = ", ".join(words)
    return f"known: {listed}" if 0 < len(listed) <= MAX_WORDS else ""


def one_of(words: Sequence[str]) -> str:
    """``a, b or c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def short(text: str, most: int = 60) -> str:
    """The text, printable, on one line and cut if it is longer than anybody wants to read."""
    return printable(text if len(text) <= most else f"{text[:most]}…")


def width_of(text: str) -> int:
    """The columns that a text takes on a terminal: wide letters take two, combining ones none.

    >>> width_of("Jörg"), width_of("Jo\u0308rg"), width_of("李雷")
    (4, 4, 4)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def printable(text: str) -> str:
    """The text with control characters shown as escapes: a spec must not drive the user's terminal."""
    return "".join(c if c.isprintable() else " " if c == "\t" else repr(c)[1:-1] for c in text)
