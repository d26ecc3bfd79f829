"""Values on a mesh as a kind of dimension: see ``dims.factored``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np

from archcalc import dims
from archcalc.dims import register
from archcalc.dims.arrays import Array, Mask
from archcalc.dims.factored import Axes, Factor, Key, MeshValue, Operand, Places, at_every_point, numbers_of


def on_axes(numbers: Array) -> Factor:
    """An array, with one axis for each axis of the mesh, as a value on the mesh."""
    return Factor(numbers, frozenset(axis for axis, length in enumerate(numbers.shape) if length > 1))


class Largest(MeshValue):
    """The largest of several values at each point. It is worked out only where it is asked for.

    ``values`` is a dict without items, because equal blocks need equal memory: each value is compared once.
    """

    __slots__ = ("values",)

    def __init__(self, values: dict[MeshValue, None], axes: Axes) -> None:
        super().__init__(axes)
        self.values = values

    @property
    def terms(self) -> Mapping[Key, Factor]:
        (numbers,) = numbers_of(self)
        return {(self.axes, ()): Factor(numbers, self.axes)}

    @property
    def factors(self) -> Sequence[Factor]:
        return [factor for value in self.values for factor in value.factors]

    def at(self, places: Places) -> Array:
        return reduce(np.maximum, (value.at(places) for value in self.values))

    def __mul__(self, other: Operand) -> MeshValue:
        if isinstance(other, int) and other >= 0:
            return Largest({value * other: None for value in self.values}, self.axes)
        return super().__mul__(other)

    __rmul__ = __mul__


class _MeshValues:
    """Sums and products stay factored; for all other operations they are multiplied out."""

    def ceil_div(self, a: Operand, b: Operand) -> Operand:
        return -(-a // b)

    def exact_div(self, a: Operand, b: Operand) -> Operand:
        return a // b

    def larger(self, a: Operand, b: Operand) -> Operand:
        if isinstance(a, int) or isinstance(b, int) or len(a.axes | b.axes) < 2:
            return at_every_point(np.maximum, a, b)
        candidates = [value.values if isinstance(value, Largest) else {value: None} for value in (a, b)]
        return Largest(candidates[0] | candidates[1], a.axes | b.axes)

    def smaller(self, a: Operand, b: Operand) -> Operand:
        return at_every_point(np.minimum, a, b)

    def gcd(self, a: Operand, b: Operand) -> Operand:
        return at_every_point(np.gcd, a, b)

    def number(self, a: MeshValue) -> int | None:
        return dims.number(*numbers_of(a))

    def same(self, a: Operand, b: Operand) -> Mask:
        # Equal sums are equal at every point; different sums may be.
        mask: Mask = a == b or dims.same(*numbers_of(a, b))
        return mask

    def at_least(self, a: Operand, b: Operand) -> Mask:
        mask: Mask = dims.at_least(*numbers_of(a, b))
        return mask

    def divides(self, a: Operand, b: Operand) -> Mask:
        mask: Mask = dims.divides(*numbers_of(a, b))
        return mask


register(MeshValue, _MeshValues())
