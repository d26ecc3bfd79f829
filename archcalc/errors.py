"""How a mistake is shown: at its file, line and column, with the line itself and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_SHOWN = 50  # problems of one spec that are printed
EXCERPT_WIDTH = 100  # characters of the user's line around the caret


class Source:
    """A text and the name it is reported under."""

    __slots__ = ("name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def line(self, number: int) -> str:
        """The line with that number (from 1), without its ending; empty past the end."""
        lines = self.text.split("\n", number)
        return lines[number - 1].rstrip("\r") if number <= len(lines) else ""


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
        start = max(0, self.column - 1 - EXCERPT_WIDTH // 2)
        shown = printable(text[start : start + EXCERPT_WIDTH])
        lead = "…" if start else ""
        pad = printable(text[start : self.column - 1])
        gutter = f"{self.line:4d} | "
        return f"{gutter}{lead}{shown}\n{' ' * (len(gutter) - 2)}| {' ' * len(lead + pad)}^"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: what is wrong, where it stands, and the way out.

    ``where`` is the layer or setting concerned, ``hint`` the way out, ``notes`` other places that
    belong to the mistake (the use of a block whose definition fails).
    """

    says: str
    mark: Mark | None = None
    where: str = ""
    hint: str = ""
    notes: tuple[tuple[str, Mark], ...] = ()

    def __str__(self) -> str:
        head = ": ".join(printable(part) for part in (str(self.mark or ""), self.where, self.says) if part)
        lines = [f"{head} ({printable(self.hint)})" if self.hint else head]
        if self.mark is not None:
            lines.append(self.mark.excerpt())
        lines.extend(f"     = {printable(says)} {mark}" for says, mark in self.notes)
        return "\n".join(lines)


class ArchcalcError(Exception):
    """A mistake of the user's that ends a command: shown without a traceback, exit code 2."""


class SpecError(ArchcalcError):
    """All the problems of one spec, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems: tuple[Problem, ...] = tuple(sorted(unique, key=_place))
        shown = [str(problem) for problem in self.problems[:MAX_SHOWN]]
        if len(self.problems) > MAX_SHOWN:
            shown.append(f"... and {len(self.problems) - MAX_SHOWN} more")
        super().__init__("\n".join(shown))


def _place(problem: Problem) -> tuple[int, int]:
    return (problem.mark.line, problem.mark.column) if problem.mark else (0, 0)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the closest known word, or lists the known ones if they are few."""
    import difflib

    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known: {', '.join(words)}" if 0 < len(words) <= 12 else ""


def one_of(words: Sequence[str]) -> str:
    """``a, b or c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def printable(text: str) -> str:
    """The text with control characters shown as escapes: a spec must not drive the user's terminal."""
    return "".join(c if c.isprintable() else " " if c == "\t" else repr(c)[1:-1] for c in text)
