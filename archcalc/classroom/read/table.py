"""What all formats with tables share: headings, cells, and the answers in the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from archcalc.classroom.read.labels import in_unit, is_total, quantity_and_unit
from archcalc.classroom.read.marks import plain_text, remembered, without_markdown
from archcalc.classroom.read.noise import by_line, clean
from archcalc.classroom.read.number import answer
from archcalc.classroom.read.prose import missed
from archcalc.classroom.submission import LAYER_LABELS, QUANTITIES, Answer, AnswerSheet, UnreadLine
from archcalc.errors import did_you_mean, printable, short

IGNORED = (
    "",
    "op",
    "type",
    "window",
    "input",
    "rounding",
    "note",
    "notes",
    "comment",
    "kind",
    "#",
    "no",
    "given",
    "then",
)
"""Headings of columns that describe a layer; they hold no answers."""

NOT_ASKED = ("–", "—", "--", "---")
"""Cells of a worksheet that ask nothing."""

LEFT_BLANK = "____"
"""Stands for a field of a worksheet that the student left empty."""

NO_ANSWERS = "this table is not read: it needs a column 'layer' and a column with a quantity"

MAX_TEXT = 1000
"""Characters of a line outside the tables that are searched for an answer."""

MAX_CELLS = 50
"""Cells of a row that a message quotes."""

_SEPARATOR = re.compile(r"sep=.\Z")  # Excel's first line of a CSV file
_STRAY_CELLS = re.compile(r"[^|]*\|[^0-9]*[0-9]")
_STRAY_MAPPING = re.compile(r"[^:{}]{1,80}:[ \t]*\{.*[0-9]")

Rows: TypeAlias = Sequence[tuple[int, list[str]]]
"""The rows of a table with their line numbers."""


class TableHead(NamedTuple):
    """The headings of a table, and the place of the column with the names of layers."""

    layer_column: int
    headings: list[str]


@remembered
def plain_cell(cell: str) -> str:
    """A cell without marks of Markdown and LaTeX; a dash stays as it is."""
    bare = re.sub(r"\\([_#%&])", r"\1", cell).strip()
    return bare if bare in NOT_ASKED else plain_text(without_markdown(bare))


def head_of(cells: Sequence[str]) -> TableHead | None:
    """The headings, if these cells have one for layers and one for a quantity; else None."""
    layer_columns = [place for place, cell in enumerate(cells) if cell.lower() in LAYER_LABELS]
    if not layer_columns or not any(quantity_and_unit(cell)[0] for cell in cells):
        return None
    return TableHead(layer_columns[0], list(cells))


class TableReader:
    """Collects the answers of all tables of one text."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.unread: list[UnreadLine] = []

    def sheet(self, name: str) -> AnswerSheet:
        return AnswerSheet(name, "", (), tuple(self.answers), by_line(self.unread))

    def miss(self, line: int, text: str, why: str) -> None:
        """Report a line that could not be read."""
        self.unread.append(UnreadLine(line, short(" ".join(text.split()), 100), why))

    def report_stray_answers(self, lines: Sequence[str], start: int, end: int) -> None:
        """Report lines outside the tables that look like answers; prose is skipped silently."""
        for place in range(start, end):
            line = lines[place][:MAX_TEXT]
            if line.startswith("#") or not any(map(str.isdecimal, line)) or _SEPARATOR.match(line):
                continue
            if (
                _STRAY_CELLS.match(line)
                or _STRAY_MAPPING.match(line)
                or missed(clean(line, place + 1), False)
            ):
                self.miss(place + 1, line, "this looks like an answer but is outside the table")

    def read(self, head: TableHead, head_line: int, rows: Rows) -> None:
        """Read the answers in the rows of one table."""
        columns = {
            place: quantity_and_unit(heading)
            for place, heading in enumerate(head.headings)
            if place != head.layer_column
        }
        without_quantity = [place for place, (quantity, _) in columns.items() if not quantity]
        self._report_columns(head, head_line, rows, without_quantity)
        for line, cells in rows:
            if (fitted := self._fitted(cells, head, line)) is not None:
                self._read_row(fitted, head.layer_column, columns, line)

    def _fitted(self, cells: list[str], head: TableHead, line: int) -> list[str] | None:
        """The cells of a row, one per heading; None, with a report, if they do not fit the headings."""
        width = len(head.headings)
        # Spreadsheets write empty cells to the right of the table.
        if not any(cells[width:]):
            cells = cells[:width]
        if len(cells) != width:
            count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
            why = f"{count} for {width} columns (a number with commas needs quotes)"
        elif not cells[head.layer_column]:
            why = "the row names no layer"
        else:
            return cells
        self.miss(line, " | ".join(cells[:MAX_CELLS]), why)
        return None

    def _read_row(
        self, cells: list[str], layer_column: int, columns: dict[int, tuple[str, str]], line: int
    ) -> None:
        layer = cells[layer_column]
        is_of_network = is_total(layer)
        for place, (quantity, unit) in columns.items():
            # A dash asks nothing. An empty cell in the row of totals asks nothing either: a total has no
            # kernel and no output.
            is_asked = cells[place] not in NOT_ASKED and (cells[place] or not is_of_network)
            if quantity and is_asked:
                text = in_unit(cells[place], unit)
                self.answers.append(answer("" if is_of_network else layer, quantity, text, line))

    def _report_columns(self, head: TableHead, head_line: int, rows: Rows, places: Iterable[int]) -> None:
        """Report columns that hold something but name no quantity."""
        for place in places:
            heading = head.headings[place]
            # A column without a heading to the left of the layers only numbers the rows.
            is_right = place > head.layer_column
            if not heading and is_right and any(len(cells) > place and cells[place] for _, cells in rows):
                self.miss(head_line, "", f"column {place + 1} has no heading, so it is not read")
            elif heading.lower() not in IGNORED:
                hint = did_you_mean(heading, QUANTITIES)
                why = f"unknown quantity '{short(heading)}'{f' ({hint})' if hint else ''}"
                self.unread.append(UnreadLine(head_line, printable(heading), why))
