"""Tables with one network per column, as in the VGG paper: ``A``, ``11 weight layers``, ``conv3-64``, ..."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from archcalc.classroom.read.lecture.figures import figure
from archcalc.classroom.read.lecture.heading import (
    CONTINUED,
    LAYER,
    MAX_COLUMNS,
    RULE,
    WEIGHTY,
    Cells,
    cells_below,
    cells_of,
    heading_of,
)
from archcalc.classroom.read.lecture.layers import cell
from archcalc.classroom.read.lecture.rows import MAX_ROWS
from archcalc.classroom.read.noise import MAX_WIDTH, CleanLine, clean, unread
from archcalc.classroom.submission import Answer, AnswerRow, AnswerSheet, UnreadLine

MAX_GAP = 3
"""A table ends after more lines in sequence than these that do not belong to it."""

_SPANNING = ("input", "maxpool", "avgpool", "fc", "softmax")
"""Ops whose cell applies to all columns if it is alone in its row."""


class ColumnTable(NamedTuple):
    """The sheets of a table, one per column, and the place of the line behind it."""

    sheets: tuple[AnswerSheet, ...]
    end: int


def read(lines: Sequence[str], at: int, name: str) -> ColumnTable | None:
    """Read the table that starts at this place; None if none starts there."""
    heading = heading_of(lines, at)
    if heading is None:
        return None
    at, titles = heading
    columns = [_Column(title, at + 1) for title in titles]
    body = _Body(columns)
    end = at + 1
    for place in range(at + 1, len(lines)):
        if body.done or body.gap > MAX_GAP or body.rows > MAX_ROWS or heading_of(lines, place):
            break
        if body.take(lines[place], place + 1):
            end = place + 1
    if end == at + 1:
        return None  # nothing below belongs to a table, so these were not headings
    _report_untitled(columns, lines[at], at + 1)
    return ColumnTable(tuple(column.sheet(name) for column in columns if column.title), end)


class _Column:
    """Collects the rows of one column: one network."""

    def __init__(self, title: str, line: int) -> None:
        self.title = title
        self.line = line
        self.rows: list[AnswerRow] = []
        self.answers: list[Answer] = []
        self.unread: list[UnreadLine] = []
        self.repairs: list[UnreadLine] = []
        self.texts: list[str] = []

    def take(self, text: str, line: CleanLine) -> None:
        """Read one cell: a number of weight layers, or layers."""
        self.texts.append(text)
        if match := WEIGHTY.match(text):
            self.depth(match[1], text, line)
            return
        cleaned = clean(text, line.number)
        self.repairs += cleaned.repairs
        whole = cleaned.text
        # "3x3 conv, 64" is one layer with spaces in it; "conv3-64 LRN" is two layers in one cell.
        for word in [whole] if cell(whole, line.number) else whole.split():
            if row := cell(word, line.number):
                self.rows.append(_vgg(row))
            else:
                self.miss(line, "not a layer such as conv3-64 (letters are not corrected into digits)", word)

    def depth(self, number: str, text: str, line: CleanLine) -> None:
        if number.isdecimal():
            self.answers.append(figure("", "depth", number, line.number))
        else:
            self.miss(line, "not a number of weight layers", text)

    def miss(self, line: CleanLine, why: str, text: str = "") -> None:
        self.unread.append(unread(line, why, text))

    def sheet(self, name: str) -> AnswerSheet:
        return AnswerSheet(
            name,
            self.title,
            tuple(self.rows),
            tuple(self.answers),
            tuple(self.unread),
            tuple(self.repairs),
            True,
            self.line,
        )


def _vgg(row: AnswerRow) -> AnswerRow:
    """A maxpool without figures is 2x2 with stride 2 in these tables, as the text of the paper says."""
    if row.op == "maxpool" and not row.options:
        return row._replace(implied={**row.implied, "kernel": (2, 2), "stride": 2})
    return row


class _Body:
    """Reads the lines under the headings into the columns."""

    def __init__(self, columns: list[_Column]) -> None:
        self.columns = columns
        self.between: list[CleanLine] = []
        self.incomplete = False
        self.done = False

    @property
    def gap(self) -> int:
        """The number of lines since the last row."""
        return len(self.between)

    @property
    def rows(self) -> int:
        """The number of rows in all columns; the reader of the table stops at too many."""
        return sum(len(column.rows) for column in self.columns)

    def take(self, raw: str, number: int) -> bool:
        """Read one line; return whether it belongs to the table."""
        if RULE.match(raw[:MAX_WIDTH]) or CONTINUED.match(raw[:200]):
            return False
        line = clean(raw.replace("\t", " "), number)
        cells = cells_below(raw)
        filled = [cell_text for cell_text in cells if cell_text]
        if self._spans(cells, filled, line):
            return True
        if len(cells) == len(self.columns) and any(map(_is_cell, filled)):
            self._flush()
            for column, cell_text in zip(self.columns, cells, strict=True):
                if cell_text:
                    column.take(cell_text, line)
            return True
        if filled and all(map(_is_cell, filled)):
            self._flush()
            self._mismatch(len(cells), line)
            return True
        self.between.append(line)
        return False

    def _spans(self, cells: Cells, filled: list[str], line: CleanLine) -> bool:
        """Whether a cell alone in its row is merged over all columns."""
        row = cell(clean(filled[0], line.number).text, line.number) if len(filled) == 1 and cells[0] else None
        if row is None or row.op not in _SPANNING:
            return False
        self._flush()
        for column in self.columns:
            column.take(filled[0], line)
        # Softmax ends every column of the paper's table; below it stands prose.
        self.done = row.op == "softmax"
        return True

    def _mismatch(self, count: int, line: CleanLine) -> None:
        cells = "1 cell" if count == 1 else f"{count} cells"
        why = f"{cells} for {len(self.columns)} columns: it is unclear which"
        if not self.incomplete:
            why += "; all columns are incomplete from here on"
        self.incomplete = True
        self._miss(line, why)

    def _flush(self) -> None:
        """Report the lines between two rows: they belong to the table but were not read."""
        for line in self.between:
            self._miss(line, "this line is between table rows but is not a row")
        self.between = []

    def _miss(self, line: CleanLine, why: str) -> None:
        """Report a line that may belong to any of the columns."""
        missed = unread(line, why)
        for column in self.columns:
            column.unread.append(missed)


def _is_cell(text: str) -> bool:
    return bool(LAYER.match(text) or WEIGHTY.match(text))


def _report_untitled(columns: list[_Column], raw: str, number: int) -> None:
    """Report columns without a heading in the sheet of the first column."""
    # The edge of a slide cuts headings off.
    titled = [column for column in columns if column.title]
    for place, column in enumerate(columns, 1):
        texts = [text for text in column.texts if not (row := cell(text, 0)) or row.op not in _SPANNING]
        if texts and not column.title:
            titled[0].miss(
                clean(raw, number), f"column {place} has no heading, so it is not read", ", ".join(texts)
            )


# --- Table 2 of the VGG paper: params in millions, under the names of the columns above it ---------------

_NETWORKS = re.compile(r"networks?\Z", re.IGNORECASE)
_PARAMETERS = re.compile(r"number of parameters(?: \(in millions\))?\Z", re.IGNORECASE)
_MILLIONS = re.compile(r"number of parameters(?:\*\*)? \(in millions\)", re.IGNORECASE)


def totals(
    lines: Sequence[str], at: int, sheets: Sequence[AnswerSheet]
) -> tuple[dict[int, Answer], UnreadLine | None] | None:
    """Numbers of parameters by the place of their column: ``Network`` above ``Number of parameters``.

    They are read only if the caption says that they are in millions, and if every heading names one column of
    the table above. Then "133" means "133M".
    """
    below = at + 1
    if below >= len(lines) or not 2 <= lines[at].count("\t") <= MAX_COLUMNS:
        return None
    heads, numbers = cells_of(lines[at][:MAX_WIDTH]), cells_of(lines[below][:MAX_WIDTH])
    if not (numbers and _NETWORKS.match(heads[0]) and _PARAMETERS.match(numbers[0])):
        return None
    line = clean(lines[below].replace("\t", " "), below + 1)
    caption = " ".join([*lines[max(at - 2, 0) : at], numbers[0]])
    titles = [sheet.title for sheet in sheets]
    named = [[title.strip() for title in head.split(",")] for head in heads[1:]]
    if not _MILLIONS.search(caption):
        return {}, unread(line, "it is unclear whether these are millions")
    if len(heads) != len(numbers) or any(titles.count(title) != 1 for group in named for title in group):
        return {}, unread(line, "the table above does not have exactly these columns")
    return {
        titles.index(title): figure("", "params", f"{number} million", below + 1)
        for group, number in zip(named, numbers[1:], strict=True)
        for title in group
    }, None
