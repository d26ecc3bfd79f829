"""How far the roofline is off: measured over predicted time, its median, spread and largest value."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

from archcalc.results.time import ErrorSummary, ModelError, Ratio, TimedRun, Timing

FEWEST = 3
"""Fewer values have no quartiles and no correlation worth printing."""


def model_error(timings: Sequence[Timing]) -> ModelError:
    """Compare every run that has work and was measured, and every op whose layers were."""
    runs = [(timing, run) for timing in timings for run in timing.runs if run.measured and run.predicted_ms]
    networks = tuple(
        Ratio(f"{timing.network}, batch {run.batch}, {run.dtype}", run.predicted_ms, run.measured.median)
        for timing, run in runs
        if run.measured
    )
    return ModelError(
        _summary("networks", networks),
        _summaries(runs, lambda op, bound: op),
        _summaries(runs, lambda op, bound: bound),
    )


def _summaries(
    runs: Iterable[tuple[Timing, TimedRun]], key: Callable[[str, str], str]
) -> tuple[ErrorSummary, ...]:
    """The layers grouped by op or bound, the group with the most time first."""
    groups: dict[str, list[Ratio]] = {}
    for timing, run in runs:
        for layer in run.layers:
            if layer.measured and layer.predicted_ms:
                where = f"{timing.network} {layer.path}, batch {run.batch}, {run.dtype}"
                ratio = Ratio(where, layer.predicted_ms, layer.measured.median)
                groups.setdefault(key(layer.op, layer.bound), []).append(ratio)
    summaries = [_summary(name, ratios) for name, ratios in groups.items()]
    return tuple(sorted(summaries, key=lambda summary: -summary.measured_ms))


def _summary(name: str, ratios: Sequence[Ratio]) -> ErrorSummary:
    values = [ratio.ratio for ratio in ratios]
    few = len(values) < FEWEST
    low, median, high = (None, None, None) if few else statistics.quantiles(values, n=4, method="inclusive")
    return ErrorSummary(
        name=name,
        things=len(ratios),
        median=statistics.median(values) if few and values else median,
        low=low,
        high=high,
        rank_correlation=spearman(
            [ratio.predicted_ms for ratio in ratios], [ratio.measured_ms for ratio in ratios]
        ),
        predicted_ms=sum(ratio.predicted_ms for ratio in ratios),
        measured_ms=sum(ratio.measured_ms for ratio in ratios),
        worst=max(ratios, key=lambda ratio: ratio.ratio, default=None),
    )


def spearman(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Spearman's rank correlation; None for fewer than three values, or if all values are equal.

    >>> spearman([1, 2, 3, 4], [10, 20, 40, 30]), spearman([1, 1, 2], [1, 1, 5])
    (0.8, 1.0)
    """
    if len(xs) < FEWEST or len(set(xs)) == 1 or len(set(ys)) == 1:
        return None
    return round(statistics.correlation(_ranks(xs), _ranks(ys)), 12)


def _ranks(values: Sequence[float]) -> list[float]:
    # Equal values share the mean of their ranks.
    ordered = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(ordered)))}
    last = {value: place for place, value in enumerate(ordered)}
    return [(first[value] + last[value]) / 2 for value in values]
