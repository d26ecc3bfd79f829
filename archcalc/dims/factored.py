"""Values on a mesh as dimensions, kept as sums of products of small arrays.

Every setting that varies is an axis of the mesh. Most formulas only add and multiply: the MACs of a layer are
a product of its channels, which vary along one axis, and of its sides, which vary along another. Such a
product is not multiplied out: two arrays of 1,000 numbers stand for the 1,000,000 numbers on the mesh. Terms
of a sum that share their other factors are added up first, as in ``3*s + 4*s = 7*s``. Only a division or a
comparison of several axes needs the numbers at every point.

Arrays are int64 if it is proven that every value fits. Terms may be larger on the way, and still the value is
right: int64 adds and multiplies exactly modulo 2^64, in any order. Else arrays hold Python ints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from archcalc.dims.arrays import Array, check_mesh

Axes: TypeAlias = frozenset[int]
Places: TypeAlias = tuple[slice, ...]
"""A part of the mesh: a slice of each axis."""


class MeshValue:
    """A value on the mesh; ``axes`` are those along which it varies."""

    __slots__ = ("_hash", "axes")

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self._hash: int | None = None

    @property
    def terms(self) -> Mapping[Key, Factor]:
        """The value as a sum: the first factor of each term, by its key."""
        raise NotImplementedError

    @property
    def factors(self) -> Sequence[Factor]:
        """All arrays that it is made of."""
        return [factor for (_, rest), first in self.terms.items() for factor in (first, *rest)]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers: int64, or object for Python ints."""
        return self.factors[0].numbers.dtype  # type: ignore[no-any-return]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of its numbers; an axis along which they do not vary has length 1."""
        return tuple(map(max, zip(*(factor.numbers.shape for factor in self.factors), strict=True)))

    @property
    def numbers(self) -> Array:
        """The numbers at every point."""
        return self.at((slice(None),) * len(self.shape))

    def at(self, places: Places) -> Array:
        """The numbers in a part of the mesh."""
        raise NotImplementedError

    def __add__(self, other: Operand) -> MeshValue:
        if type(other) is int and other == 0:
            return self  # a sum begins with 0
        if not isinstance(other, int | MeshValue):
            return NotImplemented
        if _are_arrays(self, other):
            return at_every_point(np.add, self, other)
        added = _constant(other, self) if isinstance(other, int) else other
        return _sum([*self.terms.items(), *added.terms.items()])

    def __mul__(self, other: Operand) -> MeshValue:
        if type(other) is int and other == 1:
            return self
        if not isinstance(other, int | MeshValue):
            return NotImplemented
        if _are_arrays(self, other):
            return at_every_point(np.multiply, self, other)
        if isinstance(other, int):
            return _sum((key, at_every_point(np.multiply, first, other)) for key, first in self.terms.items())
        return _sum(
            _product((first, *rest), (other_first, *other_rest))
            for (_, rest), first in self.terms.items()
            for (_, other_rest), other_first in other.terms.items()
        )

    def __neg__(self) -> MeshValue:
        return self * -1

    def __sub__(self, other: Operand) -> MeshValue:
        return self + -other

    def __rsub__(self, other: int) -> MeshValue:
        return -self + other

    def __floordiv__(self, other: Operand) -> MeshValue:
        return at_every_point(np.floor_divide, self, other)

    def __rfloordiv__(self, other: int) -> MeshValue:
        return at_every_point(np.floor_divide, other, self)

    __radd__ = __add__
    __rmul__ = __mul__


Operand: TypeAlias = MeshValue | int


class Factor(MeshValue):
    """An array. It is compared and hashed as a whole, so that equal layers are worked out once.

    A size that varies along one axis always is one array.
    """

    __slots__ = ("_numbers",)

    def __init__(self, numbers: Array, axes: Axes) -> None:
        super().__init__(axes)
        self._numbers = numbers

    @property
    def numbers(self) -> Array:
        return self._numbers

    @property
    def terms(self) -> Mapping[Key, Factor]:
        return {(self.axes, ()): self}

    def at(self, places: Places) -> Array:
        every = slice(None)
        return self.numbers[tuple(place if axis in self.axes else every for axis, place in enumerate(places))]

    def __hash__(self) -> int:
        if self._hash is None:
            # The bytes of Python ints are addresses, and not their values.
            is_int64 = self.numbers.dtype != object
            self._hash = hash(self.numbers.tobytes() if is_int64 else tuple(self.numbers.flat))
        return self._hash

    def __eq__(self, other: object) -> bool:
        """Whether both are the same array. Formulas use ``dims.same``, which answers for each point."""
        if self is other:
            return True
        if not isinstance(other, Factor) or hash(self) != hash(other) or self.axes != other.axes:
            return False
        return np.array_equal(self.numbers, other.numbers)


