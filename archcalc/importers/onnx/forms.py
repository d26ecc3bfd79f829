"""Nodes that move values: reshape, transpose, slice, concat, pad. Most of them are no layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.importers.as_network import ImportProblem, collapsed, made
from archcalc.importers.onnx.constants import axes_of, reshaped, whole_numbers
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.values import AxisRole, Known, Signal, Value

_UNKNOWN_FORM = "archcalc has no layer that reshapes {} to {}"


def shape_of(node: OnnxNode, graph: GraphReader) -> Value:
    value = graph.value(node, 0)
    if value is None:
        raise ImportProblem("it has no input")
    dims = value.dims if isinstance(value, Known) else tuple(axis.size for axis in value.axes)
    return Known((len(dims),), dims)


def same(node: OnnxNode, graph: GraphReader) -> Value:
    value = graph.value(node, 0)
    if value is None:
        raise ImportProblem("it has no input")
    return value


def flatten(node: OnnxNode, graph: GraphReader) -> Value:
    x = graph.signal(node)
    if node.attributes.get("axis", 1) != 1:
        raise ImportProblem("it flattens the batch, too")
    return formed(node, graph, x, (x.dims[0], math.prod(x.dims[1:])))


def reshape(node: OnnxNode, graph: GraphReader) -> Value:
    x = graph.signal(node)
    sizes = node.attributes.get("shape") or whole_numbers(graph.known(node, 1))
    try:
        dims = reshaped(x.dims, list(sizes))
    except (ValueError, IndexError, TypeError, ZeroDivisionError):
        raise ImportProblem(_UNKNOWN_FORM.format(list(x.dims), sizes)) from None
    return formed(node, graph, x, dims)


def formed(node: OnnxNode, graph: GraphReader, x: Signal, dims: Sequence[int]) -> Value:
    """The same values in another shape. Raises ImportProblem if no layer does that."""
    # Axes of one value come and go freely.
    axes = [axis for axis in x.axes if axis.kind != "one"]
    if [axis.size for axis in axes if axis.size > 1] == [size for size in dims if size > 1]:
        same = _with_ones(axes, dims)
        if set(axes) <= set(same):  # no map of one value was lost
            return x._replace(axes=same)
    if len(dims) == 2 and dims[0] == x.dims[0] and "part" not in [axis.kind for axis in axes]:
        return graph.add(node, made("flatten"), x, axes=(axes[0], AxisRole("channels", dims[1])))
    return _parted(axes, dims, x) or _shuffled(node, graph, axes, dims, x)


def _with_ones(axes: Sequence[AxisRole], dims: Sequence[int]) -> tuple[AxisRole, ...]:
    """The axes in a shape that differs only in axes of one value."""
    rest = list(axes)
    out = []
    for size in dims:
        # An axis of one value that has a meaning (the batch, a map of one row) keeps its place if it can.
        while rest and rest[0].size == 1 != size:
            rest.pop(0)
        if rest and rest[0].size == size:
            out.append(rest.pop(0))
        else:
            out.append(AxisRole("one", 1))
    return tuple(out)


def _parted(axes: Sequence[AxisRole], dims: Sequence[int], x: Signal) -> Signal | None:
    """The channels as two axes: groups, and channels of a group (channel shuffle)."""
    place = next((place for place, axis in enumerate(axes) if axis.kind == "channels"), -1)
    if place < 0 or len(dims) != len(axes) + 1:
        return None
    first, second = dims[place : place + 2]
    others = [axis.size for axis in axes[:place]], [axis.size for axis in axes[place + 1 :]]
    if first * second != axes[place].size or others != (list(dims[:place]), list(dims[place + 2 :])):
        return None
    parts = AxisRole("part", first, 0), AxisRole("part", second, 1)
    return x._replace(axes=(*axes[:place], *parts, *axes[place + 1 :]))


def _shuffled(
    node: OnnxNode, graph: GraphReader, axes: Sequence[AxisRole], dims: Sequence[int], x: Signal
) -> Signal:
    """The two parts of the channels as one axis again; in the other order it is a channel shuffle."""
    places = [place for place, axis in enumerate(axes) if axis.kind == "part"]
    if len(places) == 2 and places[1] == places[0] + 1:
        start = places[0]
        first, second = axes[start : start + 2]
        whole = AxisRole("channels", first.size * second.size)
        merged = (*axes[:start], whole, *axes[start + 2 :])
        if [axis.size for axis in merged] == list(dims):
            if first.place < second.place:
                return x._replace(axes=merged)
            return graph.add(node, made("shuffle", groups=second.size), x, axes=merged)
    raise ImportProblem(_UNKNOWN_FORM.format(list(x.dims), list(dims)))


def transpose(node: OnnxNode, graph: GraphReader) -> Value:
    x = graph.signal(node)
    order = node.attributes.get("perm") or tuple(range(len(x.axes)))[::-1]
    if not isinstance(order, tuple) or sorted(order) != list(range(len(x.axes))):
        raise ImportProblem("its order of axes does not fit its input")
    return x._replace(axes=tuple(x.axes[place] for place in order))


def squeeze(node: OnnxNode, graph: GraphReader) -> Value:
    x = graph.signal(node)
    axes = set(axes_of(node, graph.known(node, 1), len(x.axes)))
    dims = [size for place, size in enumerate(x.dims) if place not in axes or size != 1]
    return formed(node, graph, x, dims)


def unsqueeze(node: OnnxNode, graph: GraphReader) -> Value:
    x, given = graph.signal(node), graph.known(node, 1)
    axes = node.attributes.get("axes") or whole_numbers(given)
    places = {place % (len(x.axes) + len(axes)) for place in axes}
    rest = iter(x.axes)
    total = len(x.axes) + len(axes)
    if len(places) != len(axes):
        raise ImportProblem("it adds an axis twice")
    return x._replace(
        axes=tuple(AxisRole("one", 1) if place in places else next(rest) for place in range(total))
    )


def concat(node: OnnxNode, graph: GraphReader) -> Value:
    signals = [graph.signal(node, place) for place in range(len(node.inputs))]
    first = signals[0] if signals else graph.signal(node)
    if len(signals) == 1:
        return first
    axis = _place(node.attributes.get("axis"), first)
    kinds = [[axis.kind for axis in one.axes] for one in signals]
    if first.axes[axis].kind != "channels" or any(kind != kinds[0] for kind in kinds):
        raise ImportProblem("archcalc concatenates channels only")
    total = sum(one.channels for one in signals)
    axes = (*first.axes[:axis], AxisRole("channels", total), *first.axes[axis + 1 :])
    return graph.add(node, made("concat"), *signals, axes=axes)


def _place(axis: Any, x: Signal) -> int:
    if not isinstance(axis, int) or not -len(x.axes) <= axis < len(x.axes):
        raise ImportProblem("it names an axis that its input does not have")
    return axis % len(x.axes)


def slice_of(node: OnnxNode, graph: GraphReader) -> Value:
    """A slice: of the channels it is a layer, of all values it is none."""
    x = graph.signal(node)
    if "starts" in node.attributes:
        given = [node.attributes.get(key) for key in ("starts", "ends", "axes")] + [None]
    else:
        known = [graph.known(node, place) for place in range(1, 5)]
        given = [None if one is None else whole_numbers(one) for one in known]
    starts, ends, axes, steps = given
    if not starts or not ends:
        raise ImportProblem("it has no start and no end")
    out = x
    count = len(starts)
    parts: dict[AxisRole, tuple[int, int]] = {}
    for start, end, axis, step in zip(
        starts, ends, axes or range(count), steps or (1,) * count, strict=False
    ):
        place = _place(axis, out)
        size = out.axes[place].size
        first, last, _ = slice(start, end).indices(size)
        if out.axes[place].kind == "space" and step == 1 and last > first:
            parts[out.axes[place]] = (first, last - first)
            continue
        out = _taken(node, graph, out, place, first, last - first, step)
    return _cropped(node, graph, out, parts)


def _cropped(
    node: OnnxNode, graph: GraphReader, x: Signal, parts: Mapping[AxisRole, tuple[int, int]]
) -> Signal:
    """A part of the map: of some axes the first position and the number of positions."""
    axes = sorted(x.spatial, key=lambda axis: axis.place)
    starts, sides = (
        zip(*[parts.get(axis, (0, axis.size)) for axis in axes], strict=True) if axes else ((), ())
    )
    if list(sides) == [axis.size for axis in axes]:
        return x
    return graph.add(node, made("crop", size=collapsed(sides), start=collapsed(starts)), x)


def _taken(
    node: OnnxNode, graph: GraphReader, x: Signal, place: int, start: int, count: int, step: int = 1
) -> Signal:
    """Some of the values along an axis."""
    axis = x.axes[place]
    if step == 1 and count == axis.size:
        return x
    if axis.kind != "channels" or step != 1 or count < 1:
        raise ImportProblem("archcalc cuts channels only, and every one of them between two numbers")
    axes = (*x.axes[:place], axis._replace(size=count), *x.axes[place + 1 :])
    return graph.add(node, made("slice", channels=count, start=start), x, axes=axes)


def split(node: OnnxNode, graph: GraphReader) -> Sequence[Value]:
    """A slice for each output."""
    x = graph.signal(node)
    place = _place(node.attributes.get("axis", 0), x)
    size, parts = x.axes[place].size, len(node.outputs)
    known = graph.known(node, 1)
    given = node.attributes.get("split") or (whole_numbers(known) if known is not None else None)
    share = -(-size // max(parts, 1))
    sizes = list(given or [min(share, size - share * part) for part in range(parts)])
    if sum(sizes) != size or len(sizes) != parts:
        raise ImportProblem("its parts do not add up to its input")
    starts = [sum(sizes[:part]) for part in range(parts)]
    return [_taken(node, graph, x, place, *part) for part in zip(starts, sizes, strict=True)]


def pad(node: OnnxNode, graph: GraphReader) -> Value:
    x = graph.signal(node)
    pads = node.attributes.get("pads") or whole_numbers(graph.known(node, 1))
    rank = len(x.axes)
    if len(pads) != 2 * rank or min(pads) < 0 or (len(node.inputs) > 3 and node.inputs[3]):
        raise ImportProblem("its padding does not fit its input")
    sides = {axis: (pads[place], pads[place + rank]) for place, axis in enumerate(x.axes)}
    if not any(pads):
        return x
    if any(sides[axis] != (0, 0) for axis in x.axes if axis.kind not in ("space", "channels")):
        raise ImportProblem("archcalc pads maps and channels only")
    spatial = sorted(x.spatial, key=lambda axis: axis.place)
    before, channels = next((sides[axis] for axis in x.axes if axis.kind == "channels"), (0, 0))
    if before or not spatial:
        raise ImportProblem("archcalc adds channels behind the others only")
    op = made("pad", pad=collapsed([sides[axis] for axis in spatial]), channels=channels)
    return graph.add(node, op, x)


FORMS: Mapping[str, Callable[[OnnxNode, GraphReader], Value | Sequence[Value]]] = {
    "Shape": shape_of,
    "Identity": same,
    "Cast": same,
    "Flatten": flatten,
    "Reshape": reshape,
    "Transpose": transpose,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Concat": concat,
    "Slice": slice_of,
    "Split": split,
    "Pad": pad,
}
