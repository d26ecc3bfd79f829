"""Which values of a layer stand along each axis of a tensor.

A network of archcalc has volumes: positions and channels. Code splits, merges and swaps the axes of its
tensors freely, and most of this moves nothing that a layer would notice. So an axis of a tensor is a product
of parts of the axes of a volume, the slowest first: after ``x.view(n, 49, heads, 32)`` the last two axes are
two parts of the channels. Axes of size 1, the batch too, have no parts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from archcalc.ops.base import Volume

CHANNELS = -1
"""The number of the axis of the channels; the spatial axes are numbered from 0."""


class AxisPart(NamedTuple):
    """``size`` values of an axis of a volume that lie ``step`` apart."""

    axis: int
    step: int
    size: int


AxisParts: TypeAlias = tuple[AxisPart, ...]
Axes: TypeAlias = tuple[AxisParts, ...]


def whole(volume: Volume, axis: int) -> AxisParts:
    """The parts of an axis that has all values of an axis of a volume."""
    size = volume.channels if axis == CHANNELS else volume.spatial[axis]
    return (AxisPart(axis, 1, size),) if size > 1 else ()


def all_positions(volume: Volume) -> AxisParts:
    """The parts of an axis that has all positions of a volume, row by row."""
    return tuple(part for axis in range(volume.rank) for part in whole(volume, axis))


def dims_of(axes: Axes) -> tuple[int, ...]:
    """The shape of a tensor.

    >>> dims_of(((), (AxisPart(0, 1, 7), AxisPart(1, 1, 7)), (AxisPart(CHANNELS, 1, 64),)))
    (1, 49, 64)
    """
    return tuple(math.prod(part.size for part in axis) for axis in axes)


def merged(parts: Iterable[AxisPart]) -> AxisParts:
    """The same values with neighbours of one axis as one part.

    >>> merged([AxisPart(0, 8, 4), AxisPart(0, 1, 8)])
    (AxisPart(axis=0, step=1, size=32),)
    """
    out: list[AxisPart] = []
    for part in parts:
        if out and out[-1].axis == part.axis and out[-1].step == part.step * part.size:
            part = AxisPart(part.axis, part.step, out.pop().size * part.size)
        out.append(part)
    return tuple(out)


def viewed(axes: Axes, dims: Sequence[int]) -> Axes | None:
    """The axes after ``view(dims)``; None if a new axis would begin inside a part.

    >>> viewed(((AxisPart(CHANNELS, 1, 96),),), (3, 32))
    ((AxisPart(axis=-1, step=32, size=3),), (AxisPart(axis=-1, step=1, size=32),))
    >>> viewed(((AxisPart(0, 1, 14), AxisPart(1, 1, 14)),), (4, 49)) is None
    True
    """
    rest = [*merged(part for axis in axes for part in axis)][::-1]
    out = []
    for size in dims:
        taken = []
        while size > 1:
            if not rest:
                return None
            part = rest.pop()
            if size % part.size == 0:
                taken.append(part)
                size //= part.size
            elif part.size % size == 0:
                inner = part.size // size
                taken.append(AxisPart(part.axis, part.step * inner, size))
                rest.append(AxisPart(part.axis, part.step, inner))
                size = 1
            else:
                return None
        out.append(merged(taken))
    return None if rest else tuple(out)


def placed(
    volume: Volume, groups: Sequence[Sequence[int]], channels: Sequence[int], dims: Sequence[int]
) -> Axes:
    """The axes of a tensor of the shape ``dims`` whose values are those of a volume.

    The spatial axis i is made of the tensor's axes ``groups[i]``, and the channels of those of ``channels``.
    """
    axes: list[AxisParts] = [()] * len(dims)
    of_volume = [*enumerate(groups), (CHANNELS, channels)]
    for axis, places in of_volume:
        step = math.prod(dims[place] for place in places)
        for place in places:
            step //= dims[place]
            if dims[place] > 1:
                axes[place] = (AxisPart(axis, step, dims[place]),)
    return tuple(axes)


def is_shuffle(parts: AxisParts) -> bool:
    """Whether the channels are two groups of axes in the other order: the first of each group, and so on."""
    return len(parts) == 2 and parts[0].axis == parts[1].axis == CHANNELS and parts[0].step < parts[1].step
