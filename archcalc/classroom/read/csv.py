"""Answers in CSV: columns between commas, semicolons or tabs, under a line with the headings."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from archcalc.classroom.read.marks import without_markdown
from archcalc.classroom.read.table import TableHead, TableReader, head_of
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import Source

DELIMITERS = ",;\t"

MAX_PREAMBLE = 50
"""The headings must be among the first lines; a name, a title and ``sep=;`` may stand above them."""


def recognises(text: str) -> bool:
    """Whether one of the first lines has a heading for layers and one for a quantity."""
    return _headings(text.splitlines()) is not None


def read(source: Source) -> list[AnswerSheet]:
    """Read the answers of a CSV text. Lines above the headings that look like answers are reported."""
    lines = source.text.splitlines()
    table = TableReader()
    headings = _headings(lines)
    if headings is not None:
        place, delimiter, head = headings
        table.report_stray_answers(lines, 0, place)
        rows = [row for row in _rows(lines, place + 1, delimiter, table) if any(row[1])]
        table.read(head, place + 1, rows)
    return [table.sheet(source.name)]


def _headings(lines: Sequence[str]) -> tuple[int, str, TableHead] | None:
    """Find the line of the headings: its place, its delimiter, and its cells."""
    for place, line in enumerate(lines[:MAX_PREAMBLE]):
        delimiter = _delimiter(line)
        head = head_of(_cells(line, delimiter)) if delimiter else None
        if head is not None:
            return place, delimiter, head
    return None


def _delimiter(line: str) -> str:
    """The delimiter that makes the most columns; empty if the line has none."""
    # Excel writes semicolons where the comma is the decimal sign, so both may be on one line.
    return max(DELIMITERS, key=line.count) if any(sign in line for sign in DELIMITERS) else ""


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return [line]


def _rows(
    lines: Sequence[str], start: int, delimiter: str, table: TableReader
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below a line with their line numbers; a quoted cell may span several lines."""
    reader = csv.reader((f"{line}\n" for line in lines[start:]), delimiter=delimiter, strict=True)
    number = start + 1
    try:
        for cells in reader:
            # Two lines in one cell are two answers; the semicolon lets the reader of figures see that.
            yield number, [without_markdown(cell.strip().replace("\n", "; ")) for cell in cells]
            number = start + reader.line_num + 1
    except csv.Error as error:
        table.miss(number, lines[number - 1], f"this is not valid CSV; reading stops here: {error}")
