"""Finds what the rows of a table are: below headings, beside headings, or printed by a tool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from archcalc.classroom.read.grid import TextGrid, grid_across, grid_at
from archcalc.classroom.read.headings import IGNORED, LAYER, NETWORK, TableHead, column_of, head_of
from archcalc.classroom.read.marks import plain_text, remembered, without_markdown
from archcalc.classroom.read.modules import ModulePrint, module_print
from archcalc.classroom.read.tool_table import ToolPrint
from archcalc.classroom.read.tools import is_heading as is_tool_heading
from archcalc.classroom.read.tools import tool_of

NOT_ASKED = ("–", "—", "--", "---")
"""Cells of a worksheet that ask nothing."""

Rows: TypeAlias = Sequence[tuple[int, list[str]]]
"""The rows of a table with their line numbers."""


@remembered
def plain_cell(cell: str) -> str:
    """A cell without marks of Markdown and LaTeX; a dash stays as it is."""
    bare = re.sub(r"\\([_#%&*])", r"\1", cell).strip()
    return bare if bare in NOT_ASKED else plain_text(without_markdown(bare))


class Arranged(NamedTuple):
    """A table whose headings are found.

    ``above`` are the rows above the headings. ``lines`` are the lines of the columns, if the layers stand
    side by side.
    """

    head: TableHead
    line: int
    rows: Rows
    above: Rows = ()
    lines: Sequence[int] = ()


def arranged(table: Rows) -> Arranged | None:
    """A table with its headings, in its first row or column; None if it has none.

    >>> arranged([(3, ["", "conv1", "pool1"]), (4, ["params", "224", "0"])]).rows
    [(3, ['conv1', '224']), (3, ['pool1', '0'])]
    """
    for place, (line, cells) in enumerate(table):
        if head := head_of(cells):
            return Arranged(head, line, table[place + 1 :], table[:place])
    width = len(table[0][1]) if table else 0
    # In a row with too few or too many cells it is unclear which layer each of them belongs to.
    fitting = [
        row for row in table if len(row[1]) == width or (len(row[1]) > width and not any(row[1][width:]))
    ]
    across = [[cells[place] for _, cells in fitting] for place in range(width)]
    head = head_of(across[0]) if width > 1 else None
    # The names of the layers must stand in the first row.
    if head is None or head.layer_column != 0:
        return None
    line = table[0][0]
    others = [row for row in table if row not in fitting]
    return Arranged(
        head, line, [(line, cells) for cells in across[1:]], others, [line for line, _ in fitting]
    )


def is_grid_head(cells: Sequence[str]) -> bool:
    """Whether these are the headings of a table in plain text."""
    bare = [plain_cell(cell) for cell in cells]
    return head_of(bare) is not None or is_tool_heading(cells)


def block_at(lines: Sequence[str], start: int, end: int) -> TextGrid | ModulePrint | None:
    """The table in plain text, or the print of modules, that starts at this place."""
    return (
        module_print(lines, start, end)
        or grid_at(lines, start, end, is_grid_head)
        or grid_across(lines, start, end, _is_first_column)
    )


def _is_first_column(cells: Sequence[str]) -> bool:
    """Whether these are a label of layers and quantities, from top to bottom."""
    label, *others = map(column_of, map(plain_cell, cells))
    return label.meaning in (LAYER, NETWORK, IGNORED) and any(other.is_asked for other in others)


def print_in(table: Rows) -> ToolPrint | None:
    """What a tool printed; None if this is another table."""
    for place, (line, cells) in enumerate(table):
        rows = table[place + 1 :]
        if tool := tool_of(cells, rows):
            printed = ToolPrint(tool, line)
            printed.read_table(cells, rows)
            return printed
    return None
