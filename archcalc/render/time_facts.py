"""What stands under a table of times: rates, sources, and the conditions of a measurement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.render.time_cells import decimal, rate
from archcalc.results.time import LAUNCH, TimedRun, Timing


def dtype_of(run: TimedRun) -> str:
    return f"{run.dtype} (tf32)" if run.tf32 and run.dtype == "float32" else run.dtype


def facts(timing: Timing) -> Iterator[tuple[str, str]]:
    yield "peak rates", _peak_rates(timing)
    yield "source", timing.device.source
    for run in timing.runs:
        label = f"batch {run.batch}, {dtype_of(run)}"
        if run.graph:
            yield label, f"{decimal(run.graph.median)} ms as a CUDA graph"
        if run.bound_by == LAUNCH:
            yield label, f"{run.launches:,} kernels, {decimal(run.how.launch_us)} us to launch one"
    yield from _environment(timing)


def shared_facts(timings: Sequence[Timing]) -> Iterator[tuple[str, str]]:
    # Timings of one machine share most facts; each is printed once, in the order of the timings.
    seen: dict[tuple[str, str], None] = {}
    for timing in timings:
        for fact in (("peak rates", f"{timing.device.name}: {_peak_rates(timing)}"), *_environment(timing)):
            seen[fact] = None
    yield from seen


def _environment(timing: Timing) -> Iterator[tuple[str, str]]:
    conditions = timing.environment
    if not conditions:
        return
    versions = " ".join(
        f"{name} {conditions[name]}" for name in ("torch", "cuda", "cudnn", "driver") if conditions.get(name)
    )
    yield "measured on", f"{conditions.get('device')}, {conditions.get('date')}, {versions}"
    named = ("threads", "tf32", "cudnn_benchmark", "channels_last", "flush_denormal", "capability")
    yield (
        "settings",
        ", ".join(f"{name} {_word(conditions[name])}" for name in named if conditions.get(name) is not None),
    )


def _word(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _peak_rates(timing: Timing) -> str:
    """The peak rates of the dtypes of the runs."""
    device = timing.device
    parts = []
    for run in timing.runs:
        macs, others = device.mac_rate(run.computed_in, run.tf32), device.other_rate(run.computed_in)
        also = f" for MACs, {rate(others)}FLOP/s for other operations" if macs != others else ""
        parts.append(f"{dtype_of(run)} {rate(macs)}FLOP/s{also}")
    return "; ".join([*dict.fromkeys(parts), f"{rate(device.bandwidth)}B/s"])
