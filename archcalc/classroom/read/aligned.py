"""Answers in plain text: tables in columns, tables with drawn lines, and prints of tools."""

from __future__ import annotations

import re

from archcalc.classroom.read.arranged import block_at
from archcalc.classroom.read.table import TableReader
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import Source

_RULE = re.compile(r"\s*\|(?:\s*:?-{3,}:?\s*\|){2,}\s*\Z")


def recognises(text: str) -> bool:
    """Whether the text has a table with names of layers and quantities, in columns.

    >>> recognises("layer   params\\nconv1      224"), recognises("conv1: {params: 224}")
    (True, False)
    """
    lines = text.splitlines()
    # The cells of a Markdown table stand between bars, so the blanks in them separate nothing.
    if any(_RULE.match(line) for line in lines):
        return False
    return any(block_at(lines, place, len(lines)) for place in range(len(lines)))


def read(source: Source) -> list[AnswerSheet]:
    """Read all tables of a text. Other lines that look like answers are reported."""
    lines = source.text.splitlines()
    table = TableReader()
    table.read_between(lines, 0, len(lines))
    return table.sheets(source.name)
