"""The numbers of a document with their explanations, as a table."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.reconcile import form_of, siblings_of
from archcalc.render.report import Report
from archcalc.results.conventions import JudgedColumn, JudgedDocument, JudgedRow

_HEADS = (
    Head("line", "line", keep=60),
    Head("network", "network", numeric=False, keep=90, least=9),
    Head("column", "column", numeric=False, keep=65, least=6),
    Head("number", "number", numeric=False, keep=95),
    Head("agrees", "agrees", numeric=False, keep=99),
    Head("conventions", "convention", numeric=False, keep=98, least=10),
    Head("value", "value", keep=92),
    Head("form", "if", numeric=False, keep=70, least=8),
)
"""What the document says goes before what is answered, where room is short."""

MOST_CONVENTIONS = 3
MOST_OF_A_COLUMN = 5
MOST_NOT_JUDGED = 5


def report(judged: JudgedDocument) -> Report:
    """The document as a report."""

    def grid() -> Grid:
        explained = sum(row.ok for row in judged.judged)
        total = len(judged.judged)
        numbers = "number" if total == 1 else "numbers"
        of = f"print of {judged.tool}, " if judged.tool else ""
        title = f"{judged.file}: {of}{explained} of {total} {numbers} explained"
        return Grid(
            title,
            _HEADS,
            tuple(map(_row, judged.judged)),
            facts=tuple(_column(column) for column in judged.columns if column.column and column.numbers > 1),
            notes=tuple(_notes(judged)),
            tone="good" if judged.ok else "bad",
        )

    return Report(grid, judged.as_json)


def _row(row: JudgedRow) -> tuple[Cell, ...]:
    facts = [
        Cell(row.line, str(row.line)),
        *(Cell(text, text) for text in (row.network, row.column, row.number)),
    ]
    return (*facts, *_verdict(row))


def _verdict(row: JudgedRow) -> tuple[Cell, ...]:
    if row.explained is None:
        return _cells("?", row.why, None, "")
    if row.explained.siblings:
        other = row.explained.siblings[0]
        return _cells("no", f"but of {siblings_of(row.explained)}", other.value, "another network")
    if not row.ok:
        near = next(iter(row.explained.nearest), None)
        return _cells("no", f"nearest: {near.counted.convention}" if near else "", near and near.value, "")
    best = row.explained.explanations[0]
    # A form of its own (another size, a batch) is told; the network as it is needs no words.
    form = form_of(best)
    return _cells(
        "exactly" if best.exact else "as printed",
        _named(row.conventions),
        best.value,
        "" if form == best.network and best.network == row.network else form,
    )


def _cells(agrees: str, conventions: str, value: int | None, form: str) -> tuple[Cell, ...]:
    number = Cell("", "") if value is None else Cell(value, f"{value:,}")
    return Cell(agrees, agrees), Cell(conventions, conventions), number, Cell(form, form)


def _named(conventions: tuple[str, ...]) -> str:
    shown, more = conventions[:MOST_CONVENTIONS], len(conventions) - MOST_CONVENTIONS
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _column(column: JudgedColumn) -> tuple[str, str]:
    """How many numbers of a column each convention gives."""
    best = list(column.conventions.items())[:MOST_OF_A_COLUMN]
    told = ", ".join(f"{name} {count}" for name, count in best)
    return column.column, f"of {column.numbers}: {told}" if told else "no convention gives any number"


def _notes(judged: JudgedDocument) -> Iterator[str]:
    for part in judged.not_judged[:MOST_NOT_JUDGED]:
        yield f"Not judged: line {part.line}, {part.text}: {part.why}."
    if (more := len(judged.not_judged) - MOST_NOT_JUDGED) > 0:
        yield f"and {more} more that are not judged: --format json has all."
    if judged.tool:
        yield "Of a print only the totals are judged: no layers, and no sizes in MB."
    if any(row.explained and not row.ok for row in judged.judged):
        yield "More about one number: archcalc reconcile NETWORK NUMBER."
