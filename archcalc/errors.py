"""How a mistake is shown: its file, line and column, the line itself, and a hint."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

MAX_SHOWN = 50  # problems of one spec that are printed
MAX_NOTES = 4  # related places of one problem that are printed
MAX_WORDS = 130  # characters of a printed list of known words
EXCERPT_WIDTH = 100  # characters of the user's line around the caret

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # the line endings of YAML
_BETWEEN_NUMBERS = re.compile(r"(?<=\d)[-_.\s]+(?=\d)")


class Source:
    """A text and its name in messages."""

    __slots__ = ("_lines", "_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lines: list[str] | None = None
        self._starts: list[int] | None = None

    @property
    def lines(self) -> list[str]:
        """The lines without their endings; the last one is empty if the text ends in a line ending."""
        if self._lines is None:
            self._lines = _LINE_END.split(self.text)
        return self._lines

    def line(self, number: int) -> str:
        """The line with that number (from 1), without its ending; empty after the last line."""
        return self.lines[number - 1] if number <= len(self.lines) else ""

    def mark(self, offset: int) -> Mark:
        """The place of the character with that number (from 0)."""
        from bisect import bisect_right  # only messages need it

        if self._starts is None:
            self._starts = [0, *(end.end() for end in _LINE_END.finditer(self.text))]
        line = bisect_right(self._starts, offset)
        return Mark(self, line, offset - self._starts[line - 1] + 1)


class Mark(NamedTuple):
    """A place in a source; line and column count from 1."""

    source: Source
    line: int
    column: int

    def __str__(self) -> str:
        return f"{printable(self.source.name)}:{self.line}:{self.column}"

    def shifted(self, columns: int) -> Mark:
        """The place so many columns to the right."""
        return Mark(self.source, self.line, self.column + columns)

    def excerpt(self) -> str:
        """The line with a caret under the place; a long line is cut around the place."""
        text = self.source.line(self.line)
        start = max(0, self.column - 1 - EXCERPT_WIDTH // 2) if len(text) > EXCERPT_WIDTH else 0
        end = start + EXCERPT_WIDTH
        lead, tail = "…" if start else "", "…" if end < len(text) else ""
        pad = width_of(lead + printable(text[start : self.column - 1]))
        gutter = f"{self.line:4d} | "
        return f"{gutter}{lead}{printable(text[start:end])}{tail}\n{' ' * (len(gutter) - 2)}| {' ' * pad}^"


class Problem(NamedTuple):
    """One mistake: what is wrong, its place, and a hint how to correct it."""

    message: str
    mark: Mark | None = None
    where: str = ""  # the layer or setting
    hint: str = ""
    notes: tuple[tuple[str, Mark], ...] = ()  # related places: the use of a block whose definition fails
    also: tuple[str, ...] = ()  # more layers with the same mistake

    def __str__(self) -> str:
        return self.text()

    def text(self, label: str = "") -> str:
        """The problem in print; a ``label`` (``error``) stands behind the place, as compilers print it."""
        # Not "conv: conv has no option": a message that begins with the name needs it only once.
        where = "" if self.message.startswith(f"{self.where} ") else self.where
        where = where if len(where) <= 60 else f"…{where[-59:]}"
        parts = (str(self.mark or ""), label, printable(where), short(self.message, 300))
        head = ": ".join(part for part in parts if part)
        lines = [f"{head} ({short(self.hint, 300)})" if self.hint else head]
        if self.mark is not None:
            lines.append(self.mark.excerpt())
        lines.extend(f"     = {note}" for note in self._notes())
        return "\n".join(lines)

    def _notes(self) -> list[str]:
        notes = [f"{printable(note)} {mark}" for note, mark in self.notes]
        if len(notes) > MAX_NOTES:
            notes[MAX_NOTES // 2 : -MAX_NOTES // 2] = [f"... {len(notes) - MAX_NOTES} more ..."]
        if self.also:
            more = f" and {len(self.also) - 1} more" if len(self.also) > 1 else ""
            notes.append(f"also in {short(self.also[0])}{more}")
        return notes


class ArchcalcError(Exception):
    """A mistake of the user that ends a command: shown without a traceback, exit code 2."""


class ArchcalcWarning(UserWarning):
    """Something that is probably not meant, but no mistake: the command line prints it on stderr."""


class MissingPackage(ArchcalcError):
    """A package that only some commands need is not installed: its name, and how to install it.

    The package itself is named and no extra of archcalc: only an index that has archcalc knows its extras.
    """

    def __init__(self, what: str, package: str, called: str = "") -> None:
        self.package = package
        super().__init__(
            f"{what} needs {called or package}. Install it where archcalc is installed: "
            f"pip install {package} "
            f"(with pipx: pipx inject archcalc {package}; with uvx: uvx --with {package} archcalc ...)"
        )


class TooLarge(ArchcalcError):
    """A network that does not fit into the memory of a device."""


class SpecError(ArchcalcError):
    """All problems of one spec, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(_each_once(problems), key=_place))
        super().__init__(self.text())

    def text(self, label: str = "") -> str:
        """All problems in print, each with a ``label``."""
        shown = [problem.text(label) for problem in self.problems[:MAX_SHOWN]]
        if len(self.problems) > MAX_SHOWN:
            shown.append(f"... and {len(self.problems) - MAX_SHOWN} more")
        return "\n".join(shown)


