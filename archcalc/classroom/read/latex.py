"""Answers in LaTeX: each ``tabular`` with a column of layers, one row per line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archcalc.classroom.read.arranged import Rows, arranged, plain_cell
from archcalc.classroom.read.table import LEFT_BLANK, TableReader
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import Source

_RULES = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|(?:cline|cmidrule)(?:\([^()]*\))?\{[^{}]*\})\s*")
_END_OF_ROW = re.compile(r"\\\\(?:\[[^\[\]]*\])?\s*(?:%.*)?\Z")
_UNDERLINED = re.compile(r"\\underline\s*\{\\hspace\*?\{[^{}]*\}\s*\}")
"""A field of a worksheet that was left blank."""


def recognises(text: str) -> bool:
    """Whether the text has a ``tabular`` with names of layers and quantities."""
    return "\\begin{tab" in text and any(arranged(rows) for rows, _ in _tables(text.splitlines()))


def read(source: Source) -> list[AnswerSheet]:
    """Read each ``tabular`` with names of layers. Other lines with digits are reported."""
    table = TableReader()
    for rows, others in _tables(source.text.splitlines()):
        found = arranged(rows)
        if not found:
            table.miss_table(rows)
        else:
            table.miss_rows(found.above)
            table.read(found.head, found.line, found.rows, found.lines)
            for number, line in others:
                if number > found.line:
                    table.miss(number, line, "this line is between table rows but is not a row")
    return table.sheets(source.name)


def _tables(lines: Sequence[str]) -> Iterator[tuple[Rows, list[tuple[int, str]]]]:
    """Yield the rows up to the end of each ``tabular``, and the other lines with digits between them."""
    rows: list[tuple[int, list[str]]] = []
    others: list[tuple[int, str]] = []
    # The added last line closes a table that the text leaves open.
    for number, line in enumerate([*lines, "\\end{tabular}"], 1):
        if "&" in line:
            rows.append((number, _cells(line)))
        elif "\\end{tab" in line:
            yield rows, others
            rows, others = [], []
        elif rows and any(map(str.isdecimal, _RULES.sub("", line))):
            others.append((number, line))


def _cells(line: str) -> list[str]:
    """The cells of one row.

    >>> _cells(r"\\hline conv1 & $55 \\times 55 \\times 96$ & \\underline{\\hspace{6em}} \\\\")
    ['conv1', '55 * 55 * 96', '____']
    """
    bare = _END_OF_ROW.sub("", _RULES.sub("", line).strip())
    return [plain_cell(_UNDERLINED.sub(LEFT_BLANK, cell)) for cell in re.split(r"(?<!\\)&", bare)]
