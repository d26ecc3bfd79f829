"""How far the roofline is off, as tables: for whole passes, by op, and by what bounds a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.time_cells import decimal, number_cell
from archcalc.results.time import ErrorSummary, ModelError

_HEADS = (
    Head("name", "", numeric=False, keep=100),
    Head("things", "count", keep=60),
    Head("predicted_ms", "predicted ms", keep=50),
    Head("measured_ms", "measured ms", keep=55),
    Head("median", "measured/predicted", keep=98),
    Head("quartiles", "quartiles", keep=90),
    Head("rank_correlation", "rank correlation", keep=95),
    Head("worst", "largest", numeric=False, keep=40),
)


def grids(error: ModelError) -> Iterator[Grid]:
    """All tables of several timings."""
    yield _grid("Error of the roofline: whole passes", [error.networks])
    if error.ops:
        yield grid_by_op(error)
        yield _grid("Error of the roofline: layers by what bounds them", error.bounds)


def grid_by_op(error: ModelError) -> Grid:
    """The table of a single timing."""
    return _grid("Error of the roofline: layers by op", error.ops)


def _grid(title: str, summaries: Sequence[ErrorSummary]) -> Grid:
    return Grid(title, _HEADS, tuple(map(_row, summaries)))


def _row(summary: ErrorSummary) -> tuple[Cell, ...]:
    quartiles = (
        None
        if summary.low is None or summary.high is None
        else f"{decimal(summary.low)} .. {decimal(summary.high)}"
    )
    worst = f"{summary.worst.name}: {decimal(summary.worst.ratio)}" if summary.worst else units.NONE
    return (
        Cell(summary.name, summary.name),
        Cell(summary.things, str(summary.things)),
        number_cell(summary.predicted_ms),
        number_cell(summary.measured_ms),
        number_cell(summary.median),
        Cell([summary.low, summary.high] if quartiles else None, quartiles or units.NONE),
        Cell(
            summary.rank_correlation,
            units.NONE if summary.rank_correlation is None else f"{summary.rank_correlation:.2f}",
        ),
        Cell(worst, worst),
    )
