"""Parts of a mesh: the values of each setting that a piece of a sweep covers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple


class MeshPart(NamedTuple):
    """A part of the mesh: for each setting the first index of its values, and the index after the last."""

    spans: tuple[tuple[int, int], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(stop - start for start, stop in self.spans)

    @property
    def points(self) -> int:
        return math.prod(self.shape)

    def within(self, whole: MeshPart) -> tuple[slice, ...]:
        """Where the part lies in another part, as a slice of each axis."""
        return tuple(
            slice(start - first, stop - first)
            for (start, stop), (first, _) in zip(self.spans, whole.spans, strict=True)
        )

    def split(self, axes: Sequence[int]) -> Iterator[MeshPart]:
        """Split the part along some axes, into one part per value."""
        ranges = [
            [(at, at + 1) for at in range(*span)] if axis in axes else [span]
            for axis, span in enumerate(self.spans)
        ]
        return (MeshPart(spans) for spans in product(*ranges))

    def chunks(self, most: int) -> Iterator[MeshPart]:
        """Split the part into pieces of at most so many points, in order; the last axes stay whole."""
        # The first axis along which a single value has few enough points is cut into ranges.
        rest, axis = self.points, 0
        while rest > most and axis < len(self.spans):
            start, stop = self.spans[axis]
            rest //= stop - start
            if rest <= most:
                step = max(1, most // max(1, rest))
                for before in MeshPart(self.spans[:axis]).split(range(axis)):
                    for at in range(start, stop, step):
                        yield MeshPart((*before.spans, (at, min(at + step, stop)), *self.spans[axis + 1 :]))
                return
            axis += 1
        yield self
