"""Answers in Markdown: the tables of a text that have a column of layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archcalc.classroom.read.table import NO_ANSWERS, TableReader, head_of, plain_cell
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import Source

_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?\Z")
"""The line between headings and rows: ``|---|--:|``."""


def recognises(text: str) -> bool:
    """Whether the text has a Markdown table with a column of layers."""
    return any(head_of(cells) is not None for _, cells in _tables(text.splitlines()))


def read(source: Source) -> list[AnswerSheet]:
    """Read all tables with a column of layers. Other lines that look like answers are reported."""
    lines = source.text.splitlines()
    table = TableReader()
    tables = list(_tables(lines))
    starts = [start for start, _ in tables]
    end = 0
    for (start, cells), next_start in zip(tables, [*starts[1:], len(lines)], strict=True):
        table.report_stray_answers(lines, end, start)
        # A table ends at the first line without a bar, or where the next table begins.
        end = next((place for place in range(start + 2, next_start) if "|" not in lines[place]), next_start)
        if (head := head_of(cells)) is not None:
            table.read(
                head, start + 1, [(place + 1, _cells(lines[place])) for place in range(start + 2, end)]
            )
        else:
            table.miss(start + 1, " | ".join(cells), NO_ANSWERS)
    table.report_stray_answers(lines, end, len(lines))
    return [table.sheet(source.name)]


def _tables(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield for each table the place of its headings among the lines, and their cells."""
    for place, below in enumerate(lines[1:]):
        if "|" in lines[place] and _RULE.match(below.strip()) and not _RULE.match(lines[place].strip()):
            yield place, _cells(lines[place])


def _cells(line: str) -> list[str]:
    """The cells of a row; ``\\|`` is a bar inside a cell."""
    bare = line.strip().removeprefix("|")
    bare = bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare
    return [plain_cell(cell) for cell in re.split(r"(?<!\\)\|", bare)]
