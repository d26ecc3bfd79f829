"""Times beside the roofline: runs, layers, several results side by side, and how well the roofline does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head, Report
from archcalc.results import FORMAT
from archcalc.results.time import ErrorSummary, ModelError, TimedLayer, TimedRun, TimeSpan, Timing

_WORK = (
    Head("flops", "FLOPs", keep=60),
    Head("bytes", "bytes", keep=50),
    Head("intensity", "FLOP/byte", keep=70),
    Head("predicted_ms", "predicted ms", keep=95),
    Head("bound", "bound by", numeric=False, keep=90),
)
_CLOCK = (
    Head("measured_ms", "measured ms", keep=98),
    Head("spread_ms", "quartiles", keep=40),
    Head("rate", "FLOP/s", keep=75),
    Head("share", "of roofline", keep=97),
)
_JUDGED = (
    Head("name", "", numeric=False, keep=100),
    Head("things", "things", keep=60),
    Head("predicted_ms", "predicted ms", keep=50),
    Head("measured_ms", "measured ms", keep=55),
    Head("median", "measured/predicted", keep=98),
    Head("quartiles", "quartiles", keep=90),
    Head("rank_correlation", "rank correlation", keep=95),
    Head("worst", "missed most", numeric=False, keep=40),
)
MODEL = (
    "Predicted: the larger of FLOPs over the rate and bytes over the bandwidth, layer by layer, added up.",
    "Bytes: inputs, stored arrays and output of every layer, each once. Views and dropout take nothing.",
)
MEASURED = "Measured: the median of many passes of random values, and quartiles; layers read up to 16 inputs in turn."


def report(timings: Sequence[Timing], judgement: ModelError | None, layers: bool = False) -> Report:
    """One timing with its runs, or several side by side with what they say of the roofline."""
    if len(timings) == 1:
        only = timings[0]
        return Report(lambda: _one(only, layers, judgement), only.as_json)
    return Report(lambda: _several(timings, judgement), lambda: as_json(timings, judgement))


def as_json(timings: Sequence[Timing], judgement: ModelError | None) -> dict[str, Any]:
    """Several timings as one document, which ``--from`` reads again."""
    times = [timing.as_json() for timing in timings]
    return {"format": FORMAT, "times": times, **({"judgement": judgement.as_json()} if judgement else {})}


def _one(timing: Timing, layers: bool, judgement: ModelError | None) -> Grid:
    clock = any(run.measured or run.failed for run in timing.runs)
    heads = (Head("batch", "batch", keep=100), Head("dtype", "dtype", numeric=False, keep=99), *_heads(clock))
    tables = [_layer_grid(timing, run) for run in timing.runs if layers or run.layers_ms is not None]
    if judgement and any(run.layers_ms is not None for run in timing.runs):
        tables.append(_judged_grid("The roofline by op", judgement.ops))
    return Grid(
        _title(timing),
        heads,
        tuple(
            (Cell(run.batch, str(run.batch)), Cell(run.dtype, _dtype(run)), *_run(run, clock))
            for run in timing.runs
        ),
        facts=tuple(_facts(timing)),
        notes=(*_failures(timing), *MODEL, *((MEASURED,) if clock else ())),
        also=tuple(tables),
    )


def _title(timing: Timing) -> str:
    """What ran where; ceilings that were not measured there are named."""
    where, title = timing.environment.get("device"), timing.device.title
    against = f", against the ceilings of {title}" if where and where != title else ""
    return f"{timing.network} on {where or title}{against}"


def _several(timings: Sequence[Timing], judgement: ModelError | None) -> Grid:
    heads = (
        Head("network", "network", numeric=False, keep=100),
        Head("batch", "batch", keep=99),
        Head("dtype", "dtype", numeric=False, keep=98),
        *_heads(True),
        Head("device", "device", numeric=False, keep=85),
        Head("against_first", "times the first", keep=80),
    )
    first: dict[tuple[str, int, str], float] = {}
    rows = []
    for timing in timings:
        for run in timing.runs:
            own = run.measured.median if run.measured else None
            base = first.setdefault((timing.network, run.batch, _dtype(run)), own or 0.0)
            rows.append(
                (
                    Cell(timing.network, timing.network),
                    Cell(run.batch, str(run.batch)),
                    Cell(run.dtype, _dtype(run)),
                    *_run(run, True),
                    Cell(device := timing.environment.get("device") or timing.device.name, device),
                    _number(own / base if own and base else None),
                )
            )
    judged = judgement if judgement and judgement.networks.things else None
    if len(first) == sum(len(timing.runs) for timing in timings):  # nothing stands beside anything
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    return Grid(
        _counted(len({timing.network for timing in timings})),
        heads,
        tuple(rows),
        facts=tuple(_shared_facts(timings)),
        notes=(*(line for timing in timings for line in _failures(timing)), *MODEL, MEASURED),
        also=tuple(_judgement_grids(judged)) if judged else (),
    )


def _counted(networks: int) -> str:
    return f"{networks} network{'' if networks == 1 else 's'}"


def _judgement_grids(judgement: ModelError) -> Iterator[Grid]:
    yield _judged_grid("The roofline over whole passes", [judgement.networks])
    if judgement.ops:
        yield _judged_grid("The roofline by op", judgement.ops)
        yield _judged_grid("The roofline by what bounds a layer", judgement.bounds)


def _judged_grid(title: str, judged: Sequence[ErrorSummary]) -> Grid:
    return Grid(title, _JUDGED, tuple(map(_judged, judged)))


def _judged(one: ErrorSummary) -> tuple[Cell, ...]:
    quartiles = None if one.low is None or one.high is None else f"{decimal(one.low)} .. {decimal(one.high)}"
    worst = f"{one.worst.name}: {decimal(one.worst.ratio)}" if one.worst else units.NONE
    return (
        Cell(one.name, one.name),
        Cell(one.things, str(one.things)),
        _number(one.predicted_ms),
        _number(one.measured_ms),
        _number(one.median),
        Cell([one.low, one.high] if quartiles else None, quartiles or units.NONE),
        Cell(
            one.rank_correlation,
            units.NONE if one.rank_correlation is None else f"{one.rank_correlation:.2f}",
        ),
        Cell(worst, worst),
    )


def _heads(clock: bool) -> tuple[Head, ...]:
    return (*_WORK, *_CLOCK) if clock else _WORK


def _dtype(run: TimedRun) -> str:
    return f"{run.dtype} (tf32)" if run.tf32 and run.dtype == "float32" else run.dtype


def _run(run: TimedRun, clock: bool) -> tuple[Cell, ...]:
    return _cells(run.flops, run.bytes, run.predicted_ms, run.bound, run.measured, clock)


def _layer_grid(timing: Timing, run: TimedRun) -> Grid:
    clock = run.layers_ms is not None
    heads = (
        Head("path", "layer", numeric=False, keep=100),
        Head("op", "op", numeric=False, keep=85),
        *_heads(clock),
    )
    busy = [layer for layer in run.layers if layer.predicted_ms]
    return Grid(
        f"{timing.network}, batch {run.batch}, {_dtype(run)}",
        heads,
        tuple(
            (Cell(layer.path, layer.path), Cell(layer.op, layer.op), *_layer(layer, clock)) for layer in busy
        ),
        totals=(Cell("total", "total"), Cell(None, ""), *_layers_total(run, clock)),
    )


def _layer(layer: TimedLayer, clock: bool) -> tuple[Cell, ...]:
    return _cells(layer.flops, layer.bytes, layer.predicted_ms, layer.bound, layer.measured, clock)


def _layers_total(run: TimedRun, clock: bool) -> tuple[Cell, ...]:
    total = run.layers_ms
    span = None if total is None else TimeSpan(total, total, total)
    cells = [*_cells(run.flops, run.bytes, run.predicted_ms, run.bound, span, clock)]
    if clock:
        cells[len(_WORK) + 1] = Cell(None, "")
    return tuple(cells)


def _cells(
    flops: int, moved: int, predicted: float, bound: str, span: TimeSpan | None, clock: bool
) -> tuple[Cell, ...]:
    work = (
        Cell(flops, units.count(flops, "auto")),
        Cell(moved, units.size(moved, "auto")),
        _number(flops / moved if moved else None),
        _number(predicted),
        Cell(bound, bound),
    )
    if not clock:
        return work
    if span is None:
        return (*work, *[Cell(None, units.NONE)] * len(_CLOCK))
    rate = 1000 * flops / span.median if span.median else 0.0
    share = predicted / span.median if span.median else None
    return (
        *work,
        _number(span.median),
        Cell([span.low, span.high], f"{decimal(span.low)} .. {decimal(span.high)}"),
        Cell(rate, units.count(round(rate), "auto")),
        Cell(share, units.NONE if share is None else f"{100 * share:.1f}%"),
    )


def _number(value: float | None) -> Cell:
    return Cell(value, units.NONE if value is None else decimal(value))


def decimal(value: float) -> str:
    """Three significant digits, and every digit before the point.

    >>> decimal(0.01234), decimal(1.5), decimal(2598.6), decimal(0), decimal(0.0000123)
    ('0.0123', '1.50', '2,599', '0', '0.0000123')
    """
    if not value:
        return "0"
    places = 2
    size = abs(value)
    while size >= 10 and places:
        places, size = places - 1, size / 10
    while size < 1:
        places, size = places + 1, size * 10
    return f"{value:,.{places}f}"


def rate(value: int) -> str:
    """FLOP/s or bytes per second, without the unit.

    >>> rate(1581056000000), rate(192384000000)
    ('1.581 T', '192.4 G')
    """
    return f"{value / 1e12:.4g} T" if value >= 10**12 else f"{value / 1e9:.4g} G"


def _facts(timing: Timing) -> Iterator[tuple[str, str]]:
    yield "ceilings", _ceilings(timing)
    yield "ceilings from", timing.device.source
    for run in timing.runs:
        label = f"batch {run.batch}, {_dtype(run)}"
        if run.graph:
            yield label, f"{decimal(run.graph.median)} ms as a CUDA graph"
        if run.fused_ms < run.predicted_ms:
            yield label, f"{decimal(run.fused_ms)} ms predicted with what follows a layer merged into it"
    yield from _environment(timing)


def _shared_facts(timings: Sequence[Timing]) -> Iterator[tuple[str, str]]:
    seen: dict[tuple[str, str], None] = {}
    for timing in timings:
        for fact in (("ceilings", f"{timing.device.name}: {_ceilings(timing)}"), *_environment(timing)):
            seen[fact] = None
    yield from seen


def _environment(timing: Timing) -> Iterator[tuple[str, str]]:
    found = timing.environment
    if not found:
        return
    versions = " ".join(
        f"{name} {found[name]}" for name in ("torch", "cuda", "cudnn", "driver") if found.get(name)
    )
    yield "measured on", f"{found.get('device')}, {found.get('date')}, {versions}"
    named = ("threads", "tf32", "cudnn_benchmark", "channels_last", "flush_denormal", "capability")
    yield (
        "settings",
        ", ".join(f"{name} {_word(found[name])}" for name in named if found.get(name) is not None),
    )


def _word(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _ceilings(timing: Timing) -> str:
    """The rates that the runs are held against."""
    device = timing.device
    parts = []
    for run in timing.runs:
        macs, others = device.mac_rate(run.dtype, run.tf32), device.other_rate(run.dtype)
        also = f" of MACs, {rate(others)}FLOP/s of the rest" if macs != others else ""
        parts.append(f"{_dtype(run)} {rate(macs)}FLOP/s{also}")
    return "; ".join([*dict.fromkeys(parts), f"{rate(device.bandwidth)}B/s"])


def _failures(timing: Timing) -> Iterator[str]:
    for run in timing.runs:
        if run.failed:
            yield f"{timing.network}, batch {run.batch}, {run.dtype}: {run.failed}"
