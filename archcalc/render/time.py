"""Predicted and measured times as tables: the runs of a network, its layers, and several results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.model_error import grid_by_op, grids
from archcalc.render.report import Report
from archcalc.render.time_cells import decimal, number_cell
from archcalc.render.time_facts import dtype_of, facts, shared_facts
from archcalc.results.time import (
    FLOAT32,
    HowRun,
    ModelError,
    TimedLayer,
    TimedRun,
    TimeSpan,
    Timing,
    TimingTable,
)

_WORK = (
    Head("flops", "FLOPs", keep=60),
    Head("bytes", "bytes", keep=50),
    Head("intensity", "FLOP/byte", keep=70),
)
_OF_RUN = (
    *_WORK,
    Head("lower_bound_ms", "at least ms", keep=94),
    Head("expected_ms", "expected ms", keep=96),
    Head("bound_by", "bound by", numeric=False, keep=90),
)
_OF_LAYER = (
    *_WORK,
    Head("predicted_ms", "roofline ms", keep=95),
    Head("bound", "bound by", numeric=False, keep=90),
)
_MEASURED = (
    Head("measured_ms", "measured ms", keep=98),
    Head("spread_ms", "quartiles", keep=40),
    Head("rate", "FLOP/s", keep=75),
    Head("share", "of roofline", keep=97),
)
_DEFAULT = (
    "No --device was named, so this is for {}. 'archcalc device' lists others; --device cpu measures here."
)
MODEL = (
    "At least: every layer fused with its followers, at the printed peak rates of the device.",
    "Expected: the larger of launching the kernels and running them at the rates that programs reach.",
)
ROOFLINE = (
    "Roofline: for each layer the larger of FLOPs / rate and bytes / bandwidth.",
    "Bytes: inputs, stored arrays and output of every layer, each once. Views and dropout take no time.",
)
TF32 = (
    "TF32: float32 products of convolutions run as TF32, as PyTorch's do by default; --no-tf32 turns it off."
)
MEASURED = (
    "Measured: median and quartiles of many passes with random values; a layer reads up to 16 inputs in turn."
)


def report(timing: Timing, *, layers: bool = False) -> Report:
    """One timing with its runs; ``layers`` adds every layer."""
    return Report(lambda: _single(timing, layers, None), timing.as_json)


def table(timings: TimingTable, *, layers: bool = False, by_default: bool = False) -> Report:
    """One timing with its runs, or several side by side, with the error of the roofline. ``by_default`` says
    that no device was named.
    """
    if len(timings.timings) == 1:
        (timing,) = timings.timings
        first = (_DEFAULT.format(timing.device.name),) if by_default and not timing.environment else ()
        return Report(lambda: _single(timing, layers, timings.error, first), timings.as_json)
    return Report(lambda: _side_by_side(timings.timings, timings.error), timings.as_json)


def _single(timing: Timing, layers: bool, error: ModelError | None, first: tuple[str, ...] = ()) -> Grid:
    measured = any(run.measured or run.failed for run in timing.runs)
    heads = (
        Head("batch", "batch", keep=100),
        Head("dtype", "dtype", numeric=False, keep=99),
        *_heads(_OF_RUN, measured),
    )
    tables = [_layer_grid(timing, run) for run in timing.runs if layers or run.layers_ms is not None]
    if error and any(run.layers_ms is not None for run in timing.runs):
        tables.append(grid_by_op(error))
    return Grid(
        _title(timing),
        heads,
        tuple(
            (Cell(run.batch, str(run.batch)), Cell(run.dtype, dtype_of(run)), *_run(run, measured))
            for run in timing.runs
        ),
        facts=tuple(facts(timing)),
        notes=(
            *first,
            *_failures(timing),
            *_notes([timing], bool(tables), measured),
        ),
        also=tuple(tables),
    )


def _notes(timings: Sequence[Timing], layers: bool, measured: bool) -> Iterator[str]:
    """What the numbers mean, as far as the tables have them."""
    runs = [run for timing in timings for run in timing.runs]
    yield from MODEL
    yield from ROOFLINE if layers else ROOFLINE[1:]
    if any(run.tf32 and run.dtype == FLOAT32 for run in runs):
        yield TF32
    if measured:
        yield MEASURED


def _title(timing: Timing) -> str:
    """The network and the device; also the device of the peak rates, if that is another one."""
    where, title = timing.environment.get("device"), timing.device.title
    other = f", compared with the peak rates of {title}" if where and where != title else ""
    how = {run.how for run in timing.runs}
    manner = f", {_manner(*how)}" if len(how) == 1 and not where else ""
    return f"{timing.network} on {where or title}{other}{manner}"


def _manner(how: HowRun) -> str:
    """What is run, and how: ``training step (momentum), eager, nchw``."""
    task = f"training step ({how.train})" if how.train else "forward pass"
    return f"{task}, {how.framework}, {how.layout}"


def _side_by_side(timings: Sequence[Timing], error: ModelError | None) -> Grid:
    heads: tuple[Head, ...] = (
        Head("network", "network", numeric=False, keep=100),
        Head("batch", "batch", keep=99),
        Head("dtype", "dtype", numeric=False, keep=98),
        *_heads(_OF_RUN, True),
        Head("device", "device", numeric=False, keep=85),
        Head("against_first", "times the first", keep=80),
    )
    # The first time of each network, batch and dtype; 0 if the first run has no time.
    first: dict[tuple[str, int, str], float] = {}
    rows = []
    for timing in timings:
        for run in timing.runs:
            median = run.measured.median if run.measured else 0.0
            base = first.setdefault((timing.network, run.batch, dtype_of(run)), median)
            rows.append(_comparison(timing, run, median / base if median and base else None))
    if len(rows) == len(first):  # no run has another one to compare with
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    failures = [line for timing in timings for line in _failures(timing)]
    return Grid(
        _counted(len({timing.network for timing in timings})),
        heads,
        tuple(rows),
        facts=tuple(shared_facts(timings)),
        notes=(*failures, *_notes(timings, False, True)),
        also=tuple(grids(error)) if error and error.networks.things else (),
    )


def _comparison(timing: Timing, run: TimedRun, ratio: float | None) -> tuple[Cell, ...]:
    device = timing.environment.get("device") or timing.device.name
    return (
        Cell(timing.network, timing.network),
        Cell(run.batch, str(run.batch)),
        Cell(run.dtype, dtype_of(run)),
        *_run(run, True),
        Cell(device, device),
        number_cell(ratio),
    )


def _counted(networks: int) -> str:
    return f"{networks} network{'' if networks == 1 else 's'}"


def _heads(work: Sequence[Head], measured: bool) -> tuple[Head, ...]:
    return (*work, *(_MEASURED if measured else ()))


def _run(run: TimedRun, measured: bool) -> tuple[Cell, ...]:
    return (
        *_work(run.flops, run.bytes),
        number_cell(run.lower_bound_ms),
        number_cell(run.expected_ms),
        Cell(run.bound_by or None, run.bound_by or units.NONE),
        *_times(run.flops, run.predicted_ms, run.measured, measured),
    )


def _layer_grid(timing: Timing, run: TimedRun) -> Grid:
    measured = run.layers_ms is not None
    heads = (
        Head("path", "layer", numeric=False, keep=100),
        Head("op", "op", numeric=False, keep=85),
        *_heads(_OF_LAYER, measured),
    )
    # Views and dropout take no time, so they get no row.
    busy = [layer for layer in run.layers if layer.predicted_ms]
    return Grid(
        f"{timing.network}, batch {run.batch}, {dtype_of(run)}",
        heads,
        tuple(
            (Cell(layer.path, layer.path), Cell(layer.op, layer.op), *_layer(layer, measured))
            for layer in busy
        ),
        totals=(Cell("total", "total"), Cell(None, ""), *_layers_total(run, measured)),
    )


def _layer(layer: TimedLayer, measured: bool) -> tuple[Cell, ...]:
    return (
        *_roofline(layer.flops, layer.bytes, layer.predicted_ms, layer.bound),
        *_times(layer.flops, layer.predicted_ms, layer.measured, measured),
    )


def _layers_total(run: TimedRun, measured: bool) -> tuple[Cell, ...]:
    total = run.layers_ms
    span = None if total is None else TimeSpan(total, total, total)
    times = [*_times(run.flops, run.predicted_ms, span, measured)]
    if measured:
        times[1] = Cell(None, "")  # a sum of medians has no quartiles
    return (*_roofline(run.flops, run.bytes, run.predicted_ms, run.bound), *times)


def _work(flops: int, moved: int) -> tuple[Cell, ...]:
    return (
        Cell(flops, units.count(flops, "auto")),
        Cell(moved, units.size(moved, "auto")),
        number_cell(flops / moved if moved else None),
    )


def _roofline(flops: int, moved: int, predicted: float, bound: str) -> tuple[Cell, ...]:
    return (*_work(flops, moved), number_cell(predicted), Cell(bound, bound))


def _times(flops: int, predicted: float, span: TimeSpan | None, measured: bool) -> tuple[Cell, ...]:
    """The measured time of a run or layer; no cells in a table without any."""
    if not measured:
        return ()
    if span is None:
        return (Cell(None, units.NONE),) * len(_MEASURED)
    # Times are in milliseconds, rates per second; a clock may measure 0 for a tiny layer.
    rate = 1000 * flops / span.median if span.median else 0.0
    share = predicted / span.median if span.median else None
    return (
        number_cell(span.median),
        Cell([span.low, span.high], f"{decimal(span.low)} .. {decimal(span.high)}"),
        Cell(rate, units.count(round(rate), "auto")),
        Cell(share, units.NONE if share is None else f"{100 * share:.1f}%"),
    )


def _failures(timing: Timing) -> Iterator[str]:
    for run in timing.runs:
        if run.failed:
            yield f"{timing.network}, batch {run.batch}, {run.dtype}: {run.failed}"
