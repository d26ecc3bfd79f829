"""Parts of a mesh: which values of each setting a piece of a sweep covers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple


class MeshPart(NamedTuple):
    """Some of the points: from which to which of its values each setting goes."""

    spans: tuple[tuple[int, int], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(stop - start for start, stop in self.spans)

    @property
    def points(self) -> int:
        return math.prod(self.shape)

    def split(self, axes: Sequence[int]) -> Iterator[MeshPart]:
        """The part value by value along some axes."""
        ranges = [
            [(at, at + 1) for at in range(*span)] if axis in axes else [span]
            for axis, span in enumerate(self.spans)
        ]
        return (MeshPart(spans) for spans in product(*ranges))

    def chunks(self, most: int) -> Iterator[MeshPart]:
        """The part in pieces of at most so many points, in order; the last axes stay whole."""
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