def decoded(name: str, data: bytes) -> Source:
    """The text of a file in UTF-8. Raises SpecError for other encodings."""
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        # Decode what can be decoded, to show the line with the wrong byte.
        source = Source(name, data.decode("utf-8", "replace"))
        mark = source.mark(len(data[: error.start].decode("utf-8", "replace")))
        raise SpecError([Problem("the file is not UTF-8 text", mark, "", "save it as UTF-8")]) from None


def _place(problem: Problem) -> tuple[int, int]:
    return (problem.mark.line, problem.mark.column) if problem.mark else (0, 0)


def _each_once(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Merge equal problems of one place: a block or a repeat can make the same one many times."""
    groups: dict[tuple[str, Mark | None], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.message, problem.mark), []).append(problem)
    for same in groups.values():
        places = dict.fromkeys(problem.where for problem in same)
        yield same[0]._replace(also=tuple(places)[1:]) if len(places) > 1 else same[0]


def plain(name: str) -> str:
    """A name in its one common spelling: small letters, without hyphens, underscores, dots and blanks.

    >>> plain("VGG-16"), plain("vgg_16"), plain("ResNet50 v1.5")
    ('vgg16', 'vgg16', 'resnet50v15')
    """
    return "".join(letter for letter in name.lower() if letter not in "-_." and not letter.isspace())


def alike(name: str, known: Iterable[str]) -> list[str]:
    """The known names that a name can mean: itself, else all that differ from it in spelling only.

    1.6 and 16 differ, if both are known.

    >>> alike("VGG-16", ["vgg16", "vgg19"]), alike("a.b", ["ab", "a-b"]), alike("ab", ["ab", "a-b"])
    (['vgg16'], ['ab', 'a-b'], ['ab'])
    >>> alike("x1_6gf", ["x-1.6gf", "x-16gf"]), alike("X16GF", ["x-1.6gf", "x-16gf"])
    (['x-1.6gf'], ['x-16gf'])
    """
    names = list(known)
    if name in names:
        return [name]
    for spelling in (_numbers_apart, plain):
        word = spelling(name)
        if found := [other for other in names if spelling(other) == word]:
            return found
    return []


def _numbers_apart(name: str) -> str:
    """The plain spelling, but with a point between numbers."""
    return plain(_BETWEEN_NUMBERS.sub(",", name)).replace(",", ".")


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A hint: the known word that is most similar, or all known words if they are few."""
    before, colon, after = word.partition(":")
    if colon and before in known:
        return f"put a space after the colon: '{before}: {after}'"
    if close := closest(word, known):
        return f"did you mean '{close}'?"
    listed = ", ".join(sorted(known)) if len(known) <= MAX_WORDS else ""
    return f"known: {listed}" if 0 < len(listed) <= MAX_WORDS else ""


def closest(word: str, known: Collection[str]) -> str:
    """The known word that is most similar; empty if none is.

    >>> closest("kernal", ["kernel", "stride"]), closest("ceil", ["ceil_div"]), closest("ring", ["string"])
    ('kernel', 'ceil_div', 'string')
    >>> closest("attention", ["flatten", "concat"])
    ''
    """
    import difflib

    # Comparing is slow for long words and long lists, and a hostile spec can have both.
    words = sorted(known) if len(known) <= 1000 and len(word) <= 80 else []
    lower = {candidate.lower(): candidate for candidate in words}
    # Words that have less in common than this are other words. A beginning is enough, of three letters.
    close = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.7)
    close = close or [name for name in lower if len(word) > 2 and name.startswith(word.lower())]
    return lower[close[0]] if close else ""


def one_of(words: Sequence[str]) -> str:
    """``a, b or c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def short(text: str, most: int = 60) -> str:
    """The text in printable characters, cut after ``most`` of them."""
    return printable(text if len(text) <= most else f"{text[:most]}…")


def width_of(text: str) -> int:
    """The width of a text on a terminal in columns: wide letters take two, combining marks none.

    >>> width_of("Jörg"), width_of("Jo\u0308rg"), width_of("李雷")
    (4, 4, 4)
    """
    if text.isascii():
        return len(text)
    import unicodedata  # few texts have other letters

    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def printable(text: str) -> str:
    """The text with control characters as escapes: a spec must not control the terminal of the user."""
    return "".join(c if c.isprintable() else " " if c == "\t" else repr(c)[1:-1] for c in text)
