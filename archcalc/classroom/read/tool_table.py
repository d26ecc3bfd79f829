"""The print of a tool: its rows become rows of a sheet, each with the op that it prints."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.classroom.read.noise import by_line
from archcalc.classroom.read.number import answer
from archcalc.classroom.read.tools import IGNORED, Tool, bare_heading, op_of, op_of_cut, without_tree
from archcalc.classroom.submission import Answer, AnswerRow, AnswerSheet, UnreadLine
from archcalc.errors import ArchcalcError, printable, short

NO_PARAMS = ("-", "--")
NOT_PRINTED = ("", "-", "--", "?", "_", "n/a", "multiple", "(recursive)", "unused")
"""Cells in which a tool prints nothing, in small letters."""

MAX_ROWS = 2_000
"""Rows of one print; each is compared with the rows below it and with the layers of the key."""

MOST_NAMED = 8
"""Names that a note lists."""

_SHAPES = re.compile(r"[(\[][^()\[\]]*[)\]]")
_SIZES = re.compile(r"[0-9]+")
_BATCH = re.compile(r"[\s(\[]*(?:None|\?|-1|[0-9]+)\s*[,x]\s*", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"[\s(\[]*(?:None|\?|-1)\s*,", re.IGNORECASE)
_BILLIONS = re.compile(r"(?<=[0-9 ])B\Z")

_UNITS = {"megabytes": "M", "gigabytes": "G", "terabytes": "T", "kilobytes": "K"}
_FIGURE = r"(?P<figure>[0-9][0-9.,]*(?: ?[KMGBT])?)"
_TOTALS: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(rf"Total params: {_FIGURE}(?: \([^()]*\))?\Z"), "params"),
    (re.compile(rf"{_FIGURE}\s+Total params\Z"), "params"),
    (re.compile(rf"Total mult-adds(?: \((?:Units\.)?(?P<unit>\w+)\))?: {_FIGURE}\Z"), "macs"),
    (re.compile(rf"Total FLOPs: {_FIGURE}\Z", re.IGNORECASE), "flops"),
    (re.compile(rf"{_FIGURE}\s+Total Flops\Z", re.IGNORECASE), "flops"),
    (re.compile(rf"Computational complexity:\s+{_FIGURE} ?(?P<unit>[KMGT]?)Macs?\Z"), "macs"),
    (re.compile(r"Number of parameters:\s+(?P<figure>[0-9.]+ ?[kMGB]?)\Z"), "params"),
    (re.compile(r"(?P<what>[\w/ -]+ params)(?: \([^()]*\))?: .*"), IGNORED),
    (
        re.compile(r"[0-9][0-9.,]*(?: ?[KMBT])?\s+(?P<what>(?:Total|Trainable|Non-trainable|Modules) .*)"),
        IGNORED,
    ),
    (
        re.compile(r"(?P<what>(?:Input|Forward/backward pass|Params|Estimated Total) Size) \(MB\): .*", re.I),
        IGNORED,
    ),
    (re.compile(r"(?P<what>Model size|Multiply-Accumulations|Direct memory accesses)\b.*"), IGNORED),
    (re.compile(r"(?P<what>(?:Module-formula|Operator) forward FLOPs|Diagnostics): .*"), IGNORED),
    (re.compile(r"(?P<what>Total estimated model params size|Modules in (?:train|eval) mode)\b.*"), IGNORED),
)
"""Lines below the table; what is not compared has no quantity."""


class _Row(NamedTuple):
    """A row as it is printed: its name without the tree in front of it, and how far it is indented."""

    line: int
    name: str
    kind: str
    indent: int
    cells: Mapping[str, str]


class ToolPrint:
    """Collects what one tool printed about one network."""

    def __init__(self, tool: Tool, line: int) -> None:
        self.tool = tool
        self.line = line
        self.rows: list[AnswerRow] = []
        self.totals: list[Answer] = []
        self.unread: list[UnreadLine] = []
        self.left_out: dict[str, None] = {}

    def sheet(self, name: str) -> AnswerSheet:
        notes = []
        if self.left_out:
            names = [short(text) for text in self.left_out]
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            notes.append(
                f"not compared in the print of {self.tool.key}: {', '.join(names[:MOST_NAMED])}{more}"
            )
        return AnswerSheet(
            name,
            "",
            tuple(self.rows),
            tuple(self.totals),
            by_line(self.unread),
            line=self.line,
            tool=self.tool.key,
            is_ordered=self.tool.is_ordered,
            notes=tuple(notes),
        )

    def read_table(self, headings: Sequence[str], table: Sequence[tuple[int, list[str]]]) -> None:
        """Read the rows of the table. Raises ArchcalcError if there are too many."""
        if len(table) > MAX_ROWS:
            raise ArchcalcError(f"a print of {self.tool.key} has more than {MAX_ROWS:,} rows")
        columns = [self.tool.columns[bare_heading(heading)] for heading in headings]
        rows = [self._row(line, columns, cells) for line, cells in table]
        for place, row in enumerate(rows):
            self._take(row, rows[place + 1 :], is_first=place == 0)

    def read_total(self, text: str, line: int) -> bool:
        """Read a line below the table; False if it does not belong to the print."""
        for pattern, quantity in _TOTALS:
            match = pattern.match(text.strip())
            if match is None:
                continue
            if quantity == IGNORED:
                self.left_out[match["what"]] = None
            else:
                unit = match.groupdict().get("unit") or ""
                figure = f"{match['figure']} {_UNITS.get(unit.lower(), unit)}".strip()
                self.totals.append(self._answer("", quantity, figure, line))
            return True
        return False

    def _row(self, line: int, columns: Sequence[str], cells: Sequence[str]) -> _Row:
        texts = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column}
        label = texts.pop("layer", "")
        bare = without_tree(label)
        match = self.tool.name.match(bare)
        parts = match.groupdict() if match else {}
        name = (parts.get("name") or bare).strip()
        return _Row(line, name, texts.pop("type", parts.get("kind") or ""), len(label) - len(bare), texts)

    def _take(self, row: _Row, below: Sequence[_Row], is_first: bool) -> None:
        """Take one row: a layer, the network, or a block of the layers below it."""
        printed = {what: cell for what, cell in row.cells.items() if cell.lower() not in NOT_PRINTED}
        op = op_of(row.kind)
        if not op and (self.tool.cuts_kinds or row.kind.endswith("…")):
            op = op_of_cut(row.kind, row.name)
        if self._is_network(row, is_first):
            self.totals += [
                self._answer("", what, cell, row.line) for what, cell in printed.items() if what != "output"
            ]
        elif row.name.startswith("- aten") or printed.get("params", "").startswith("("):
            self.left_out[row.name] = None  # an operation of a module, or the shape of an array
        elif op or (not row.kind and not _has_parts(row, below)):
            self._layer(row, op, printed)
        elif _has_parts(row, below) or not _has_figures(printed):
            self.left_out[row.name] = None
        else:
            why = f"{self.tool.key} prints a block of several layers as one row; print every layer"
            self.unread.append(
                UnreadLine(
                    row.line, short(row.name if row.kind in row.name else f"{row.name} {row.kind}"), why
                )
            )

    def _is_network(self, row: _Row, is_first: bool) -> bool:
        """Whether a row stands for the whole network."""
        if row.name.lower() in ("total", "model"):
            return True
        # torch.utils.flop_counter begins with the class of the network; its modules have dotted names.
        return (
            is_first
            and self.tool.key.startswith("torch.utils")
            and re.fullmatch(r"\w+", row.name) is not None
        )

    def _layer(self, row: _Row, op: str, printed: Mapping[str, str]) -> None:
        answers: list[Answer] = []
        options: dict[str, Any] = {}
        for what, cell in printed.items():
            if what in ("kernel", "groups"):
                sizes = tuple(map(int, _SIZES.findall(cell)))
                options[what] = sizes if len(sizes) > 1 else sizes[0]
            elif what == "output":
                given = self._output(row, op, cell)
                if given.given is None:
                    self.unread.append(UnreadLine(row.line, short(f"{row.name} output {cell}"), given.why))
                else:
                    answers.append(given)
            else:
                answers.append(self._answer(row.name, what, cell, row.line))
        # The key has a row for a pooling, so "--" below its params answers that it has none.
        if op.endswith("pool") and row.cells.get("params", "") in NO_PARAMS:
            answers.append(Answer(row.name, "params", row.cells["params"], row.line, None))
        self.rows.append(AnswerRow(printable(row.name), op, options, {}, tuple(answers), row.line))

    def _output(self, row: _Row, op: str, cell: str) -> Answer:
        """The volume of a row, without its batch and with the channels last."""
        if self.tool.has_placeholder and not _PLACEHOLDER.match(cell) and len(_SIZES.findall(cell)) == 3:
            return self._answer(row.name, "output", cell, row.line)  # typed, without a batch
        shapes = _SHAPES.findall(cell) or [cell]
        sizes = tuple(map(int, _SIZES.findall(_BATCH.sub("", shapes[0], count=1))))
        is_whole = cell.count("(") + cell.count("[") == cell.count(")") + cell.count("]")
        if len(set(shapes)) > 1 or not sizes or len(sizes) > 4 or not is_whole:
            why = "these are several volumes" if len(set(shapes)) > 1 else "this is not a whole volume"
            return Answer(row.name, "output", short(cell), row.line, None, why=why)
        # A sequence has its features last, unless a convolution made it.
        is_map = len(sizes) > 2 or op in ("conv", "deconv", "maxpool", "avgpool", "bn")
        if self.tool.sizes == "chw" and is_map:
            sizes = (*sizes[1:], sizes[0])
        return Answer(row.name, "output", short(cell), row.line, sizes)

    def _answer(self, layer: str, quantity: str, cell: str, line: int) -> Answer:
        return answer(layer, quantity, _BILLIONS.sub("G", cell), line)


def _has_parts(row: _Row, below: Sequence[_Row]) -> bool:
    """Whether the rows below are the layers of this block."""
    if below and below[0].indent > row.indent:
        return True
    parts = (other for other in below if other.name.startswith(f"{row.name}."))
    return any(not other.cells.get("params", "").startswith("(") for other in parts)


def _has_figures(printed: Mapping[str, str]) -> bool:
    """Whether a row has a figure that is not zero."""
    return any(cell.strip("0., ") for what, cell in printed.items() if what != "output")
