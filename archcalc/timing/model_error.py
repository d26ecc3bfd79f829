"""The roofline judged by the clock: measured over predicted, its median and spread, and where it misses."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

from archcalc.results.time import ErrorSummary, ModelError, Ratio, TimedRun, Timing

LEAST = 3
"""So few values have quartiles."""


def judge(timings: Sequence[Timing]) -> ModelError:
    """Every run that has a time and something to do, and every op whose layers have."""
    runs = [(timing, run) for timing in timings for run in timing.runs if run.measured and run.predicted_ms]
    networks = tuple(
        Ratio(f"{timing.network}, batch {run.batch}, {run.dtype}", run.predicted_ms, run.measured.median)
        for timing, run in runs
        if run.measured
    )
    return ModelError(
        _judged("networks", networks), _by(runs, lambda op, bound: op), _by(runs, lambda op, bound: bound)
    )


def _by(runs: Iterable[tuple[Timing, TimedRun]], key: Callable[[str, str], str]) -> tuple[ErrorSummary, ...]:
    """The layers by a key of theirs, those that take the most time first."""
    found: dict[str, list[Ratio]] = {}
    for timing, run in runs:
        for layer in run.layers:
            if layer.measured and layer.predicted_ms:
                where = f"{timing.network} {layer.path}, batch {run.batch}, {run.dtype}"
                ratio = Ratio(where, layer.predicted_ms, layer.measured.median)
                found.setdefault(key(layer.op, layer.bound), []).append(ratio)
    judged = [_judged(name, ratios) for name, ratios in found.items()]
    return tuple(sorted(judged, key=lambda one: -one.measured_ms))


def _judged(name: str, ratios: Sequence[Ratio]) -> ErrorSummary:
    values = [one.ratio for one in ratios]
    few = len(values) < LEAST
    low, median, high = (None, None, None) if few else statistics.quantiles(values, n=4, method="inclusive")
    return ErrorSummary(
        name=name,
        things=len(ratios),
        median=statistics.median(values) if few and values else median,
        low=low,
        high=high,
        rank_correlation=spearman([one.predicted_ms for one in ratios], [one.measured_ms for one in ratios]),
        predicted_ms=sum(one.predicted_ms for one in ratios),
        measured_ms=sum(one.measured_ms for one in ratios),
        worst=max(ratios, key=lambda one: one.ratio, default=None),
    )


def spearman(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """The rank correlation; equal values share their mean rank. None of fewer than three, or of all the same.

    >>> spearman([1, 2, 3, 4], [10, 20, 40, 30]), spearman([1, 1, 2], [1, 1, 5])
    (0.8, 1.0)
    """
    if len(xs) < LEAST or len(set(xs)) == 1 or len(set(ys)) == 1:
        return None
    return round(statistics.correlation(_ranks(xs), _ranks(ys)), 12)


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(ordered)))}
    last = {value: place for place, value in enumerate(ordered)}
    return [(first[value] + last[value]) / 2 for value in values]
