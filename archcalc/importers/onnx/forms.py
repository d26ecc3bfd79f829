"""Nodes that move values: reshape, transpose, slice, concat, pad. Most of them are no layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.importers.as_calls import joins, moves, sizes
from archcalc.importers.as_calls.axes import CHANNELS, AxisPart, is_shuffle, whole
from archcalc.importers.as_calls.parts import own_axis, taken
from archcalc.importers.as_calls.spreading import spread_dims
from archcalc.importers.as_calls.values import Computed
from archcalc.importers.as_calls.weighted import embedding
from archcalc.importers.as_calls.windows import as_map
from archcalc.importers.as_network import ImportProblem, collapsed, made
from archcalc.importers.onnx.attributes import axes_of, reshaped, whole_numbers
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.values import Known, Made

_UNKNOWN_FORM = "archcalc has no layer that reshapes {} to {}"


def shape_of(node: OnnxNode, graph: GraphReader) -> Made:
    dims = graph.dims(node, 0)
    start, end, _ = slice(node.attributes.get("start"), node.attributes.get("end")).indices(len(dims))
    is_computed = not isinstance(graph.value(node, 0), Known)
    return Known((len(dims[start:end]),), dims[start:end], from_shape=is_computed)


def same(node: OnnxNode, graph: GraphReader) -> Made:
    value = graph.value(node, 0)
    if value is None:
        raise ImportProblem("it has no input")
    return value


def place_of(axis: Any, rank: int) -> int:
    """The place of an axis; negative ones count from the end. Raises ImportProblem."""
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise ImportProblem("it names an axis that its input does not have")
    return axis % rank


# --- another shape ------------------------------------------------------------------------------------------


def formed(node: OnnxNode, graph: GraphReader, x: Computed, dims: Sequence[int]) -> Computed:
    """The same values in another shape. Raises ImportProblem."""
    if tuple(dims) == x.dims:
        return x
    call = graph.as_call(node, dims)
    x = graph.viewed(call, x, dims)
    # Some layers are known by their form: they stand where a person reads them.
    if len(dims) == 2 and dims[0] == 1:
        return graph.gathered(call, x, [], [1])
    shuffled = [place for place, axis in enumerate(x.axes) if is_shuffle(axis)]
    return graph.around(call, x, shuffled) if shuffled else x


def flatten(node: OnnxNode, graph: GraphReader) -> Made:
    x = graph.read(node)
    axis = place_of(node.attributes.get("axis", 1), len(x.axes))
    return formed(node, graph, x, (math.prod(x.dims[:axis]), math.prod(x.dims[axis:])))


def reshape(node: OnnxNode, graph: GraphReader) -> Made:
    x, known = graph.read(node), graph.known(node, 1)
    sizes = list(node.attributes.get("shape") or whole_numbers(known))
    if known is None or not known.from_shape:
        sizes = _of_one_image(sizes, x.dims, graph.batch)
    try:
        dims = reshaped(x.dims, sizes)
    except (ValueError, IndexError, TypeError, ZeroDivisionError):
        raise ImportProblem(_UNKNOWN_FORM.format(list(x.dims), sizes)) from None
    return formed(node, graph, x, dims)


def _of_one_image(sizes: list[int], dims: Sequence[int], batch: int) -> list[int]:
    """The sizes for one image, where a file states them for a whole batch."""
    is_whole = -1 not in sizes and math.prod(sizes) == math.prod(dims)
    if batch == 1 or is_whole or not sizes or sizes[0] < 1 or sizes[0] % batch:
        return sizes
    if -1 in sizes and sizes[0] != batch:  # parts of images, or a size that only happens to fit
        raise ImportProblem(_UNKNOWN_FORM.format(list(dims), sizes))
    return [sizes[0] // batch, *sizes[1:]]


def transpose(node: OnnxNode, graph: GraphReader) -> Made:
    x = graph.read(node)
    order = node.attributes.get("perm") or tuple(range(len(x.axes)))[::-1]
    if not isinstance(order, tuple) or sorted(order) != list(range(len(x.axes))):
        raise ImportProblem("its order of axes does not fit its input")
    return Computed(x.number, tuple(x.axes[place] for place in order))


def squeeze(node: OnnxNode, graph: GraphReader) -> Made:
    x = graph.read(node)
    axes = set(axes_of(node, graph.known(node, 1), len(x.axes)))
    return formed(node, graph, x, [n for place, n in enumerate(x.dims) if place not in axes or n != 1])


def unsqueeze(node: OnnxNode, graph: GraphReader) -> Made:
    x, given = graph.read(node), graph.known(node, 1)
    axes = node.attributes.get("axes") or whole_numbers(given)
    total = len(x.axes) + len(axes)
    places = {place_of(place, total) for place in axes}
    if len(places) != len(axes):
        raise ImportProblem("it adds an axis twice")
    rest = iter(x.axes)
    return Computed(x.number, tuple(() if place in places else next(rest) for place in range(total)))


def expand(node: OnnxNode, graph: GraphReader) -> Made:
    x = graph.read(node)
    sizes = whole_numbers(graph.known(node, 1))
    return moves.expand(graph.as_call(node, spread_dims(x.dims, sizes), input=x), graph)


def tile(node: OnnxNode, graph: GraphReader) -> Made:
    x, times = graph.read(node), whole_numbers(graph.known(node, 1))
    dims = [size * count for size, count in zip(x.dims, times, strict=True)]
    return sizes.repeat(graph.as_call(node, dims, input=x, repeats=times), graph)


# --- parts --------------------------------------------------------------------------------------------------


def slice_of(node: OnnxNode, graph: GraphReader) -> Made:
    """A slice: of some of the values it is a layer, of all values it is none."""
    x = graph.read(node)
    if "starts" in node.attributes:
        given = [node.attributes.get(key) for key in ("starts", "ends", "axes")] + [None]
    else:
        known = [graph.known(node, place) for place in range(1, 5)]
        given = [None if one is None else whole_numbers(one) for one in known]
    starts, ends, axes, steps = given
    if not starts or not ends:
        raise ImportProblem("it has no start and no end")
    cut: dict[int, tuple[int, int]] = {}
    call = graph.as_call(node)
    count = len(starts)
    for start, end, axis, step in zip(
        starts, ends, axes or range(count), steps or (1,) * count, strict=False
    ):
        place = place_of(axis, len(x.axes))
        first, last, step = slice(start, end, step).indices(x.dims[place])
        kept = own_axis(graph.volume(x), x.axes[place])
        if kept is not None and kept != CHANNELS and step == 1 and last > first:
            cut[place] = first, last - first
        elif step < 1:
            raise ImportProblem("archcalc has no slice from the end to the start")
        else:
            x = taken(call, graph, x, place, first, len(range(first, last, step)), step)
    return _cropped(node, graph, x, cut)


def _cropped(node: OnnxNode, graph: GraphReader, x: Computed, cut: Mapping[int, tuple[int, int]]) -> Computed:
    """A part of the map, in one layer: of some axes the first position and the number of positions."""
    volume = graph.volume(x)
    sides, starts, axes = list(volume.spatial), [0] * volume.rank, list(x.axes)
    for place, (start, count) in cut.items():
        (part,) = x.axes[place]
        sides[part.axis], starts[part.axis] = count, start
        axes[place] = (AxisPart(part.axis, 1, count),) if count > 1 else ()
    if tuple(sides) == volume.spatial:
        return x
    op = made("crop", size=collapsed(sides), start=collapsed(starts))
    return graph.add(graph.as_call(node), op, x, axes=tuple(axes))


def split(node: OnnxNode, graph: GraphReader) -> Sequence[Made]:
    """A slice for each output."""
    x = graph.read(node)
    place = place_of(node.attributes.get("axis", 0), len(x.axes))
    size, count = x.dims[place], len(node.outputs)
    known = graph.known(node, 1)
    given = node.attributes.get("split") or (whole_numbers(known) if known is not None else None)
    share = -(-size // max(count, 1))
    sizes = list(given or [min(share, size - share * part) for part in range(count)])
    if sum(sizes) != size or len(sizes) != count:
        raise ImportProblem("its parts do not add up to its input")
    starts = [sum(sizes[:part]) for part in range(count)]
    call = graph.as_call(node)
    return [taken(call, graph, x, place, *part) for part in zip(starts, sizes, strict=True)]


def gather(node: OnnxNode, graph: GraphReader) -> Made:
    """One of the values along an axis, or some in a row; or rows of a table that the input names."""
    data, chosen = graph.value(node, 0), graph.value(node, 1)
    axis = node.attributes.get("axis", 0)
    if isinstance(data, Known) and not isinstance(chosen, Known):
        if len(data.dims) != 2 or axis % 2:
            raise ImportProblem("archcalc looks up the rows of a table only")
        weight, x = graph.weight(node, 0), graph.read(node, 1)
        return embedding(graph.as_call(node, weight=weight, input=x), graph)
    if not isinstance(chosen, Known):
        raise ImportProblem("archcalc has no layer that picks values by computed numbers")
    x = graph.read(node)
    place = place_of(axis, len(x.axes))
    # A long list is not read. One of as many places as there are only moves values, if it does anything.
    numbers = whole_numbers(chosen) if chosen.size != x.dims[place] or chosen.values else [0]
    first, count = place_of(numbers[0], x.dims[place]), chosen.size
    if chosen.values and [place_of(one, x.dims[place]) for one in numbers] != [*range(first, first + count)]:
        raise ImportProblem("archcalc has no layer that picks values by listed numbers")
    call = graph.as_call(node)
    y = taken(call, graph, x, place, first, count)
    return graph.viewed(call, y, (*y.dims[:place], *chosen.dims, *y.dims[place + 1 :]))


# --- joins and padding --------------------------------------------------------------------------------------


def concat(node: OnnxNode, graph: GraphReader) -> Made:
    values = [graph.argument(node, place) for place in range(len(node.inputs))]
    shapes = [graph.dims(node, place) for place in range(len(node.inputs))]
    place = place_of(node.attributes.get("axis"), len(shapes[0]))
    rest = {(*dims[:place], *dims[place + 1 :]) for dims in shapes}
    if len(rest) != 1:
        raise ImportProblem("its inputs have different shapes")
    total = sum(dims[place] for dims in shapes)
    dims = (*shapes[0][:place], total, *shapes[0][place + 1 :])
    return joins.cat(graph.as_call(node, dims, tensors=values, dim=place), graph)


def _is_map(graph: GraphReader, x: Computed) -> bool:
    """Whether a tensor has the axes of its volume: batch, channels, space."""
    volume = graph.volume(x)
    own = tuple(whole(volume, axis) for axis in range(CHANNELS, volume.rank))
    return volume.rank > 0 and x.axes == ((), *own)


def pad(node: OnnxNode, graph: GraphReader) -> Made:
    x = graph.read(node)
    pads = node.attributes.get("pads") or whole_numbers(graph.known(node, 1))
    rank = len(x.axes)
    named = graph.known(node, 3)
    axes = whole_numbers(named) if named is not None else range(rank)
    if len(pads) != 2 * len(axes) or any(pad < 0 for pad in pads):
        raise ImportProblem("its padding does not fit its input")
    both = dict.fromkeys(range(rank), (0, 0)) | {
        place_of(axis, rank): (pads[at], pads[at + len(axes)]) for at, axis in enumerate(axes)
    }
    if rank > 2 and both[1][1] and not _is_map(graph, x):
        x = as_map(graph.as_call(node), graph, x, rank - 2)
    if _is_map(graph, x) and both[0] == (0, 0) == (both[1][0], 0) and any(pads):
        # Here an axis of one value has its place, too.
        op = made("pad", pad=collapsed([both[place] for place in range(2, rank)]), channels=both[1][1])
        y = graph.add(graph.as_call(node), op, x, axes=())
        return Computed(y.number, ((), *(whole(graph.volume(y), axis) for axis in range(CHANNELS, rank - 2))))
    # PyTorch counts the axes from the last one.
    given = [side for place in range(rank)[::-1] for side in both[place]]
    return sizes.pad(graph.as_call(node, input=x, pad=given), graph)


FORMS: Mapping[str, Callable[[OnnxNode, GraphReader], Made | Sequence[Made]]] = {
    "Shape": shape_of,
    "Identity": same,
    "Cast": same,
    "CastLike": same,
    "Flatten": flatten,
    "Reshape": reshape,
    "Transpose": transpose,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Expand": expand,
    "Tile": tile,
    "Concat": concat,
    "Slice": slice_of,
    "Split": split,
    "Gather": gather,
    "Pad": pad,
}
