"""NumPy arrays as dimensions: a formula is computed for many networks at once.

Every setting that varies is an array along a separate axis (an open mesh). So a value that depends on one
setting is as small as that axis, and only a value that depends on several settings is as large as the mesh.
Values are int64, or Python ints (dtype object) where int64 could overflow.

A comparison with the same result at every point is a plain bool. Otherwise it is a mask of points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from archcalc.dims import register

Array: TypeAlias = np.ndarray[Any, Any]
Operand: TypeAlias = Array | int
Mask: TypeAlias = bool | Array
"""A bool, if it is the same at every point."""


class _Arrays:
    """Floors are Python's. Values at points that a precondition excludes are computed too, and never used."""

    def ceil_div(self, a: Operand, b: Operand) -> Operand:
        return -(-a // b)

    def exact_div(self, a: Operand, b: Operand) -> Operand:
        return a // b

    def larger(self, a: Operand, b: Operand) -> Operand:
        return np.maximum(a, b)

    def smaller(self, a: Operand, b: Operand) -> Operand:
        return np.minimum(a, b)

    def gcd(self, a: Operand, b: Operand) -> Operand:
        return np.gcd(a, b)

    def number(self, a: Array) -> int | None:
        # A message can name a size only if all points share it.
        first = a.flat[0]
        return int(first) if (a == first).all() else None

    def same(self, a: Operand, b: Operand) -> Mask:
        return decided(np.equal(a, b))

    def at_least(self, a: Operand, b: Operand) -> Mask:
        return decided(np.greater_equal(a, b))

    def divides(self, a: Operand, b: Operand) -> Mask:
        return decided(np.equal(b - b // a * a, 0))


def decided(mask: Array) -> Mask:
    """The mask, or a plain bool if all points agree."""
    if mask.all():
        return True
    return mask if mask.any() else False


MOST_NUMBERS = 1 << 18
"""The most numbers of an array that varies along several axes; as int64 it takes 2 MiB."""


class TooManyNumbers(Exception):
    """A mesh of more than MOST_NUMBERS points has an operation that needs the numbers at every point."""


def check_mesh(shapes: Iterable[tuple[int, ...]]) -> None:
    """Raises TooManyNumbers if arrays of these shapes make a large array together, along several axes."""
    shape = list(map(max, zip(*shapes, strict=True)))
    if sum(length > 1 for length in shape) > 1 and math.prod(shape) > MOST_NUMBERS:
        raise TooManyNumbers


class ExactArray(Array):
    """Settings while a network is built: Python ints, and fractions where an expression of the spec divides.

    Expressions of a spec can have fractions (``channels * 0.5 // 1``); formulas of ops cannot. So a network
    is built from exact arrays, and then computed in plain arrays (see ``settled``).
    """

    def __array_ufunc__(self, ufunc: Any, method: Any, *inputs: Any, **kwargs: Any) -> Any:
        """What NumPy does with an operation of exact arrays; a large mesh is refused before it is made."""
        check_mesh(value.shape for value in inputs if isinstance(value, np.ndarray))
        plain = [np.asarray(value) if isinstance(value, ExactArray) else value for value in inputs]
        result = getattr(ufunc, method)(*plain, **kwargs)
        return result.view(ExactArray) if isinstance(result, np.ndarray) else result


class _Rationals(_Arrays):
    """Division is exact, as in an expression of a spec; all other operations are those of arrays."""

    def exact_div(self, a: Operand, b: Operand) -> Array:
        return _RATIO(a, b).view(ExactArray)  # type: ignore[no-any-return]

    def gcd(self, a: Operand, b: Operand) -> Array:
        return np.gcd(a, b).view(ExactArray)


def _ratio(a: int | Fraction, b: int | Fraction) -> int | Fraction:
    ratio = Fraction(a) / Fraction(b)
    # Whole quotients are ints again, so that fractions stay few and slow arithmetic with them too.
    return ratio.numerator if ratio.denominator == 1 else ratio


_RATIO: Any = np.frompyfunc(_ratio, 2, 1)
_WHOLE: Any = np.frompyfunc(lambda value: value.denominator == 1, 1, 1)
_FLOOR: Any = np.frompyfunc(lambda value: value.numerator // value.denominator, 1, 1)


def mesh(axes: list[list[int]]) -> list[Array]:
    """The values of each axis as an exact array along that axis.

    >>> [array.shape for array in mesh([[16, 32], [128, 160, 192]])]
    [(2, 1), (1, 3)]
    """
    arrays: list[Array] = []
    for place, values in enumerate(axes):
        # Made empty and then filled: np.array(values) would choose int64 itself.
        array = np.empty(len(values), dtype=object)
        array[:] = values
        shape = [1] * len(axes)
        shape[place] = len(values)
        arrays.append(array.reshape(shape).view(ExactArray))
    return arrays


def settled(array: Array, least: int, most: int) -> tuple[Array, Mask]:
    """Round to integers between two bounds (int64 or Python ints), and tell which points were such already.

    The caller leaves out the other points. They get the nearest valid number, so that no formula fails on a
    fraction or divides by zero.
    """
    plain = np.asarray(array)
    with suppress(OverflowError):
        # Nearly always all are small integers, and then Python need not look at each.
        small = plain.astype(np.int64)
        if (small == plain).all():
            clipped = np.clip(small, least, most)
            return clipped, decided(clipped == small)
    whole = _WHOLE(plain).astype(bool)
    # Rounding every point calls Python for each, so it is left out where it changes nothing.
    floors = plain if whole.all() else _FLOOR(plain)
    clipped = np.minimum(np.maximum(floors, least), most)
    return clipped, decided(whole & (clipped == floors))


def as_int64(array: Array) -> Array:
    """The same numbers in int64; they must fit."""
    return np.asarray(array).astype(np.int64)


register(np.ndarray, _Arrays())
register(ExactArray, _Rationals())
