"""The time of one call: a warm-up, many calls, and their quartiles.

On a CPU ``torch.utils.benchmark`` measures. On a GPU pairs of CUDA events measure. A call on a GPU may be too
short to measure, because launching its kernels takes longer than running them; such a call is replayed as a
CUDA graph.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

import torch
from torch.utils import benchmark

from archcalc.results.time import TimeSpan

# The first call loads kernels and allocates memory, the second may choose an algorithm, the third is steady.
WARM_UP = 3
# Five values are the fewest whose quartiles are values that were measured, not interpolated ones.
FEWEST_CALLS = 5
# A thousand calls give a stable median; more would only fill the queue of the GPU.
MOST_CALLS = 1000

Call = Callable[[], object]


def span_of(seconds: Sequence[float]) -> TimeSpan:
    """Median and quartiles, in milliseconds.

    >>> span_of([0.004, 0.001, 0.002, 0.003, 0.005])
    TimeSpan(median=3.0, low=2.0, high=4.0)
    """
    if len(seconds) == 1:
        return TimeSpan(*[1000 * seconds[0]] * 3)
    low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return TimeSpan(1000 * median, 1000 * low, 1000 * high)


def timed(call: Call, where: str, seconds: float) -> TimeSpan:
    """Warm a call up and measure it for about so many seconds."""
    return span_of(samples(call, where, seconds))


def samples(call: Call, where: str, seconds: float) -> list[float]:
    """The seconds that each of many calls took, after a warm-up."""
    for _ in range(WARM_UP):
        call()
    return _by_events(call, seconds) if where.startswith("cuda") else _by_timer(call, seconds)


def _by_timer(call: Call, seconds: float) -> list[float]:
    timer = benchmark.Timer("call()", globals={"call": call}, num_threads=torch.get_num_threads())
    times = timer.blocked_autorange(min_run_time=seconds).times
    # A call longer than `seconds` is timed only once by autorange: add single calls.
    return [*times, *(timer.timeit(1).times[0] for _ in range(FEWEST_CALLS - len(times)))]


def _by_events(call: Call, seconds: float) -> list[float]:
    first = _between_events(call)
    # A clock may measure 0 for a very short call: count it as a microsecond.
    calls = min(MOST_CALLS, max(FEWEST_CALLS, int(seconds / max(first, 1e-6))))
    events = [
        (torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(calls)
    ]
    # The loop does not wait for the GPU: waiting between two calls would be measured too.
    for start, end in events:
        start.record()
        call()
        end.record()
    torch.cuda.synchronize()
    return [start.elapsed_time(end) / 1000 for start, end in events]


def _between_events(call: Call) -> float:
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    call()
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end)) / 1000


def replayed(call: Call, calls: int, seconds: float) -> TimeSpan | None:
    """Capture calls in one CUDA graph, replay it, and return the time of one; None if capturing fails."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    # PyTorch requires that the warm-up of a capture runs on another stream.
    with torch.cuda.stream(side):
        for _ in range(WARM_UP):
            call()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            for _ in range(calls):
                call()
    except RuntimeError:
        # A graph needs memory for a second set of activations. Without it, the times by events remain.
        return None
    span = timed(graph.replay, "cuda", seconds)
    return TimeSpan(*(value / calls for value in span))
