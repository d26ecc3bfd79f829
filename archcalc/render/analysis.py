"""The report of a table: as a table for people, as records, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archcalc.render.report import Report
from archcalc.results import Analysis
from archcalc.results.folding import fold

if TYPE_CHECKING:
    from archcalc.render.grid import Grid


def report(
    analysis: Analysis,
    *,
    depth: int | str | None = None,
    columns: Sequence[str] | str | None = None,
    shares: bool = False,
    units: str = "exact",
    layout: str = "hwc",
) -> Report:
    """The report of a table. Raises ArchcalcError for a column that does not exist.

    ``depth`` folds rows by scope. Records have a row for every layer and every column, unless others are
    asked for.
    """
    apart = depth or "all"

    def table(depth: int | str | None, every: bool) -> Grid:
        # JSON has no columns and no grid.
        from archcalc.render.columns import Style
        from archcalc.render.layers import grid

        rows = fold(analysis.layers, depth)
        return grid(analysis, rows, Style(units, layout), columns, shares=shares, every=every)

    if columns is not None:
        from archcalc.render.columns import choose

        # Also JSON refuses a column that does not exist.
        choose(columns, analysis, shares)
    return Report(
        lambda: table(depth, every=False),
        lambda: analysis.json_data(fold(analysis.layers, apart), layout),
        lambda: table(apart, every=True),
    )
