"""Intervals as dimensions: between which bounds every intermediate result of a formula lies.

>>> side = Interval(8, 224)
>>> out = (side - 3) // 2 + 1
>>> out, (side * side).worst
(Interval(3, 111), 50176)

Bounds are exact; they are the widest that each operation allows by itself, so they contain every value that
can come out, and may contain more (``x - x`` is not known to be 0).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd
from typing import Any, TypeAlias, Union

from archcalc.dims import register

Bound: TypeAlias = int | Fraction
Operand = Union[int, Fraction, "Interval"]

INT64_MOST = 2**63 - 1
"""The largest int64; -INT64_MOST and it are the bounds within which no operation of a kind overflows."""


class _Undecided:
    """What a comparison gives that holds for some values of the intervals and not for others."""

    def __repr__(self) -> str:
        return "UNDECIDED"

    def __bool__(self) -> bool:
        raise TypeError("a comparison of intervals is undecided")


UNDECIDED = _Undecided()


class Interval:
    """All numbers from ``low`` to ``high``; ``worst`` is the largest magnitude met on the way to them."""

    __slots__ = ("high", "low", "worst")

    def __init__(self, low: Bound, high: Bound, worst: Bound = 0) -> None:
        self.low = low
        self.high = high
        self.worst = max(worst, -low, high)

    def __repr__(self) -> str:
        return f"Interval({self.low}, {self.high})"

    def __contains__(self, value: Bound) -> bool:
        return self.low <= value <= self.high

    def __add__(self, other: Operand) -> Interval:
        if (b := _interval(other)) is None:
            return NotImplemented
        return Interval(self.low + b.low, self.high + b.high, max(self.worst, b.worst))

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low, self.worst)

    def __sub__(self, other: Operand) -> Interval:
        if (b := _interval(other)) is None:
            return NotImplemented
        return Interval(self.low - b.high, self.high - b.low, max(self.worst, b.worst))

    def __rsub__(self, other: Operand) -> Interval:
        return -self + other

    def __mul__(self, other: Operand) -> Interval:
        if (b := _interval(other)) is None:
            return NotImplemented
        return _hull([x * y for x in (self.low, self.high) for y in (b.low, b.high)], self, b)

    def __floordiv__(self, other: Operand) -> Interval:
        if (b := _interval(other)) is None:
            return NotImplemented
        return _hull([x // y for x in (self.low, self.high) for y in _divisors(b)] or [0], self, b)

    def __rfloordiv__(self, other: Operand) -> Interval:
        if (a := _interval(other)) is None:
            return NotImplemented
        return a // self

    __radd__ = __add__
    __rmul__ = __mul__


def _interval(value: Any) -> Interval | None:
    if isinstance(value, Interval):
        return value
    return Interval(value, value) if type(value) in (int, Fraction) else None


def _of(value: Operand) -> Interval:
    found = _interval(value)
    if found is None:
        raise TypeError(f"{value!r} is no dimension")
    return found


def _hull(bounds: Iterable[Bound], a: Interval, b: Interval) -> Interval:
    bounds = list(bounds)
    return Interval(min(bounds), max(bounds), max(a.worst, b.worst))


def _divisors(b: Interval) -> list[Bound]:
    """The divisors that give the extreme quotients; 0 is none (where it stands a claim has failed)."""
    ends = [y for y in (b.low, b.high) if y != 0]
    # An interval that goes from or through 0 holds the divisors next to it.
    return [*ends, *([1] if b.low <= 0 < b.high else []), *([-1] if b.low < 0 <= b.high else [])]


class _Intervals:
    def ceil_div(self, a: Operand, b: Operand) -> Interval:
        return -(-_of(a) // b)

    def exact_div(self, a: Operand, b: Operand) -> Interval:
        # The exact quotient in an expression of a spec, the one rounded down in an op: both lie here.
        one, other = _of(a), _of(b)
        exact = [Fraction(x) / y for x in (one.low, one.high) for y in _divisors(other)] or [Fraction(0)]
        return _hull([min(exact).__floor__(), _whole(max(exact))], one, other)

    def larger(self, a: Operand, b: Operand) -> Interval:
        one, other = _of(a), _of(b)
        return _hull([max(one.low, other.low), max(one.high, other.high)], one, other)

    def smaller(self, a: Operand, b: Operand) -> Interval:
        one, other = _of(a), _of(b)
        return _hull([min(one.low, other.low), min(one.high, other.high)], one, other)

    def gcd(self, a: Operand, b: Operand) -> Interval:
        one, other = _of(a), _of(b)
        if one.low == one.high and other.low == other.high:
            both = gcd(int(one.low), int(other.low))
            return _hull([both], one, other)
        if one.low > 0 and other.low > 0:
            return _hull([1, min(one.high, other.high)], one, other)
        return _hull([0, max(-one.low, one.high, -other.low, other.high)], one, other)

    def number(self, a: Interval) -> int | None:
        return int(a.low) if a.low == a.high else None

    def same(self, a: Operand, b: Operand) -> Any:
        one, other = _of(a), _of(b)
        if one.low == one.high == other.low == other.high:
            return True
        return False if one.high < other.low or other.high < one.low else UNDECIDED

    def at_least(self, a: Operand, b: Operand) -> Any:
        one, other = _of(a), _of(b)
        if one.low >= other.high:
            return True
        return False if one.high < other.low else UNDECIDED

    def divides(self, a: Operand, b: Operand) -> Any:
        one, other = _of(a), _of(b)
        if one.low == one.high and other.low == other.high and one.low != 0:
            return other.low % one.low == 0
        return True if one.low == one.high == 1 else UNDECIDED


def _whole(value: Fraction) -> Bound:
    return value.numerator if value.denominator == 1 else value


register(Interval, _Intervals())
