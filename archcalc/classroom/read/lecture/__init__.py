"""Answers in lecture notation, as students copy it from slides: each table and each slide becomes a sheet.

    CONV3-64: [224x224x64] memory: 224*224*64=3.2M params: (3*3*3)*64 = 1,728

Nothing is guessed. A line that looks like part of a table but cannot be read is reported; prose is not.
"""

from __future__ import annotations

from archcalc.classroom.read.lecture import columns, rows
from archcalc.classroom.read.lecture.heading import heading_of
from archcalc.classroom.read.lecture.lines import rows_of
from archcalc.classroom.read.lecture.tables import Tables
from archcalc.classroom.read.noise import MAX_WIDTH, clean
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import ArchcalcError, Source, short

MAX_LINES = 100_000


def recognises(text: str) -> bool:
    """Whether a text has a row that can only be lecture notation.

    >>> recognises("[27x27x96] MAX POOL1: 3x3 filters at stride 2"), recognises("conv1: {params: 35K}")
    (True, False)
    """
    lines = Source("", text).lines
    for at, raw in enumerate(lines[:MAX_LINES]):
        parts = (text for text in rows_of(raw) if text and len(text) <= MAX_WIDTH)
        read_rows = (rows.read(clean(text, at + 1)) for text in parts)
        if any(row and row.sure for row in read_rows) or heading_of(lines, at):
            return True
    return False


def read(source: Source) -> list[AnswerSheet]:
    """Read every table and slide of a text. Raises ArchcalcError if the text is too long."""
    lines = source.lines
    if len(lines) > MAX_LINES:
        raise ArchcalcError(f"{short(source.name)}: more than {MAX_LINES:,} lines")
    tables = Tables(source.name)
    at = 0
    while at < len(lines):
        if table := columns.read(lines, at, source.name):
            tables.add_columns(table.sheets)
            at = table.end
        elif totals := columns.totals(lines, at, tables.columns):
            tables.add_totals(*totals)
            at += 2
        else:
            for text in rows_of(lines[at]):
                tables.take(clean(text, at + 1))
            at += 1
    return tables.finish()
