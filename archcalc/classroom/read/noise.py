"""Cleans lines of lecture notation: LaTeX, Markdown, arrows, remarks, and signs that OCR damaged."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from archcalc.classroom.read.marks import plain_text
from archcalc.classroom.submission import UnreadLine
from archcalc.errors import printable, short

MAX_WIDTH = 1000
"""Longer lines are not read: no row is so long, and the patterns stay fast."""

_LONG_ARROW = r"\\(?:long)?[rR]ightarrow\b|\\to\b|→|⇒|=>|--+>"
ARROW = rf"{_LONG_ARROW}|->"
"""An arrow to what comes next, in any notation."""

_ARROWS = (
    # before LaTeX is stripped: "\rightarrow", "→", "=>" and "-->" all point to what comes next
    (re.compile(_LONG_ARROW), " -> "),
    (re.compile(r"\\[lL]eftarrow\b|←|⇐"), " <- "),
)
_RAISED = re.compile(r"(?<=[A-Za-z])\^\{?([0-9]{1,3})\}?")
"""A raised index, ``CONV^3``."""

_BULLET = re.compile(r"\s*(?:[-*•+>]|[0-9]{1,3}[.)])\s+(?=\S)")
_DAMAGED_TIMES = re.compile(r"(?<=[0-9)])[\"°“”](?=[0-9(])")
"""A damaged sign that can only be a multiplication sign: it is between digits, without a space."""

_DAMAGED_FIELD = re.compile(r"(?<![A-Za-z0-9])_(?=(?:params|memory)\s?:)", re.IGNORECASE)

_NO_BIASES = re.compile(r"\(\s?not counting biases\s?\)", re.IGNORECASE)
_REMARKS = (
    _NO_BIASES,
    # "/ image", "per image": memory is counted for one image in any case
    re.compile(r"(?:/\s?|\bper\s)(?:image|img)\b", re.IGNORECASE),
    # "(only forward! ~*2 for bwd)": the figure in it is about the backward pass, which is not asked
    re.compile(r"\(only forward[^()]*\)", re.IGNORECASE),
    # words without a figure, "(class scores)"; but "(CONV1):" holds a name
    re.compile(r"\([*\s]*[A-Za-z][A-Za-z ,.'’!*-]*\)(?!\s?:)"),
    # a remark behind an arrow to the left: "NORM 1 <- Not common anymore"
    re.compile(r"<-[^0-9<]*\Z"),
)


class CleanLine(NamedTuple):
    """A line and its clean text; ``counts_biases`` is False if the line says that biases are not counted."""

    number: int
    raw: str
    text: str
    repairs: tuple[UnreadLine, ...] = ()
    counts_biases: bool = True


def clean(raw: str, number: int) -> CleanLine:
    r"""Clean a line; the result lists the signs that were repaired.

    >>> clean(r"$(13 \times 13 \times 384) \rightarrow \text{CONV}^3 \rightarrow$ 384 3×3 filters", 1).text
    '(13 * 13 * 384) -> CONV3 -> 384 3*3 filters'
    >>> clean("POOL2: [28x28x256] memory: 28°28*256=200K", 7).repairs
    (UnreadLine(line=7, text='28°28*256=200K', why="'28°28*256=200K' read as 28*28*256=200K"),)
    """
    if len(raw) > MAX_WIDTH:
        return CleanLine(number, raw, "")
    text = printable(raw)
    for pattern, arrow in _ARROWS:
        text = pattern.sub(arrow, text)
    # Remarks go last: their patterns expect plain signs and one spelling of arrows.
    text = _RAISED.sub(r"\1", plain_text(text))
    text = _BULLET.sub("", text, count=1) if _BULLET.match(text) else text
    text, repairs = _repaired(text, number)
    counts_biases = not _NO_BIASES.search(text)
    for remark in _REMARKS:
        text = remark.sub(" ", text)
    return CleanLine(number, raw, " ".join(text.split()), repairs, counts_biases)


def _repaired(text: str, number: int) -> tuple[str, tuple[UnreadLine, ...]]:
    """The text with repaired signs, and the list of repairs."""
    if not (_DAMAGED_TIMES.search(text) or _DAMAGED_FIELD.search(text)):
        return text, ()
    repairs = []
    words = []
    for word in text.split():
        right = _DAMAGED_FIELD.sub("", _DAMAGED_TIMES.sub("*", word))
        if right != word:
            repairs.append(UnreadLine(number, word, f"'{word}' read as {right}"))
        words.append(right)
    return " ".join(words), tuple(repairs)


def unread(line: CleanLine, why: str, text: str = "") -> UnreadLine:
    """A record that a line, or a part of it, was not read."""
    return UnreadLine(line.number, short(" ".join((text or line.raw[:MAX_WIDTH]).split()), 100), why)


def by_line(unread: Iterable[UnreadLine]) -> tuple[UnreadLine, ...]:
    """Unread lines in the order of the text."""
    return tuple(sorted(unread, key=lambda item: item.line))
