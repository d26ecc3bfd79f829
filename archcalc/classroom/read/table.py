"""What all formats with tables share: cells, and the answers in the rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archcalc.classroom.read.arranged import (
    NOT_ASKED,
    Rows,
    arranged,
    block_at,
    plain_cell,
    print_in,
)
from archcalc.classroom.read.cells import by_cells, channels_beside, figures_in, has_sides, in_order
from archcalc.classroom.read.grid import TextGrid
from archcalc.classroom.read.headings import (
    CALCULATION,
    DETAILS,
    SIDES,
    TYPE,
    UNKNOWN,
    TableHead,
)
from archcalc.classroom.read.labels import is_total
from archcalc.classroom.read.noise import by_line, clean
from archcalc.classroom.read.number import answer
from archcalc.classroom.read.prose import missed
from archcalc.classroom.read.tool_table import MOST_NAMED, ToolPrint
from archcalc.classroom.read.words import is_total_word, meaning_of
from archcalc.classroom.submission import DECLARED, QUANTITIES, Answer, AnswerSheet, UnreadLine
from archcalc.errors import did_you_mean, printable, short

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
_OWN_REMARKS = re.compile(
    r"(?:[-%] )?\s*(?:params:?\s+[0-9.,KMG]+ = .* weights|memory:?\s+.* values = .*, as CS231n counts"
    r"|MACs:?\s+[0-9.,KMG]+; FLOPs |training:?\s+.* params \+ .* gradients"
    r"|(?:[#% ]*)\S+.*, input [0-9x]+, (?:float|bfloat|int)[0-9]+)"
)
"""Lines above and below a table of archcalc: they repeat its input and its totals."""

_RATIO = re.compile(r"(?:\S+ )?(?:ratio|difference|change)\Z", re.IGNORECASE)
"""A column that compares two networks."""

_POOL = re.compile(r"pool", re.IGNORECASE)
_OF_THE_OUTPUT = ("output", "activations", "activation_bytes", "receptive_field", "jump", "flops")
"""What a pooling in the row of another layer changes."""


class TableReader:
    """Collects the answers of all tables of one text."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.unread: list[UnreadLine] = []
        self.prints: list[ToolPrint] = []
        self.left_out: list[str] = []
        self.networks: dict[str, list[Answer]] = {}  # totals of several networks, by their names
        self.rows = 0  # the rows read so far

    def sheets(self, name: str) -> list[AnswerSheet]:
        """The sheet of the tables, and a sheet for every print of a tool."""
        notes = (
            (f"not compared: {', '.join(map(short, self.left_out[:MOST_NAMED]))}",) if self.left_out else ()
        )
        others = [printed.sheet(name) for printed in self.prints]
        others += [
            AnswerSheet(name, network, (), tuple(totals), line=totals[0].line, about=network)
            for network, totals in self.networks.items()
        ]
        if others and not (self.answers or self.unread or notes):
            return others
        return [AnswerSheet(name, "", (), tuple(self.answers), by_line(self.unread), notes=notes), *others]

    def miss(self, line: int, text: str, why: str) -> None:
        """Report a line that could not be read."""
        self.unread.append(UnreadLine(line, short(" ".join(text.split()), 100), why))

    def read_between(self, lines: Sequence[str], start: int, end: int) -> None:
        """Read lines outside the tables of the format: prints and tables in plain text.

        Other lines that look like answers are reported; prose is skipped silently.
        """
        done = place = start
        while place < end:
            found = block_at(lines, place, end)
            if found is None:
                place += 1
                continue
            self._report_stray_answers(lines, done, place)
            if isinstance(found, TextGrid):
                if not self.read_table(found.rows):
                    self.miss_table(found.rows)
                for line in found.misfits:
                    self.miss(line, lines[line - 1], "this line does not fit the columns of the table")
            else:
                self.prints.append(found.printed)
            done = place = found.end
        self._report_stray_answers(lines, done, end)

    def _report_stray_answers(self, lines: Sequence[str], start: int, end: int) -> None:
        for place in range(start, end):
            line = lines[place][:MAX_TEXT]
            if self.prints and self.prints[-1].read_total(line, place + 1):
                continue
            if line.startswith("#") or not any(map(str.isdecimal, line)) or _SEPARATOR.match(line):
                continue
            if _OWN_REMARKS.match(line):
                continue
            if (
                _STRAY_CELLS.match(line)
                or _STRAY_MAPPING.match(line)
                or missed(clean(line, place + 1), False)
            ):
                self.miss(place + 1, line, "this looks like an answer but is outside the table")

    def read_table(self, table: Rows) -> bool:
        """Read a table with its headings, which may stand in its first row or in its first column.

        False if there are no headings; then nothing is read.
        """
        found = print_in(table) or arranged([(line, list(map(plain_cell, cells))) for line, cells in table])
        if isinstance(found, ToolPrint):
            self.prints.append(found)
        elif found:
            self.miss_rows(found.above)
            self.read(found.head, found.line, found.rows, found.lines)
        return found is not None

    def miss_table(self, rows: Rows) -> None:
        """Report a table that cannot be read, unless it compares networks in what is never asked."""
        if rows and any(_RATIO.match(cell) for cell in rows[0][1]):
            self.left_out += [cells[0] for _, cells in rows[1:] if cells]
        elif rows:
            self.miss(rows[0][0], " | ".join(rows[0][1][:MAX_CELLS]), NO_ANSWERS)

    def miss_rows(self, rows: Rows) -> None:
        """Report rows that are not below headings."""
        for line, cells in rows:
            if any(map(str.isdecimal, "".join(cells))):
                self.miss(line, " | ".join(cells[:MAX_CELLS]), NO_ANSWERS)

    def read(self, head: TableHead, head_line: int, rows: Rows, lines: Sequence[int] = ()) -> None:
        """Read the answers in the rows of one table.

        ``lines`` are the lines of the columns, if the rows of the table stand side by side.
        """
        head = by_cells(head, rows)
        names = [cells[head.layer_column] for _, cells in rows if len(cells) > head.layer_column]
        is_of_networks = head.is_of_networks or any(map(_RATIO.match, names))
        if is_of_networks:
            self.left_out += [head.headings[place] for place in head.places(UNKNOWN)]
        else:
            self._report_columns(head, head_line, rows, lines)
        for line, cells in rows:
            if is_of_networks and len(cells) == len(head.headings):
                self._read_network(cells, head, lines or [line] * len(cells))
            elif (fitted := self._fitted(cells, head, line)) is not None:
                self._read_row(fitted, head, lines or [line] * len(fitted))

    def _fitted(self, cells: list[str], head: TableHead, line: int) -> list[str] | None:
        """The cells of a row, one per heading; None, with a report, if they do not fit the headings."""
        width = len(head.headings)
        # Spreadsheets write empty cells to the right of the table.
        if not any(cells[width:]):
            cells = cells[:width]
        if len(cells) != width:
            count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
            why = f"{count} for {width} columns (a number with commas needs quotes)"
        elif not _layer_in(cells, head):
            why = "the row names no layer"
        else:
            return cells
        self.miss(line, " | ".join(cells[:MAX_CELLS]), why)
        return None

    def _read_row(self, cells: list[str], head: TableHead, lines: Sequence[int]) -> None:
        self.rows += 1
        layer = _layer_in(cells, head)
        kind = cells[head.type_column] if head.type_column is not None else ""
        is_of_network = is_total(layer) or is_total_word(layer)
        may_be_empty = is_of_network or meaning_of(layer) == "input"
        pool = _pool_beside(layer, cells, head)
        for place, column, text in figures_in(cells, head):
            # Below params a dash says that a layer has none, as "-" and "none" do; elsewhere it asks nothing.
            # An empty cell in the row of totals, or of the input, asks nothing: a total has no output.
            is_none = text in NOT_ASKED and column.meaning == "params" and not may_be_empty
            if (text in NOT_ASKED and not is_none) or (not text and may_be_empty):
                continue
            if pool and column.meaning in _OF_THE_OUTPUT:
                why = f"the row also has '{short(pool)}'; it is unclear whether this is before or after it"
                self.miss(lines[place], f"{layer} {column.meaning} {text}", why)
                continue
            name = "" if is_of_network else layer
            given = answer(name, column.meaning, text, lines[place])._replace(row=self.rows, kind=kind)
            self.answers.append(in_order(given, column.order))

    def _read_network(self, cells: list[str], head: TableHead, lines: Sequence[int]) -> None:
        """Read the totals of one network of several."""
        network = cells[head.layer_column]
        if not network or _RATIO.match(network):
            return
        for place, column, text in figures_in(cells, head):
            if text and text not in NOT_ASKED:
                given = in_order(answer("", column.meaning, text, lines[place]), column.order)
                self.networks.setdefault(network, []).append(given)

    def _report_columns(self, head: TableHead, head_line: int, rows: Rows, lines: Sequence[int]) -> None:
        """Report columns that hold something but name no quantity."""
        # A calculation belongs to the figure beside it.
        others = [column for column in head.columns if column.meaning not in ("output", *DECLARED)]
        for place, column in enumerate(head.columns):
            heading, line = head.headings[place], lines[place] if lines else head_line
            # A column without a heading to the left of the layers only numbers the rows.
            is_right = place > head.layer_column
            if not heading and is_right and any(len(cells) > place and cells[place] for _, cells in rows):
                self.miss(line, "", f"column {place + 1} has no heading, so it is not read")
            elif column.meaning == CALCULATION and any(other.is_asked for other in others):
                self.left_out.append(heading)
            elif column.meaning in (UNKNOWN, CALCULATION):
                hint = did_you_mean(heading, QUANTITIES)
                why = f"unknown quantity '{short(heading)}'{f' ({hint})' if hint else ''}"
                self.unread.append(UnreadLine(line, printable(heading), why))
            elif column.meaning in SIDES and not (has_sides(head) or place == channels_beside(head)):
                why = "one size of a volume; the output needs columns for height, width and channels"
                self.unread.append(UnreadLine(line, printable(heading), why))


def _layer_in(cells: Sequence[str], head: TableHead) -> str:
    """The name of the layer of a row: its kind, if the names are only numbers."""
    name = cells[head.layer_column]
    kind = cells[head.type_column] if head.type_column is not None else ""
    return kind if kind and (not name or name.strip(".#").isdecimal()) else name


def _pool_beside(layer: str, cells: Sequence[str], head: TableHead) -> str:
    """The cell that says that there is a pooling in the row of another layer; empty if none does."""
    if _POOL.search(layer):
        return ""
    places = [*head.places(DETAILS), *head.places(TYPE)]
    said = [cells[place] for place in places if place != head.layer_column and _POOL.search(cells[place])]
    # "maxpool" alone is the kind of a layer whose name does not say it.
    cell = next((cell for cell in said if re.search(r"[+,;/&]|\band\b", cell)), "")
    # The op conv+maxpool+concat is that of a block, whose figures the key tells.
    return "" if "concat" in cell and head.places(TYPE) and cell == cells[head.places(TYPE)[0]] else cell
