"""Calls that give a map another size or another order: padding, resizing, shuffles."""

from __future__ import annotations

import math
from collections.abc import Callable

from archcalc.importers.as_calls.axes import (
    CHANNELS,
    AxisPart,
    whole,
)
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.moves import REPEATED, all_of, listed
from archcalc.importers.as_calls.parts import apart, is_position, own_axis, taken
from archcalc.importers.as_calls.values import Call, Computed, Value
from archcalc.importers.as_calls.windows import as_map, windowed
from archcalc.importers.as_network import ImportProblem, collapsed, made


def pad(call: Call, graph: CallReader) -> Value:
    x = graph.signal(call["input"])
    given = [int(side) for side in call["pad"]]
    sides = {len(x.axes) - 1 - at: (given[2 * at], given[2 * at + 1]) for at in range(len(given) // 2)}
    for place, (before, after) in sorted(sides.items()):
        if before < 0 or after < 0:
            start, end = max(-before, 0), max(-after, 0)
            x = taken(call, graph, x, place, start, x.dims[place] - start - end)
            sides[place] = max(before, 0), max(after, 0)
    sides = {place: pair for place, pair in sides.items() if pair != (0, 0)}
    if not sides:
        return x
    axes = {place: own_axis(graph.volume(x), x.axes[place]) for place in sides}
    if None in axes.values() or any(axes[at] == CHANNELS and sides[at][0] for at in sides):
        x = apart(call, graph, x, list(sides))
        axes = {at: own_axis(graph.volume(x), x.axes[at]) for at in sides}
    volume = graph.volume(x)
    if not volume.rank or None in axes.values():
        raise ImportProblem("archcalc pads maps only")
    amounts = [(0, 0)] * volume.rank
    channels = 0
    for place, axis in axes.items():
        if axis == CHANNELS:
            channels = sides[place][1]
        elif axis is not None:
            amounts[axis] = sides[place]
    y = graph.add(call, made("pad", pad=collapsed(amounts), channels=channels), x, axes=())
    new = {place: whole(graph.volume(y), axis) for place, axis in axes.items() if axis is not None}
    return Computed(y.number, tuple(new.get(at, axis) for at, axis in enumerate(x.axes)))


def roll(call: Call, graph: CallReader) -> Value:
    x = graph.signal(call["input"])
    shifts, places = listed(call["shifts"]), [place % len(x.axes) for place in listed(call["dims"])]
    back = shifts[0] > 0
    if any((shift > 0) != back for shift in shifts):
        raise ImportProblem("archcalc moves a map in one direction only")
    if not all(is_position(graph, x, place) for place in places):
        x = apart(call, graph, x, places)
    by = [0] * graph.volume(x).rank
    for shift, place in zip(shifts, places, strict=True):
        if x.dims[place] > 1:
            by[x.axes[place][0].axis] = abs(shift)
    return graph.add(call, made("roll", by=collapsed(by), back=back), x)


def interpolate(call: Call, graph: CallReader) -> Value:
    rank = len(call.shape) - 2
    x = as_map(call, graph, graph.signal(call["input"]), rank)
    sizes = call.shape[2:]
    if sizes == x.dims[2:]:
        return x
    mode = str(call["mode"] or "nearest")
    mode = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic", "nearest-exact": "nearest"}.get(
        mode, mode
    )
    if mode not in ("nearest", "linear", "cubic"):
        raise ImportProblem(f"archcalc has no resizing in the mode '{mode}'")
    factors = [new // old if new % old == 0 else 0 for new, old in zip(sizes, x.dims[2:], strict=True)]
    options = {"factor": collapsed(factors)} if all(factors) else {"size": collapsed(list(sizes))}
    return windowed(call, graph, x, "upsample", rank, mode=mode, **options)


def shuffled(name: str) -> Callable[[Call, CallReader], Value]:
    def layer(call: Call, graph: CallReader) -> Value:
        x = as_map(call, graph, graph.signal(call["input"]), 2)
        return windowed(call, graph, x, name, 2, factor=int(call["factor"]))

    return layer


def channel_shuffle(call: Call, graph: CallReader) -> Value:
    x = as_map(call, graph, graph.signal(call["input"]), len(call.shape) - 2)
    return graph.add(call, made("shuffle", groups=int(call["groups"])), x)


def flip(call: Call, graph: CallReader) -> Value:
    """The values in the opposite order: no count changes, and neither does any shape."""
    x = graph.signal(call["input"])
    volume = graph.volume(x)
    if not volume.rank:
        return x
    return graph.add(call, made("rearrange", to=volume.spatial), x)


def repeat(call: Call, graph: CallReader) -> Value:
    x = graph.signal(call["input"])
    if math.prod(call.shape) == math.prod(x.dims):
        return graph.viewed(call, x, call.shape)
    times = all_of(call["repeats"])
    axes = ((),) * (len(times) - len(x.axes)) + x.axes
    if any(count > 1 and axis for count, axis in zip(times, axes, strict=True)):
        raise ImportProblem("archcalc has no layer that repeats values")
    return Computed(
        x.number,
        tuple((AxisPart(REPEATED, 1, n),) if n > 1 else axis for n, axis in zip(times, axes, strict=True)),
    )
