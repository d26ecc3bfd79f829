"""Tables in plain text: columns aligned by blanks or tabs, or between lines that are drawn.

Programs print such tables, and people type them. A line of headings has at least two blanks, a tab, or a
drawn line between its headings. A cell below belongs to the heading above it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from archcalc.classroom.read.tools import TREE

MAX_WIDTH = 2000
"""Longer lines are in no table."""

MAX_COLUMNS = 100
NEAR = 6
"""Lines in which the first row below a heading stands."""

_RULE = re.compile(r"[\s─━═╌┄┅┈┉_=\-~*+|│┃┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋┡┩╇┢┪╀╁╂╈╉╔╗╚╝╠╣╦╩╬╒╓╕╖╘╙╛╜╞╟╡╢╤╥╧╨╪╫]+\Z")
_BARS = re.compile(r"[│┃|║]")
_GAP = re.compile(r" {2,}|\t+|[│┃|║]")
_FRAME = " \t│┃|║"
_NUMBERS = re.compile(r"(?<!\S)[0-9][0-9x,.]*(?!\S)")
_WORD = re.compile(r"\S+(?: \S+)*")


class Chunk(NamedTuple):
    """A piece of a line between gaps, and where it stands."""

    start: int
    end: int
    text: str


class TextGrid(NamedTuple):
    """A table: its rows with their lines, the first of them the headings, and the place behind it.

    ``misfits`` are lines among the rows that do not fit its columns.
    """

    rows: list[tuple[int, list[str]]]
    end: int
    misfits: Sequence[int] = ()


def is_rule(line: str) -> bool:
    """Whether a line is only drawn.

    >>> is_rule("-----  ---"), is_rule("├──────┼───┤"), is_rule("relu - 3"), is_rule("")
    (True, True, False, False)
    """
    return bool(line.strip()) and len(line) <= MAX_WIDTH and _RULE.match(line) is not None


def grid_at(
    lines: Sequence[str], start: int, end: int, is_head: Callable[[Sequence[str]], bool]
) -> TextGrid | None:
    """The table whose headings, accepted by ``is_head``, stand in this line; None if there is none."""
    line = lines[start]
    if not line.strip() or len(line) > MAX_WIDTH or is_rule(line):
        return None
    for split in (_by_bars, _by_gaps, _with_empty_first, _by_words):
        head = split(line)
        if split is _by_words and _is_statement(line):
            continue
        if 2 <= len(head) <= MAX_COLUMNS and is_head([chunk.text for chunk in head]):
            body = _GridBody(head, _by_gaps if split is _with_empty_first else split)
            behind = body.read(lines, start + 1, end)
            headings = (start + 1, [chunk.text for chunk in head])
            return (
                TextGrid(_without_frame([headings, *body.rows]), behind, body.misfits) if body.rows else None
            )
    return None


def grid_across(
    lines: Sequence[str], start: int, end: int, is_head: Callable[[Sequence[str]], bool]
) -> TextGrid | None:
    """The table with the names of layers in this line, whose first column is accepted by ``is_head``."""
    near = [line for line in lines[start : min(start + NEAR, end)] if line.strip() and not is_rule(line)]
    if len(near) < 2 or near[0] != lines[start] or max(map(len, near)) > MAX_WIDTH:
        return None
    # Most lines are in no table: this is seen without splitting them all.
    if not is_head(
        ["", *(_GAP.split(line.strip(_FRAME), maxsplit=1)[0].rstrip(_FRAME) for line in near[1:])]
    ):
        return None
    for split in (_by_bars, _by_gaps):
        head, *rows = map(split, near)
        width = max(map(len, rows))
        if not head or not 1 < width <= MAX_COLUMNS:
            continue
        # Nothing may stand above the quantities.
        first = rows[0][0] if rows[0] else head[0]
        if len(head) == width - 1:
            head = [Chunk(first.start, min(first.end, head[0].start), ""), *head]
        names = [next((cell.text for cell in row if cell.text), "") for row in rows]
        if not is_head([head[0].text, *names]):
            continue
        if len(head) == width:
            body = _GridBody(head, split)
            behind = body.read(lines, start + 1, end)
            headings = (start + 1, [chunk.text for chunk in head])
            return TextGrid(_without_frame([headings, *body.rows]), behind, body.misfits)
    return None


def _without_frame(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The rows without an empty first and last column: what stands outside of a drawn frame."""
    first = 0 if any(cells[0] for _, cells in rows) else 1
    end = len(rows[0][1]) - (0 if any(cells[-1] for _, cells in rows) else 1)
    return [(line, cells[first:end]) for line, cells in rows]


def _by_bars(line: str) -> list[Chunk]:
    """The cells between drawn lines; the outer lines may be missing."""
    places = [match.start() for match in _BARS.finditer(line)]
    if not places:
        return []
    return [Chunk(a + 1, b, line[a + 1 : b].strip()) for a, b in pairwise([-1, *places, len(line)])]


def _by_gaps(line: str) -> list[Chunk]:
    """The pieces between tabs or at least two blanks; the lines of a tree belong to the piece behind them."""
    tree = TREE.match(line)
    begin = len(line) - len(line.lstrip())
    at = tree.end() if tree else begin
    if "\t" in line:
        cells, place = [], 0
        for cell in line.split("\t"):
            cells.append(Chunk(place, place + len(cell), cell.strip()))
            place += len(cell) + 1
        return cells
    pieces = [Chunk(match.start(), match.end(), match[0]) for match in _WORD.finditer(line, at)]
    if tree and pieces:
        pieces[0] = Chunk(begin, pieces[0].end, line[begin : pieces[0].end])
    return pieces


