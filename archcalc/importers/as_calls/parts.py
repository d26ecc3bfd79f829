"""Calls that take a part of a tensor: indices, slices, splits."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.importers.as_calls.axes import (
    CHANNELS,
    Axes,
    AxisParts,
    whole,
)
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.values import Call, Computed, Stored, Value
from archcalc.importers.as_network import ImportProblem, collapsed, made
from archcalc.ops.base import Volume


def taken(
    call: Call, graph: CallReader, x: Computed, place: int, start: int, count: int, step: int = 1
) -> Computed:
    """``count`` values along an axis, from number ``start``, ``step`` apart. Raises ImportProblem."""
    size = x.dims[place]
    if step == 1 and count == size:
        return x
    if count < 1:
        raise ImportProblem("it takes no values")
    if step > 1:
        return _strided(call, graph, x, place, start, count, step)
    volume, axis = graph.volume(x), x.axes[place]
    if len(axis) == 1 and axis[0].axis == CHANNELS and axis[0].step * axis[0].size == volume.channels:
        part = axis[0]
        op = made("slice", channels=count * part.step, start=start * part.step)
        y = graph.add(call, op, x, axes=())
        return Computed(y.number, with_axis(x, place, (part._replace(size=count),) if count > 1 else ()))
    if len(axis) == 1 and axis == whole(volume, axis[0].axis):
        sides, starts = list(volume.spatial), [0] * volume.rank
        sides[axis[0].axis], starts[axis[0].axis] = count, start
        op = made("crop", size=tuple(sides), start=tuple(starts))
        y = graph.add(call, op, x, axes=())
        return Computed(y.number, with_axis(x, place, (axis[0]._replace(size=count),) if count > 1 else ()))
    moved = graph.around(call, x, [place])
    if moved.axes[place] != whole(graph.volume(moved), CHANNELS):
        raise ImportProblem(f"archcalc cannot take a part of axis {place} of {list(x.dims)}")
    return taken(call, graph, moved, place, start, count)


def with_axis(x: Computed, place: int, axis: AxisParts) -> Axes:
    return (*x.axes[:place], axis, *x.axes[place + 1 :])


def _strided(
    call: Call, graph: CallReader, x: Computed, place: int, start: int, count: int, step: int
) -> Computed:
    dims = x.dims
    size = dims[place]
    if (start or size % step) and not (start < step and count * step == size):
        end = min(start + count * step, size)
        x = taken(call, graph, x, place, start, end - start)
        size, start = end - start, 0
    if size % step:
        if not is_position(graph, x, place):
            x = apart(call, graph, x, [place])
        volume, axis = graph.volume(x), x.axes[place]
        # A window of one value takes every value that it stands on.
        strides = [1] * volume.rank
        strides[axis[0].axis] = step
        y = graph.add(call, made("maxpool", kernel=1, stride=collapsed(strides)), x, axes=())
        return Computed(y.number, with_axis(x, place, whole(graph.volume(y), axis[0].axis)))
    divided = graph.viewed(call, x, [*x.dims[:place], size // step, step, *x.dims[place + 1 :]])
    first = taken(call, graph, divided, place + 1, start, 1)
    return Computed(first.number, (*first.axes[: place + 1], *first.axes[place + 2 :]))


def getitem(call: Call, graph: CallReader) -> Value:
    value, index = call["input"], call["index"]
    if isinstance(value, Stored):
        return value._replace(dims=call.shape, plain=False)
    x = graph.signal(value)
    items = list(index) if isinstance(index, tuple) else [index]
    if any(isinstance(item, Stored | Computed | list) for item in items):
        raise ImportProblem("archcalc has no layer that picks values by computed or listed numbers")
    used = sum(item is not None and item is not Ellipsis for item in items)
    rest = [slice(None)] * (len(x.axes) - used)
    place = items.index(Ellipsis) if Ellipsis in items else len(items)
    items = [*items[:place], *rest, *items[place + 1 :]]
    at = 0
    for item in items:
        if item is None:
            x = Computed(x.number, (*x.axes[:at], (), *x.axes[at:]))
            at += 1
        elif isinstance(item, slice):
            first, last, step = item.indices(x.dims[at])
            x = taken(call, graph, x, at, first, max(-(-(last - first) // step), 0), step)
            at += 1
        else:
            x = taken(call, graph, x, at, int(item) % x.dims[at], 1)
            x = Computed(x.number, (*x.axes[:at], *x.axes[at + 1 :]))
    return x


def narrow(call: Call, graph: CallReader) -> Value:
    x = graph.signal(call["input"])
    place = call["dim"] % len(x.axes)
    return taken(call, graph, x, place, int(call["start"]) % x.dims[place], int(call["length"]))


def slice_of(call: Call, graph: CallReader) -> Value:
    """A slice of one axis, as exported files have it."""
    x = graph.signal(call["input"])
    place = (call["dim"] or 0) % len(x.axes)
    given = slice(call["start"], call["end"], call["step"])
    first, last, step = given.indices(x.dims[place])
    return taken(call, graph, x, place, first, max(-(-(last - first) // step), 0), step)


def select(call: Call, graph: CallReader) -> Value:
    x = graph.signal(call["input"])
    place = call["dim"] % len(x.axes)
    y = taken(call, graph, x, place, int(call["index"]) % x.dims[place], 1)
    return Computed(y.number, (*y.axes[:place], *y.axes[place + 1 :]))


def parts(call: Call, graph: CallReader) -> Sequence[Value]:
    """``split``, ``chunk`` and ``unbind``: PyTorch says how large the parts are."""
    value = call["input"]
    if isinstance(value, Stored):
        return [value._replace(dims=shape, plain=False) for shape in call.shapes]
    x = graph.signal(value)
    place = (call["dim"] or 0) % len(x.axes)
    out, start = [], 0
    for shape in call.shapes:
        is_part = len(shape) == len(x.axes)
        count = shape[place] if is_part else 1
        y = taken(call, graph, x, place, start, count)
        start += count
        out.append(y if is_part else Computed(y.number, (*y.axes[:place], *y.axes[place + 1 :])))
    return out


def own_axis(volume: Volume, axis: AxisParts) -> int | None:
    """The axis of the volume that an axis of the tensor is; None if it is no whole one."""
    if len(axis) == 1 and axis == whole(volume, axis[0].axis):
        return axis[0].axis
    return None


def is_position(graph: CallReader, x: Computed, place: int) -> bool:
    axis = own_axis(graph.volume(x), x.axes[place])
    return axis is not None and axis >= 0


def apart(call: Call, graph: CallReader, x: Computed, places: Sequence[int]) -> Computed:
    """The values with each of these axes of the tensor as an axis of positions."""
    deep = next((at for at in range(len(x.axes) - 1, -1, -1) if at not in places and x.dims[at] > 1), None)
    others = [at for at in range(len(x.axes)) if at != deep and (x.dims[at] > 1 or at in places)]
    if len(others) > 3:
        raise ImportProblem("archcalc has no maps of so many axes")
    return graph.gathered(call, x, [[at] for at in others], [] if deep is None else [deep])
