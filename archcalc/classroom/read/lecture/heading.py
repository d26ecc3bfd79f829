"""Finds the headings of a table that has one network per column, and splits its lines into cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archcalc.classroom.read.lecture.layers import cell
from archcalc.classroom.read.noise import MAX_WIDTH
from archcalc.errors import printable

MAX_COLUMNS = 50
_CAPTION = re.compile(r"\W*ConvNet Configuration\W*\Z", re.IGNORECASE)
WEIGHTY = re.compile(r"(\S{1,4}) weight(?: layers?)?\Z", re.IGNORECASE)
CONTINUED = re.compile(r"(?:(?:weight )?layers?[\s|]*)+\Z", re.IGNORECASE)
RULE = re.compile(r"[\s|:+=-]*\Z")
_INPUT = re.compile(r"input\b", re.IGNORECASE)
LAYER = re.compile(r"(?:conv|max ?pool|lrn|fc|soft-?max)", re.IGNORECASE)

Cells = tuple[str, ...]


def cells_of(raw: str) -> Cells:
    """The cells of a line: between tabs, else between bars, else between spaces.

    >>> cells_of("conv3-64\\tconv3-64 LRN\\t"), cells_of("| D | E |"), cells_of("A A-LRN B")
    (('conv3-64', 'conv3-64 LRN', ''), ('D', 'E'), ('A', 'A-LRN', 'B'))
    """
    if "\t" in raw:
        cells = raw.strip(" ").split("\t")
    elif "|" in raw:
        cells = raw.strip().removeprefix("|").removesuffix("|").split("|")
    else:
        cells = raw.split()
    return tuple(printable(" ".join(cell_text.split())) for cell_text in cells)


def heading_of(lines: Sequence[str], at: int) -> tuple[int, Cells] | None:
    """The line of the headings, and the headings; None if no table starts at this line."""
    if len(lines[at]) > MAX_WIDTH:
        return None
    if _CAPTION.match(lines[at]):
        at = _next(lines, at)
    titles = cells_of(lines[at]) if at < len(lines) and len(lines[at]) <= MAX_WIDTH else ()
    if not 2 <= len(titles) <= MAX_COLUMNS or not any(titles) or any(map(_no_heading, titles)):
        return None
    first = _next(lines, at)
    below = cells_below(lines[first]) if first < len(lines) else ()
    if sum(WEIGHTY.match(text) is not None for text in below) >= 2:
        return at, titles
    # A line of words above a line of words is prose; above layers with sizes it is a line of headings.
    layered = all(titles) and len(below) == len(titles) and all(map(_holds_sizes, below))
    return (at, titles) if layered and _same_separators(lines[at], lines[first]) else None


def _same_separators(line: str, below: str) -> bool:
    """Whether two lines separate their cells in the same way; words above cells between tabs are prose."""
    return all((sign in line) == (sign in below) for sign in "\t|")


def _no_heading(text: str) -> bool:
    """Whether a cell cannot be a heading: it is a rule, or belongs under a heading."""
    if not text:
        return False
    return any(pattern.match(text) for pattern in (LAYER, WEIGHTY, CONTINUED, RULE, _INPUT))


def _next(lines: Sequence[str], at: int) -> int:
    """The next line that is not empty and not a rule. No table has more than a few of these in sequence."""
    for place in range(at + 1, min(at + 5, len(lines))):
        if not RULE.match(lines[place][:MAX_WIDTH]):
            return place
    return len(lines)


def cells_below(raw: str) -> Cells:
    """The cells of a row. Words between spaces are cells only if each of them is a layer."""
    if len(raw) > MAX_WIDTH:
        return ()
    cells = cells_of(raw)
    if (
        "\t" not in raw
        and "|" not in raw
        and not (len(cells) > 1 and all(LAYER.match(cell_text) for cell_text in cells))
    ):
        cells = (" ".join(cells),)
    return cells


def _holds_sizes(text: str) -> bool:
    """Whether a cell holds layers with sizes: ``conv3-64 LRN``, but not the bare name ``conv1``."""
    rows = [cell(word, 0) for word in text.split()]
    return all(rows) and any(row.options for row in rows if row)
