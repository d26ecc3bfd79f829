"""NumPy arrays as dimensions: every formula is worked out for many networks at once.

A setting that varies is an array along an axis of its own (an open mesh), so what depends on one setting
stays as small as that axis, and only what depends on several is as large as the mesh. Values are int64, or
Python ints (dtype object) where int64 could overflow.

A comparison that comes out alike at every point is a plain bool; otherwise it is a mask of points.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from archcalc.dims import register

Array: TypeAlias = np.ndarray[Any, Any]


class _Arrays:
    """Floors are Python's. What is worked out at points that a claim excludes is never looked at."""

    def ceil_div(self, a: Any, b: Any) -> Any:
        return -(-a // b)

    def exact_div(self, a: Any, b: Any) -> Array:
        return a // b  # type: ignore[no-any-return]

    def larger(self, a: Any, b: Any) -> Any:
        return np.maximum(a, b)

    def smaller(self, a: Any, b: Any) -> Any:
        return np.minimum(a, b)

    def gcd(self, a: Any, b: Any) -> Any:
        return np.gcd(a, b)

    def number(self, a: Array) -> int | None:
        first = a.flat[0]
        return int(first) if (a == first).all() else None

    def same(self, a: Any, b: Any) -> Any:
        return decided(np.equal(a, b))

    def at_least(self, a: Any, b: Any) -> Any:
        return decided(np.greater_equal(a, b))

    def divides(self, a: Any, b: Any) -> Any:
        return decided(b - b // a * a == 0)


def decided(mask: Array) -> Any:
    """The mask as a plain bool where all points agree."""
    if mask.all():
        return True
    return mask if mask.any() else False


class ExactArray(Array):
    """Settings while a network is built: Python ints, and fractions where an expression divides.

    The expressions of a spec are rational (``channels * 0.5 // 1``), those of ops are not; so a network is
    built from these and then worked out in plain arrays (see ``settled``).
    """


class _Rationals(_Arrays):
    def exact_div(self, a: Any, b: Any) -> Array:
        return _RATIO(a, b).view(ExactArray)  # type: ignore[no-any-return]

    def gcd(self, a: Any, b: Any) -> Any:
        return np.gcd(a, b).view(ExactArray)


def _ratio(a: Any, b: Any) -> Any:
    ratio = Fraction(a) / Fraction(b)
    return ratio.numerator if ratio.denominator == 1 else ratio


_RATIO: Any = np.frompyfunc(_ratio, 2, 1)
_WHOLE: Any = np.frompyfunc(lambda value: value.denominator == 1, 1, 1)
_FLOOR: Any = np.frompyfunc(lambda value: value.numerator // value.denominator, 1, 1)


def mesh(axes: list[list[int]]) -> list[Array]:
    """The values of each axis as an array along that axis, for a network to be built from.

    >>> [array.shape for array in mesh([[16, 32], [128, 160, 192]])]
    [(2, 1), (1, 3)]
    """
    arrays: list[Array] = []
    for place, values in enumerate(axes):
        array = np.empty(len(values), dtype=object)
        array[:] = values
        shape = [1] * len(axes)
        shape[place] = len(values)
        arrays.append(array.reshape(shape).view(ExactArray))
    return arrays


def settled(array: Array, least: int, most: int) -> tuple[Array, Any]:
    """Whole numbers between two bounds, in Python ints, and whether (or where) they were that already.

    Other points get the nearest such number, so that no formula meets a fraction or a zero where there
    cannot be one; whoever asks leaves them out.
    """
    plain = np.asarray(array)
    whole = _WHOLE(plain).astype(bool)
    floors = plain if whole.all() else _FLOOR(plain)
    inside = np.minimum(np.maximum(floors, least), most)
    return inside, decided(whole & (inside == floors))


def as_int64(array: Array) -> Array:
    """The same numbers in int64; they must fit."""
    return np.asarray(array).astype(np.int64)


register(np.ndarray, _Arrays())
register(ExactArray, _Rationals())
