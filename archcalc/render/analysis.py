"""The report of a table: as a table for people, as records, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archcalc.errors import ArchcalcError, short
from archcalc.render.report import Report
from archcalc.results import Analysis, Layer
from archcalc.results.folding import LAYERS, fold, folded_rows, is_depth, readable_depth, row_paths

if TYPE_CHECKING:
    from archcalc.render.grid import Grid


def report(
    analysis: Analysis,
    *,
    depth: int | str | None = None,
    columns: Sequence[str] | str | None = None,
    shares: bool = False,
    units: str = "exact",
    digits: int | None = None,
    layout: str = "hwc",
    notes: bool = False,
) -> Report:
    """The report of a table. Raises ArchcalcError for a column or a depth that does not exist.

    ``depth`` folds rows by scope: a number of levels, "layers" (a row for each layer) or "all" (a row for
    each op). Without it, records have a row for each op, and people get about 40 rows at most. ``notes``
    says in full how everything is counted.
    """

    def table(depth: int | str) -> Grid:
        # JSON has no columns and no grid.
        from archcalc.render.columns import Style, choose
        from archcalc.render.layers import grid
        from archcalc.render.units import with_digits

        rows = fold(analysis.layers, depth)
        shown = choose(columns, analysis, shares)
        if analysis.counted is not None:
            from archcalc.render.counted import column

            shown.append(column(analysis, analysis.counted, depth))
        folded = _folded(analysis.layers, depth)
        style = Style(with_digits(units, digits), layout, digits)
        return grid(analysis, rows, shown, style, folded=folded, explained=notes)

    if depth is not None and not is_depth(depth):
        raise ArchcalcError(
            f"depth is a whole number of at least 1, 'layers' or 'all', not {short(repr(depth))}"
        )
    apart = "all" if depth is None else depth
    if columns is not None:
        from archcalc.render.columns import choose

        # Also JSON refuses a column that does not exist.
        choose(columns, analysis, shares)
    return Report(
        lambda: table(readable_depth(analysis.layers) if depth is None else depth),
        lambda: analysis.json_data(fold(analysis.layers, apart), layout),
        lambda: _records(table(apart)),
    )


def _records(table: Grid) -> Grid:
    """The table with its row of totals as a record."""
    rows = (*table.rows, *([table.totals] if table.totals else []))
    return table._replace(rows=rows, totals=None, ends=(0, len(rows) - 1))


def _folded(layers: Sequence[Layer], depth: int | str) -> str:
    """How many rows stand for several layers, and how to see these; empty if none does."""
    count = folded_rows(layers, depth)
    if not count:
        return ""
    by_layer, by_op = len(row_paths(layers, LAYERS)), len(layers)
    blocks = "1 block" if count == 1 else f"{count} blocks"
    if by_layer == by_op:
        return f"{blocks} folded: --depth all shows {by_op} rows."
    return f"{blocks} folded: --depth layers shows {by_layer} rows, --depth all shows {by_op}."
