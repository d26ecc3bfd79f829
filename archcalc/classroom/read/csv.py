"""Answers in CSV: columns between commas, semicolons or tabs, under a line with the headings."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from archcalc.classroom.read.arranged import arranged
from archcalc.classroom.read.headings import head_of
from archcalc.classroom.read.marks import without_markdown
from archcalc.classroom.read.table import TableReader
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import Source

DELIMITERS = ",;\t"

MAX_PREAMBLE = 50
"""The headings must be among the first lines; a name, a title and ``sep=;`` may stand above them."""


MAX_BREAKS = 20
"""Line breaks in the headings of a table."""


def recognises(text: str) -> bool:
    """Whether one of the first lines, or the first column, names layers and quantities."""
    lines = text.splitlines()
    return _start(lines) is not None or _across(lines) is not None


def read(source: Source) -> list[AnswerSheet]:
    """Read the answers of a CSV text. Lines above the headings that look like answers are reported."""
    lines = source.text.splitlines()
    table = TableReader()
    place, delimiter = _start(lines) or _across(lines) or (len(lines), "")
    table.read_between(lines, 0, place)
    if delimiter:
        table.read_table([row for row in _rows(lines, place, delimiter, table) if any(row[1])])
    return table.sheets(source.name)


def _start(lines: Sequence[str]) -> tuple[int, str] | None:
    """The place of the line with the headings, and its delimiter."""
    for place, line in enumerate(lines[:MAX_PREAMBLE]):
        # Excel writes a heading with a line break between quotes, over several lines.
        whole = "\n".join(lines[place : place + MAX_BREAKS + 1]) if line.count('"') % 2 else line
        delimiter = _delimiter(whole)
        if delimiter and head_of(_cells(whole, delimiter)) is not None:
            return place, delimiter
    return None


def _across(lines: Sequence[str]) -> tuple[int, str] | None:
    """The first line of a table with one column per layer, and its delimiter."""
    place = next((place for place, line in enumerate(lines[:MAX_PREAMBLE]) if _delimiter(line)), len(lines))
    delimiter = _delimiter(lines[place]) if place < len(lines) else ""
    rows = [(number, _cells(line, delimiter)) for number, line in enumerate(lines[place:], place + 1)]
    return (place, delimiter) if delimiter and arranged(rows) else None


def _delimiter(line: str) -> str:
    """The delimiter that makes the most columns; empty if the line has none."""
    # Excel writes semicolons where the comma is the decimal sign, so both may be on one line.
    return max(DELIMITERS, key=line.count) if any(sign in line for sign in DELIMITERS) else ""


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of the first row of a text."""
    try:
        rows = csv.reader(line.splitlines(keepends=True), delimiter=delimiter)
        return [" ".join(cell.split()) for cell in next(rows, [])]
    except csv.Error:
        return [line]


def _rows(
    lines: Sequence[str], start: int, delimiter: str, table: TableReader
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows from a line on with their line numbers; a quoted cell may span several lines."""
    reader = csv.reader((f"{line}\n" for line in lines[start:]), delimiter=delimiter, strict=True)
    number = start + 1
    try:
        for cells in reader:
            # Two lines in one cell are two answers; the semicolon lets the reader of figures see that. In the
            # first row they are one heading.
            joint = " " if number == start + 1 else "; "
            yield number, [without_markdown(cell.strip().replace("\n", joint)) for cell in cells]
            number = start + reader.line_num + 1
    except csv.Error as error:
        table.miss(number, lines[number - 1], f"this is not valid CSV; reading stops here: {error}")
