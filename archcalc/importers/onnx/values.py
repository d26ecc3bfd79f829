"""What a tensor of the graph is: values of a layer, a constant, or an activation that is not whole yet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from archcalc.importers.as_activations import Pending
from archcalc.importers.onnx.model import Number


class AxisRole(NamedTuple):
    """What an axis of a tensor holds: the batch, the channels, a spatial axis (``place``), a part of the
    channels, or nothing (an axis of one value).
    """

    kind: str
    size: int
    place: int = 0


class Signal(NamedTuple):
    """The values that a layer puts out, or the input; ``axes`` is their order in the file."""

    number: int
    axes: tuple[AxisRole, ...]

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape in the file."""
        return tuple(axis.size for axis in self.axes)

    def place(self, kind: str) -> int:
        """The place of the only axis of that kind; -1 if there is none, or several."""
        places = [place for place, axis in enumerate(self.axes) if axis.kind == kind]
        return places[0] if len(places) == 1 else -1

    @property
    def channels(self) -> int:
        """The number of channels; -1 while they are split into parts."""
        place = self.place("channels")
        return self.axes[place].size if place >= 0 else -1

    @property
    def spatial(self) -> list[AxisRole]:
        """The spatial axes in the order of the file."""
        return [axis for axis in self.axes if axis.kind == "space"]


class Known(NamedTuple):
    """A tensor that does not depend on the input; ``name`` is that of an initializer, empty if computed.

    The values of weights are not read (None).
    """

    dims: tuple[int, ...]
    values: tuple[Number, ...] | None = None
    name: str = ""

    @property
    def scalar(self) -> Number | None:
        """Its only value, if it has one."""
        return self.values[0] if self.values is not None and len(self.values) == 1 else None

    @property
    def size(self) -> int:
        return math.prod(self.dims)


Value: TypeAlias = Signal | Known | Pending

BROKEN = Known((), None, "(broken)")
"""Stands for the output of a node that failed: what reads it is not reported again."""


def input_axes(dims: Sequence[int]) -> tuple[AxisRole, ...]:
    """The axes of the input of a network: batch, channels, space."""
    batch, channels, *space = dims
    sides = [AxisRole("space", size, place) for place, size in enumerate(space)]
    return AxisRole("batch", batch), AxisRole("channels", channels), *sides


def layer_axes(like: Signal, spatial: Sequence[int], channels: int) -> tuple[AxisRole, ...]:
    """The axes of a layer's output in the order of its input; the spatial axes may have gone."""
    out = []
    for axis in like.axes:
        if axis.kind == "channels":
            axis = axis._replace(size=channels)
        elif axis.kind == "space":
            axis = axis._replace(size=spatial[axis.place]) if spatial else AxisRole("one", 1)
        out.append(axis)
    return tuple(out)
