"""The windows of an attention in ONNX: a map that is filled up, moved in a circle, and put back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.onnx.graph import OnnxWriter
from archcalc.exporters.onnx.tokens import product, project
from archcalc.ops.base import Volume, per_axis


class DividedMap(NamedTuple):
    """The windows of a map: for each axis its positions, the number of windows, their side and their shift.

    Without windows there is one axis, of all positions.
    """

    spatial: Sequence[int]
    axes: Sequence[tuple[int, int]]
    shifts: Sequence[int]

    @property
    def filled(self) -> tuple[int, ...]:
        """The positions along each axis; the positions that fill the last windows are counted, too."""
        if len(self.axes) != len(self.spatial):
            return tuple(self.spatial)
        return tuple(count * side for count, side in self.axes)

    @property
    def is_moved(self) -> bool:
        """Whether the map is filled up or shifted."""
        return self.filled != tuple(self.spatial) or any(self.shifts)

    def entered(self, layer: Placed, writer: OnnxWriter, x: str) -> str:
        """The map as the windows divide it."""
        rank = len(self.spatial)
        rests = [whole - size for whole, size in zip(self.filled, self.spatial, strict=True)]
        if any(rests):
            pads = writer.constant(layer, "filled/pads", [*(0,) * (rank + 2), 0, *rests, 0])
            x = writer.before(layer, "Pad", "filled/Pad", [x, pads])
        return self._rolled(layer, writer, "shifted", x, self.shifts)

    def left(self, layer: Placed, writer: OnnxWriter, x: str) -> None:
        """The output of the layer, from the heads side by side: the map moved back, projected, and cut."""
        back = [size - by if by else 0 for size, by in zip(self.filled, self.shifts, strict=True)]
        x = self._rolled(layer, writer, "back", x, back)
        if self.filled == tuple(self.spatial):
            project(layer, writer, x, "out")
            return
        type, at, read = product(layer, writer, x, "out")
        limits = {"starts": [0] * len(self.spatial), "ends": self.spatial}
        limits["axes"] = range(1, len(self.spatial) + 1)
        given = [writer.constant(layer, f"cut/{name}", values) for name, values in limits.items()]
        writer.add(layer, "Slice", [writer.before(layer, type, at, read), *given], last=True)

    def _rolled(self, layer: Placed, writer: OnnxWriter, name: str, x: str, shifts: Sequence[int]) -> str:
        """The map moved in a circle towards the start."""
        for axis, (size, by) in enumerate(zip(self.filled, shifts, strict=True), 1):
            if not by:
                continue
            at = f"{name}/axis{axis}"
            parts = []
            for part, limits in (("end", (by, size)), ("start", (0, by))):
                numbers = [
                    writer.constant(layer, f"{at}/{part}/{what}", [value])
                    for what, value in zip(("starts", "ends", "axes"), (*limits, axis), strict=True)
                ]
                parts.append(writer.before(layer, "Slice", f"{at}/{part}/Slice", [x, *numbers]))
            x = writer.before(layer, "Concat", f"{at}/Concat", parts, axis=axis)
        return x

    def masked(self, layer: Placed, writer: OnnxWriter, scores: str, head_axes: int) -> str:
        """The scores of tokens that meet only because the map was moved, replaced by minus infinity."""
        if not any(self.shifts):
            return scores
        regions = writer.constant(layer, "regions/numbers", self._regions())
        tokens = math.prod(side for _, side in self.axes)
        sides = []
        for name, form in (("queries", (tokens, 1)), ("keys", (1, tokens))):
            sizes = writer.constant(layer, f"regions/{name}/shape", [-1, *(1,) * head_axes, *form])
            sides.append(writer.before(layer, "Reshape", f"regions/{name}/Reshape", [regions, sizes]))
        alike = writer.before(layer, "Equal", "regions/Equal", sides)
        lowest = writer.scalar(layer, "regions/lowest", -math.inf)
        return writer.before(layer, "Where", "regions/Where", [alike, scores, lowest])

    def _regions(self) -> list[int]:
        """For the positions of one window after the other: the part of the map from which each comes."""
        numbers = []
        for places in itertools.product(*(range(count) for count, _ in self.axes)):
            along = [
                [self._part(axis, place * side + at) for at in range(side)]
                for axis, (place, (_, side)) in enumerate(zip(places, self.axes, strict=True))
            ]
            for parts in itertools.product(*along):
                numbers.append(sum(part * 3**axis for axis, part in enumerate(parts)))
        return numbers

    def _part(self, axis: int, position: int) -> int:
        """0 before the last window; in it 1, and 2 for what was at the start of the map."""
        (_, side), size, shift = self.axes[axis], self.filled[axis], self.shifts[axis]
        if not shift or position < size - side:
            return 0
        return 1 if position < size - shift else 2


def windows_of(op: Any, x: Volume) -> DividedMap:
    """The windows of an attention over a map."""
    if op.windows is None:
        return DividedMap(x.spatial, [(1, math.prod(x.spatial))], [0] * x.rank)
    sides = per_axis(op.windows, x.rank)
    axes = [(-(-size // side), side) for size, side in zip(x.spatial, sides, strict=True)]
    shifts = per_axis(op.shift, x.rank)
    # An axis of one window is not shifted.
    return DividedMap(
        x.spatial, axes, [by if count > 1 else 0 for (count, _), by in zip(axes, shifts, strict=True)]
    )
