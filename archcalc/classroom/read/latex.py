"""Answers in LaTeX: each ``tabular`` with a column of layers, one row per line."""

from __future__ import annotations

import re

from archcalc.classroom.read.table import LEFT_BLANK, TableHead, TableReader, head_of, plain_cell
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import Source

_RULES = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|(?:cline|cmidrule)(?:\([^()]*\))?\{[^{}]*\})\s*")
_END_OF_ROW = re.compile(r"\\\\(?:\[[^\[\]]*\])?\s*(?:%.*)?\Z")
_UNDERLINED = re.compile(r"\\underline\s*\{\\hspace\*?\{[^{}]*\}\s*\}")
"""A field of a worksheet that was left blank."""


def recognises(text: str) -> bool:
    """Whether the text has a ``tabular`` with a column of layers."""
    return "\\begin{tab" in text and any(head_of(_cells(line)) for line in text.splitlines() if "&" in line)


def read(source: Source) -> list[AnswerSheet]:
    """Read each ``tabular`` with a column of layers. Other lines with digits are reported."""
    table = TableReader()
    head: TableHead | None = None
    head_line, rows = 0, list[tuple[int, list[str]]]()
    # The added last line closes a table that the text leaves open.
    for number, line in enumerate([*source.text.splitlines(), "\\end{tabular}"], 1):
        cells = _cells(line) if "&" in line else []
        if head is None:
            head, head_line, rows = head_of(cells), number, []
            if head is None and cells and any(map(str.isdecimal, line)):
                table.miss(number, line, "this row is not in a table with a column 'layer' and a quantity")
        elif "\\end{tab" in line:
            table.read(head, head_line, rows)
            head = None
        elif cells:
            rows.append((number, cells))
        elif any(map(str.isdecimal, _RULES.sub("", line))):
            table.miss(number, line, "this line is between table rows but is not a row")
    return [table.sheet(source.name)]


def _cells(line: str) -> list[str]:
    """The cells of one row.

    >>> _cells(r"\\hline conv1 & $55 \\times 55 \\times 96$ & \\underline{\\hspace{6em}} \\\\")
    ['conv1', '55 * 55 * 96', '____']
    """
    bare = _END_OF_ROW.sub("", _RULES.sub("", line).strip())
    return [plain_cell(_UNDERLINED.sub(LEFT_BLANK, cell)) for cell in re.split(r"(?<!\\)&", bare)]