Key: TypeAlias = tuple[Axes, tuple[Factor, ...]]
"""What terms must share to be added up: the axes of their first factor, and all other factors."""

NO_AXES: Axes = frozenset()


class Factored(MeshValue):
    """A sum of products of factors along different axes."""

    __slots__ = ("_products", "_terms")

    def __init__(self, terms: Mapping[Key, Factor]) -> None:
        self._terms = terms
        self._products: Sequence[Sequence[Factor]] = ()
        super().__init__(NO_AXES.union(*(factor.axes for factor in self.factors)))

    @property
    def terms(self) -> Mapping[Key, Factor]:
        return self._terms

    def at(self, places: Places) -> Array:
        self._products = self._products or self._fewest_products()
        products = (
            reduce(np.multiply, (factor.at(places) for factor in factors)) for factors in self._products
        )
        return reduce(np.add, products)

    def _fewest_products(self) -> Sequence[Sequence[Factor]]:
        """The terms as they are, or the sums of those that share their first factor, if these are fewer."""
        turned = _sum(
            ((rest[0].axes, (first, *rest[1:])), rest[0]) if rest else (key, first)
            for key, first in self.terms.items()
            for rest in [key[1]]
        )
        fewer = min(self.terms, turned.terms, key=len)
        return [(first, *rest) for (_, rest), first in fewer.items()]

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        """Whether both are the same sum. Different sums may be equal at every point."""
        return self is other or (isinstance(other, Factored) and self.terms == other.terms)


def _constant(value: int, like: MeshValue) -> Factor:
    return Factor(np.full((1,) * len(like.shape), value, like.dtype), NO_AXES)


def _are_arrays(a: MeshValue, b: Operand) -> bool:
    """Whether both are arrays, and one varies along all axes of the other: together they are no larger."""
    if not isinstance(a, Factor):
        return False
    return isinstance(b, int) or (isinstance(b, Factor) and (a.axes <= b.axes or b.axes <= a.axes))


def _sum(terms: Iterable[tuple[Key, Factor]]) -> MeshValue:
    total: dict[Key, Factor] = {}
    for key, first in terms:
        before = total.get(key)
        total[key] = first if before is None else at_every_point(np.add, before, first)
    if len(total) == 1:
        (((_, rest), first),) = total.items()
        if not rest:
            return first
    return Factored(total)


def _product(left: Sequence[Factor], right: Sequence[Factor]) -> tuple[Key, Factor]:
    """The product of two terms. Factors that share an axis become one, so that all axes are different."""
    factors = list(left)
    for factor in right:
        apart = []
        for other in factors:
            if factor.axes and other.axes and factor.axes.isdisjoint(other.axes):
                apart.append(other)
            else:
                factor = at_every_point(np.multiply, factor, other)
        factors = [*apart, factor]
    first, *rest = sorted(factors, key=lambda factor: min(factor.axes, default=0))
    return (first.axes, tuple(rest)), first


def at_every_point(work: Callable[[Any, Any], Array], a: Operand, b: Operand) -> Factor:
    """What the work gives at every point. Raises TooManyNumbers."""
    axes = (NO_AXES if isinstance(a, int) else a.axes) | (NO_AXES if isinstance(b, int) else b.axes)
    return Factor(work(*numbers_of(a, b)), axes)


def numbers_of(*operands: Operand) -> list[Any]:
    """The numbers of the operands of an operation at every point. Raises TooManyNumbers."""
    values = [operand for operand in operands if not isinstance(operand, int)]
    if len(NO_AXES.union(*(value.axes for value in values))) > 1:
        check_mesh(value.shape for value in values)
    return [operand if isinstance(operand, int) else operand.numbers for operand in operands]
