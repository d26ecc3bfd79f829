"""Whether a network fits on a device, as tables: the parts of each memory figure, and the largest batch."""

from __future__ import annotations

from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head, Tone
from archcalc.render.report import Report
from archcalc.results.fit import Demand, Fit


def report(fit: Fit) -> Report:
    """All figures of memory, each with its verdict."""
    return Report(lambda: _grid(fit), fit.as_json)


def verdict(fit: Fit) -> str:
    """The verdict by the first figure, in a sentence."""
    demand = fit.demands[0]
    on = fit.device.name if fit.gpus == 1 else f"each of {fit.gpus} {fit.device.name}"
    how = f"{'does not fit' if not fit.ok else 'fits'} on {on}"
    need = f"{units.binary(demand.at(fit.batch))} of {units.binary(fit.available)} available"
    return f"{fit.network}, batch {fit.batch}, {fit.dtype}, {_task(fit)}: {how}, {need}"


def _task(fit: Fit) -> str:
    return f"training with {fit.train}" if fit.train else "inference"


def _grid(fit: Fit) -> Grid:
    first, *more = (_parts(fit, demand) for demand in fit.demands)
    notes = [f"{demand.name}: {demand.says}." for demand in fit.demands]
    notes += _assumptions(fit)
    if fit.gpus > 1:
        notes.append(
            "Each GPU holds its share of all channels and weights, "
            "and the channels that its layers read from the other GPUs."
        )
    facts = tuple((demand.name, _verdict(fit, demand)) for demand in fit.demands)
    return first._replace(
        title=verdict(fit),
        also=tuple(more),
        facts=facts,
        notes=tuple(notes),
        tone="good" if fit.ok else "bad",
    )


def _assumptions(fit: Fit) -> list[str]:
    """What is not there for the network, and how activations are taken."""
    says = (
        f"Available: {units.binary(fit.available)} of {units.binary(fit.device.memory)}, without "
        f"{units.binary(fit.reserve)} for the CUDA context and workspaces (--reserve) "
        f"and {fit.fragmentation}% for fragmentation (--fragmentation)."
    )
    notes = [says]
    if fit.train and fit.in_place:
        notes.append("ReLU and other activations write over their input; --relu copies counts them apart.")
    if fit.train and not fit.in_place:
        notes.append("ReLU and other activations have memory of their own, and their inputs are kept.")
    return notes


def _parts(fit: Fit, demand: Demand) -> Grid:
    rows = tuple(
        (
            Cell(part.name, part.name),
            Cell(size := part.at(fit.batch), f"{size:,}"),
            Cell(units.binary(size), units.binary(size)),
        )
        for part in demand.parts
        if part.at(fit.batch)
    )
    total = demand.at(fit.batch)
    tone: Tone = "good" if total <= fit.device.memory else "bad"
    totals = (
        Cell("total", "total"),
        Cell(total, f"{total:,}"),
        Cell(None, units.binary(total), tone=tone),
    )
    heads = (
        Head("part", demand.name, numeric=False, keep=100),
        Head("bytes", "bytes", keep=90),
        Head("size", "", keep=95),
    )
    return Grid("", heads, rows, totals=totals)


def _verdict(fit: Fit, demand: Demand) -> str:
    left = fit.available - demand.at(fit.batch)
    fits = (
        f"fits, {units.binary(left)} to spare"
        if left >= 0
        else f"does not fit, {units.binary(-left)} too much"
    )
    most = demand.largest_batch
    if most is None:
        return f"{fits}; any batch fits"
    largest = f"the largest batch is {most:,}" if most else "no batch fits"
    return f"{fits}; {largest} ({most + 1:,} needs {units.binary(demand.at(most + 1))})"
