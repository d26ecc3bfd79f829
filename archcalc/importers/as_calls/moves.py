"""Calls that move values: views, permutations, slices, concatenation, padding. Most of them are no layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.importers.as_calls.axes import AxisPart
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.values import Call, Computed, Stored, Value, value_dims
from archcalc.importers.as_network import ImportProblem


def same(call: Call, graph: CallReader) -> Value:
    value: Value = call["input"]
    return value


def view(call: Call, graph: CallReader) -> Value:
    """Any call that only gives the tensor another shape: PyTorch says which."""
    value = call["input"]
    if isinstance(value, Stored):
        return value._replace(dims=call.shape)
    return graph.viewed(call, graph.signal(value), call.shape)


def permuted(call: Call, graph: CallReader, order: Sequence[int]) -> Value:
    x = graph.signal(call["input"])
    return Computed(x.number, tuple(x.axes[place] for place in order))


def permute(call: Call, graph: CallReader) -> Value:
    order = all_of(call["dims"])
    rank = len(value_dims(call["input"]))
    return permuted(call, graph, [place % rank for place in order])


def all_of(given: Any) -> Sequence[int]:
    """Numbers that are given one by one, or in a list."""
    first: Sequence[int] = given[0] if len(given) == 1 and isinstance(given[0], list | tuple) else given
    return first


def transpose(call: Call, graph: CallReader) -> Value:
    rank = len(value_dims(call["input"]))
    order = list(range(rank))
    first, second = call["dim0"] % rank, call["dim1"] % rank
    order[first], order[second] = second, first
    return permuted(call, graph, order)


def reversed_axes(call: Call, graph: CallReader) -> Value:
    """``x.T`` and ``x.mT``: the last two axes change places."""
    rank = len(value_dims(call["input"]))
    order = list(range(rank))
    order[-2:] = order[:-3:-1] if rank > 1 else order
    return permuted(call, graph, order)


def movedim(call: Call, graph: CallReader) -> Value:
    rank = len(value_dims(call["input"]))
    sources = [place % rank for place in listed(call["source"])]
    targets = [place % rank for place in listed(call["destination"])]
    order: list[int] = [-1] * rank
    for source, target in zip(sources, targets, strict=True):
        order[target] = source
    rest = iter([place for place in range(rank) if place not in sources])
    return permuted(call, graph, [next(rest) if place < 0 else place for place in order])


def listed(value: Any) -> list[int]:
    return list(value) if isinstance(value, list | tuple) else [value]


def expand(call: Call, graph: CallReader) -> Value:
    """Axes of one value that are repeated: what reads them spreads them again."""
    x = graph.signal(call["input"])
    dims, before = call.shape, (1,) * (len(call.shape) - len(x.axes)) + x.dims
    if dims == before:
        return Computed(x.number, ((),) * (len(dims) - len(x.axes)) + x.axes)
    axes = ((),) * (len(dims) - len(x.axes)) + x.axes
    spread = [
        (AxisPart(REPEATED, 1, size),) if size != had else axis
        for size, had, axis in zip(dims, before, axes, strict=True)
    ]
    return Computed(x.number, tuple(spread))


REPEATED = -2
"""The axis of values that are all the same."""


def without_repeats(x: Computed) -> Computed:
    """The tensor before its axes were repeated."""
    return Computed(x.number, tuple(tuple(p for p in axis if p.axis != REPEATED) for axis in x.axes))


def repeat_interleave(call: Call, graph: CallReader) -> Value:
    """Each value several times: the shared heads of grouped queries."""
    x, times = graph.signal(call["input"]), call["repeats"]
    if not isinstance(times, int) or call["dim"] is None:
        raise ImportProblem("archcalc has no layer that repeats values in different numbers")
    place = call["dim"] % len(x.axes)
    spread = (*x.axes[place], AxisPart(REPEATED, 1, times)) if times > 1 else x.axes[place]
    return Computed(x.number, (*x.axes[:place], spread, *x.axes[place + 1 :]))
