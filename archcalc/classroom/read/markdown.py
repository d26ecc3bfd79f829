"""Answers in Markdown: the tables of a text that have a column of layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from archcalc.classroom.read.arranged import Rows, arranged, plain_cell, print_in
from archcalc.classroom.read.table import TableReader
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import Source

_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?\Z")
"""The line between headings and rows: ``|---|--:|``."""


def recognises(text: str) -> bool:
    """Whether the text has a Markdown table with names of layers and quantities."""
    return any(print_in(rows) or arranged(rows) for rows in tables_in(text))


def read(source: Source) -> list[AnswerSheet]:
    """Read all tables with names of layers. Other lines that look like answers are reported."""
    lines = source.text.splitlines()
    table = TableReader()
    end = 0
    for start, next_end, rows in _tables(lines):
        table.read_between(lines, end, start)
        end = next_end
        if not table.read_table(rows):
            table.miss_table(rows)
    table.read_between(lines, end, len(lines))
    return table.sheets(source.name)


def tables_in(text: str) -> Iterator[Rows]:
    """The rows of every table of a text; the headings come first."""
    for _, _, rows in _tables(text.splitlines()):
        yield rows


def _tables(lines: Sequence[str]) -> Iterator[tuple[int, int, Rows]]:
    """Yield for each table its first place among the lines, the place behind it, and its rows."""
    starts = [
        place
        for place, below in enumerate(lines[1:])
        if "|" in lines[place]
        and "|" in below
        and _RULE.match(below.strip())
        and not _RULE.match(lines[place].strip())
    ]
    for start, next_start in pairwise([*starts, len(lines)]):
        # A table ends at the first line without a bar, or where the next table begins.
        end = next((place for place in range(start + 2, next_start) if "|" not in lines[place]), next_start)
        yield start, end, [(place + 1, _cells(lines[place])) for place in (start, *range(start + 2, end))]


def _cells(line: str) -> list[str]:
    """The cells of a row; ``\\|`` is a bar inside a cell."""
    bare = line.strip().removeprefix("|")
    bare = bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare
    return [plain_cell(cell) for cell in re.split(r"(?<!\\)\|", bare)]
