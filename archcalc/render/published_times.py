"""Published times as a table: each beside the bound and the expected time of its device."""

from __future__ import annotations

from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.render.time_cells import decimal, number_cell, rate
from archcalc.results.published_times import CheckedTime, CheckedTimes

_HEADS = (
    Head("network", "network", numeric=False, keep=100),
    Head("device", "device", numeric=False, keep=80),
    Head("batch", "batch", keep=70),
    Head("dtype", "dtype", numeric=False, keep=60),
    Head("published_ms", "published ms", keep=95),
    Head("lower_bound_ms", "at least ms", keep=90),
    Head("expected_ms", "expected ms", keep=85),
    Head("ratio", "published/expected", keep=93),
    Head("verdict", "", numeric=False, keep=98),
)

IMPOSSIBLE = (
    "Impossible: faster than the device can compute it, by any known algorithm. The table has another "
    "device, batch, precision or network than it says."
)


def report(checked: CheckedTimes) -> Report:
    """All times, with what is impossible about some."""
    return Report(lambda: _grid(checked), checked.as_json)


def _grid(checked: CheckedTimes) -> Grid:
    count, impossible = len(checked.times), checked.impossible
    times = f"{count:,} time{'s' if count > 1 else ''}"
    verdict = f"{impossible:,} impossible" if impossible else "none impossible"
    facts = []
    if checked.median is not None:
        facts.append(("published/expected", f"median {decimal(checked.median)}"))
    if checked.spread is not None:
        facts.append(("spread", f"{checked.spread:.2f}, the standard deviation of its natural logarithm"))
    return Grid(
        f"{checked.name}: {times}, {verdict}",
        _HEADS,
        tuple(map(_row, checked.times)),
        facts=tuple(facts),
        notes=(IMPOSSIBLE,),
        tone="bad" if impossible else "good",
    )


def _row(time: CheckedTime) -> tuple[Cell, ...]:
    task = " training" if time.train else ""
    return (
        Cell(time.network, f"{time.network}{task}"),
        Cell(time.device, time.device),
        Cell(time.batch, str(time.batch)),
        Cell(time.dtype, time.dtype),
        number_cell(time.published_ms),
        number_cell(time.lower_bound_ms),
        number_cell(time.expected_ms),
        number_cell(time.ratio),
        Cell("possible" if time.possible else "impossible", _verdict(time), tone="bad"),
    )


def _verdict(time: CheckedTime) -> str:
    if time.possible:
        return ""
    if time.rate > time.peak:
        return f"impossible: {rate(round(time.rate))}FLOP/s on a device with {rate(time.peak)}"
    return "impossible: below the lower bound"