def _with_empty_first(line: str) -> list[Chunk]:
    """The headings of an indented line, with an empty one above the names to the left of it."""
    head = _by_gaps(line)
    return [Chunk(0, head[0].start - 1, ""), *head] if head and head[0].start > 1 else []


def _by_words(line: str) -> list[Chunk]:
    """The words of a line: a table whose columns are one blank apart."""
    return [Chunk(match.start(), match.end(), match[0]) for match in re.finditer(r"\S+", line)]


def _is_statement(line: str) -> bool:
    """Whether a line says a figure, and is no line of headings: Output of the network: 1000."""
    return re.search(r":\s+[0-9]", line) is not None


class _GridBody:
    """Collects the rows below a line of headings."""

    def __init__(self, head: Sequence[Chunk], split: Callable[[str], list[Chunk]]) -> None:
        self.head = head
        self.split = split
        self.has_bars = split is _by_bars
        self.rows: list[tuple[int, list[str]]] = []
        self.widths = [chunk.end - chunk.start - 2 for chunk in head]
        self.misfits: list[int] = []
        self.last: list[str] = []  # the cells of the line above
        self.is_new_group = True

    def read(self, lines: Sequence[str], start: int, stop: int) -> int:
        """Read the rows between two places; the place behind the table."""
        is_spaced = False
        end = start
        for place in range(start, stop):
            line = lines[place]
            if is_rule(line):
                self.is_new_group = True
                end = place + 1
                continue
            if not line.strip():
                # Empty lines are in a table only if they separate all of its rows.
                is_spaced = is_spaced or len(self.rows) < 2
                if is_spaced:
                    continue
                break
            cells = self._cells(line)
            if cells is not None:
                self._add(place + 1, cells)
                end = place + 1
            elif end == place and len(_NUMBERS.findall(line)) > 1 and not self.is_new_group:
                self.misfits.append(place + 1)
                end = place + 1
            else:
                break
        return end

    def _cells(self, line: str) -> list[str] | None:
        """The cells of a line, one for each heading; None if the line is not a row."""
        if len(line) > MAX_WIDTH:
            return None
        chunks = self.split(line)
        if self.has_bars:
            return [chunk.text for chunk in chunks] if len(chunks) == len(self.head) else None
        if len(chunks) == len(self.head) + 1 and chunks[0].text.isdecimal():
            chunks = chunks[1:]  # a number in front of each row, without a heading
        if len(chunks) == len(self.head):
            return [chunk.text for chunk in chunks]
        if self.split is _by_words:
            return None
        if len(chunks) < 2 and not self._continues(line):
            return None
        return self._below(self._cut(chunks, line))

    def _continues(self, line: str) -> bool:
        """Whether a line with one piece is the rest of the name above it."""
        return bool(self.rows) and _is_open(self.rows[-1][1][0]) and line.strip().endswith(")")

    def _cut(self, chunks: list[Chunk], line: str) -> list[Chunk]:
        """The pieces, where a piece that reaches below the next heading is cut there.

        Programs with columns of a fixed width leave one blank behind a long name.
        """
        found: list[Chunk] = []
        for chunk in chunks:
            start = chunk.start
            for heading in self.head[1:]:
                cut = heading.start
                if start < cut < chunk.end and line[cut - 1] == " ":
                    found.append(Chunk(start, cut - 1, line[start:cut].strip()))
                    start = cut
            found.append(Chunk(start, chunk.end, line[start : chunk.end]))
        return found

    def _below(self, chunks: Sequence[Chunk]) -> list[str] | None:
        """The cells of a row in which some are empty: each piece stands below its heading."""
        cells = [""] * len(self.head)
        last = -1
        for chunk in chunks:
            place = max(range(len(self.head)), key=lambda at: _overlap(self.head[at], chunk))
            if place <= last:
                return None
            cells[place] = chunk.text
            last = place
        return cells

    def _add(self, line: int, cells: list[str]) -> None:
        """Add a row, or the rest of the row above."""
        if self.rows and not self.is_new_group and self._is_rest(cells):
            above = self.rows[-1][1]
            for place, cell in enumerate(cells):
                # A word that fills its column is cut, and goes on in the next line.
                is_cut = self.has_bars and len(self.last[place]) >= self.widths[place]
                is_joined = is_cut or cell.startswith(")") or not (cell and above[place])
                above[place] += cell if is_joined else f" {cell}"
        else:
            self.rows.append((line, cells))
        self.last = list(cells)
        self.is_new_group = False

    def _is_rest(self, cells: Sequence[str]) -> bool:
        """Whether a line is the rest of the row above: a wrapped name or a wrapped volume."""
        above = self.rows[-1][1]
        filled = [place for place, cell in enumerate(cells) if cell]
        # A figure below a figure is another row.
        if any(above[at] and not _is_open(above[at]) and _NUMBERS.fullmatch(cells[at]) for at in filled):
            return False
        if any(_is_open(above[place]) for place in filled):
            return True
        # A name may be wrapped in front of its bracket.
        return self.has_bars and len(filled) == 1 and cells[filled[0]].startswith("(")


def _is_open(cell: str) -> bool:
    """Whether a cell has a bracket that is not closed."""
    return cell.count("(") + cell.count("[") > cell.count(")") + cell.count("]")


def _overlap(heading: Chunk, chunk: Chunk) -> int:
    """How far a piece stands below a heading; negative if it stands beside it."""
    return min(heading.end, chunk.end) - max(heading.start, chunk.start)
