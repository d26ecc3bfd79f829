"""Two tensors whose axes stand in different orders, or of which one is spread over the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from archcalc.importers.as_calls.axes import (
    CHANNELS,
    AxisParts,
    placed,
    viewed,
    whole,
)
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.moves import REPEATED, without_repeats
from archcalc.importers.as_calls.values import Call, Computed
from archcalc.importers.as_network import ImportProblem, made


def spread_dims(first: Sequence[int], second: Sequence[int]) -> tuple[int, ...]:
    """The shape of two tensors spread over each other."""
    rank = max(len(first), len(second))
    pairs = zip(
        (1,) * (rank - len(first)) + tuple(first), (1,) * (rank - len(second)) + tuple(second), strict=True
    )
    return tuple(max(pair) for pair in pairs)


def divided(a: Computed, b: Computed) -> tuple[Computed, Computed]:
    """Both tensors with axes of their own for the parts of an axis along which one of them repeats values."""
    rank = max(len(a.axes), len(b.axes))
    a, b = (Computed(x.number, ((),) * (rank - len(x.axes)) + x.axes) for x in (a, b))
    out: tuple[list[AxisParts], list[AxisParts]] = [], []
    for pair in zip(a.axes, b.axes, strict=True):
        repeating = [axis for axis in pair if len(axis) > 1 and any(part.axis == REPEATED for part in axis)]
        sizes = [part.size for part in repeating[0]] if repeating else []
        both = [viewed((axis,), sizes) if sizes and axis else None for axis in pair]
        if not sizes or any(axis and parts is None for axis, parts in zip(pair, both, strict=True)):
            both = [(axis,) for axis in pair]
        count = max(len(parts) for parts in both if parts is not None)
        for side, parts in zip(out, both, strict=True):
            side += parts if parts is not None else ((),) * count
    return Computed(a.number, tuple(out[0])), Computed(b.number, tuple(out[1]))


def aligned(
    call: Call, graph: CallReader, a: Computed, b: Computed, flat: bool = False
) -> tuple[Computed, Computed]:
    """Two tensors in volumes that an op can join: the first has all values, the second is spread over it.

    ``flat``: a second one that has no positions may be a flat vector. Raises ImportProblem.
    """
    a, b = without_repeats(a), without_repeats(b)
    rank = max(len(a.axes), len(b.axes))
    a, b = (Computed(x.number, ((),) * (rank - len(x.axes)) + x.axes) for x in (a, b))
    if math.prod(a.dims) < math.prod(b.dims):
        a, b = b, a
    if any(other not in (1, size) for size, other in zip(a.dims, b.dims, strict=True)):
        a = widened(call, graph, a, spread_dims(a.dims, b.dims))
    volume = graph.volume(a)
    if a.axes == b.axes and volume.dims == graph.volume(b).dims:
        return a, b
    whole_axes = all(part in whole(volume, part.axis) for axis in a.axes for part in axis)
    if whole_axes:
        return a, _spread(call, graph, a, b, flat)
    first, second = _in_common(call, graph, a, b)
    return first, second


def widened(call: Call, graph: CallReader, x: Computed, dims: Sequence[int]) -> Computed:
    """A tensor with its values repeated along the axes in which it has one value and another one has more."""
    deep = next((at for at, size in enumerate(x.dims) if size > 1), 0)
    groups: list[list[int]] = []
    for at, size in enumerate(dims):
        if size == 1 or at == deep:
            continue
        grows = x.dims[at] != size
        if groups and (x.dims[groups[-1][0]] != dims[groups[-1][0]]) == grows:
            groups[-1].append(at)
        else:
            groups.append([at])
    if len(groups) > 3:
        raise ImportProblem(f"archcalc cannot spread {list(x.dims)} over {list(dims)}")
    x = graph.gathered(call, x, groups, [deep])
    sides = tuple(math.prod(dims[at] for at in group) for group in groups)
    y = graph.add(call, made("upsample", size=sides), x, axes=())
    return Computed(y.number, placed(graph.volume(y), groups, [deep], dims))


def _spread(call: Call, graph: CallReader, a: Computed, b: Computed, flat: bool) -> Computed:
    """The second tensor with the axes that the volume of the first one has."""
    volume = graph.volume(a)
    parts = [part for axis in a.axes for part in axis]
    dims = [part.size if size > 1 else 1 for axis, size in zip(a.axes, b.dims, strict=True) for part in axis]
    b = graph.viewed(call, b, dims)
    places: dict[int, list[int]] = {axis: [] for axis in (CHANNELS, *range(volume.rank))}
    for place, part in enumerate(parts):
        places[part.axis].append(place)
    groups = [places[axis] for axis in range(volume.rank)]
    has_positions = any(dims[place] > 1 for group in groups for place in group)
    if flat and not has_positions:
        groups = []
    return graph.gathered(call, b, groups, places[CHANNELS])


def _in_common(call: Call, graph: CallReader, a: Computed, b: Computed) -> tuple[Computed, Computed]:
    """Both tensors with an axis of positions for every run of axes over which the second is spread or not."""
    dims, last = a.dims, len(a.axes) - 1
    deep = next((at for at in range(last, -1, -1) if dims[at] > 1), last)
    groups: list[list[int]] = []
    for at, (size, other) in enumerate(zip(dims, b.dims, strict=True)):
        if size == 1 or at == deep:
            continue
        before = groups[-1][-1] if groups else None
        if before is not None and (b.dims[before] == 1) == (other == 1):
            groups[-1].append(at)
        else:
            groups.append([at])
    x = graph.gathered(call, a, groups, [deep])
    return x, graph.gathered(call, b, groups, [deep])
