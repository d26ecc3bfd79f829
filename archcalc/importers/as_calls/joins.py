"""Calls that put tensors behind each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from archcalc.importers.as_activations import Pending
from archcalc.importers.as_calls.axes import (
    CHANNELS,
    AxisPart,
    whole,
)
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.parts import with_axis
from archcalc.importers.as_calls.values import Call, Computed, Stored, Value, value_dims
from archcalc.importers.as_network import made
from archcalc.ops.base import Volume


def cat(call: Call, graph: CallReader) -> Value:
    values = [value for value in call["tensors"] if math.prod(value_dims(value)) > 0]
    rank = len(call.shape)
    place = (call["dim"] or 0) % rank
    if isinstance(values[-1], Computed | Pending) and all(_is_new(graph, value) for value in values[:-1]):
        x = graph.signal(values[-1])
        if _is_sequence(x, place):
            for value in values[-2::-1]:
                x = _prepended(call, graph, value, x, place)
            return x
    return joined(call, graph, [graph.signal(value) for value in values], place)


def stack(call: Call, graph: CallReader) -> Value:
    place = (call["dim"] or 0) % len(call.shape)
    signals = [graph.signal(value) for value in call["tensors"]]
    with_axis = [Computed(x.number, (*x.axes[:place], (), *x.axes[place:])) for x in signals]
    first, volume = signals[0], graph.volume(signals[0])
    if all(x.axes == first.axes and graph.volume(x) == volume for x in signals):
        # The channels of all, behind each other; the new axis counts the tensors.
        y = graph.add(call, made("concat"), *signals, axes=())
        new = (AxisPart(CHANNELS, volume.channels, len(signals)),)
        return Computed(y.number, (*first.axes[:place], new, *first.axes[place:]))
    return joined(call, graph, with_axis, place)


def joined(call: Call, graph: CallReader, signals: Sequence[Computed], place: int) -> Computed:
    """Tensors behind each other along an axis."""
    first = signals[0]
    if len(signals) == 1:
        return first
    volumes = [graph.volume(x) for x in signals]
    rests = [(*x.axes[:place], *x.axes[place + 1 :]) for x in signals]
    total = sum(x.dims[place] for x in signals)
    if all(rest == rests[0] for rest in rests):
        deep = [whole(volume, CHANNELS) for volume in volumes]
        if all(x.axes[place] == own for x, own in zip(signals, deep, strict=True)) and all(
            volume.spatial == volumes[0].spatial for volume in volumes
        ):
            y = graph.add(call, made("concat"), *signals, axes=())
            return Computed(y.number, with_axis(first, place, whole(graph.volume(y), CHANNELS)))
        along = {part.axis for x in signals for part in x.axes[place]}
        if (
            len(along) == 1
            and (axis := next(iter(along))) >= 0
            and _only_differ(volumes, axis)
            and all(x.axes[place] == whole(volume, axis) for x, volume in zip(signals, volumes, strict=True))
        ):
            op = made("concat_positions", axis=axis + 1)
            y = graph.add(call, op, *signals, axes=())
            return Computed(y.number, with_axis(first, place, (AxisPart(axis, 1, total),)))
    moved = [alone(call, graph, x, place) for x in signals]
    y = graph.add(call, made("concat"), *moved, axes=())
    return Computed(y.number, with_axis(moved[0], place, whole(graph.volume(y), CHANNELS)))


def alone(call: Call, graph: CallReader, x: Computed, place: int) -> Computed:
    """The values with one axis of the tensor as channels, and every other axis as one of positions."""
    others = [at for at in range(len(x.axes)) if at != place and x.dims[at] > 1]
    groups = [[at] for at in others] if len(others) <= 3 else [others]
    return graph.gathered(call, x, groups, [place])


def _only_differ(volumes: Sequence[Volume], axis: int) -> bool:
    """Whether volumes have the same sizes but for one axis, which all of them have."""
    others = [(volume.channels, *volume.spatial[:axis], *volume.spatial[axis + 1 :]) for volume in volumes]
    ranks = {volume.rank for volume in volumes}
    return len(ranks) == 1 and all(other == others[0] for other in others)


def _is_new(graph: CallReader, value: Value) -> bool:
    """Whether these are trained values that no layer has yet."""
    return isinstance(value, Stored) and value.plain and graph.new_params(value) == value.size


def _is_sequence(x: Computed, place: int) -> bool:
    """Whether an axis of a tensor has tokens, and the last one their channels."""
    others = [at for at in range(len(x.axes) - 1) if x.dims[at] > 1]
    return place == len(x.axes) - 2 and set(others) <= {place}


def _prepended(call: Call, graph: CallReader, values: Stored, x: Computed, place: int) -> Computed:
    """Trained tokens before a sequence."""
    x = graph.gathered(call, x, [[place]], [len(x.axes) - 1])
    op = made("parameter", how="prepend", tokens=values.dims[-2])
    y = graph.add(call, op, x, axes=(), weights=[values])
    return Computed(y.number, with_axis(x, place, whole(graph.volume(y), 0)))
