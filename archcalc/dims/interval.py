"""Intervals as dimensions: the bounds of every intermediate result of a formula.

>>> side = Interval(8, 224)
>>> out = (side - 3) // 2 + 1
>>> out, (side * side).worst
(Interval(3, 111), 50176)

Bounds are exact integers or fractions. Each operation takes the widest bounds that its operands allow. So an
interval contains every possible value, and may contain more: ``x - x`` is not known to be 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd
from typing import TypeAlias, Union

from archcalc.dims import Truth, register

Bound: TypeAlias = int | Fraction
Operand = Union[int, Fraction, "Interval"]

INT64_MOST = 2**63 - 1
"""The largest int64. Between -INT64_MOST and it neither a value nor its negative overflows."""


class _Undecided:
    """The result of a comparison that holds for some values of the intervals and fails for others."""

    def __repr__(self) -> str:
        return "UNDECIDED"

    def __bool__(self) -> bool:
        raise TypeError("a comparison of intervals is undecided")


UNDECIDED = _Undecided()


class Interval:
    """All numbers from ``low`` to ``high``.

    ``worst`` is the largest magnitude of any intermediate result: int64 is safe if it is at most INT64_MOST.
    """

    __slots__ = ("high", "low", "worst")

    def __init__(self, low: Bound, high: Bound, worst: Bound = 0) -> None:
        self.low = low
        self.high = high
        self.worst = max(worst, -low, high)

    def __repr__(self) -> str:
        return f"Interval({self.low}, {self.high})"

    def __eq__(self, other: object) -> bool:
        """Whether both have the same bounds, and came from numbers of the same magnitude."""
        if not isinstance(other, Interval):
            return False
        return (self.low, self.high, self.worst) == (other.low, other.high, other.worst)

    def __hash__(self) -> int:
        return hash((self.low, self.high, self.worst))

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
        # A product is largest and smallest at the corners.
        return _hull([x * y for x in (self.low, self.high) for y in (b.low, b.high)], self, b)

    def __floordiv__(self, other: Operand) -> Interval:
        if (b := _interval(other)) is None:
            return NotImplemented
        # A quotient is extreme at the corners too, and next to 0. Without a divisor a precondition has
        # failed: any bound.
        return _hull([x // y for x in (self.low, self.high) for y in _divisors(b)] or [0], self, b)

    def __rfloordiv__(self, other: Operand) -> Interval:
        if (a := _interval(other)) is None:
            return NotImplemented
        return a // self

    __radd__ = __add__
    __rmul__ = __mul__


def _interval(value: Operand) -> Interval | None:
    if isinstance(value, Interval):
        return value
    return Interval(value, value) if type(value) in (int, Fraction) else None


def _of(value: Operand) -> Interval:
    interval = _interval(value)
    if interval is None:
        raise TypeError(f"{value!r} is not a dimension")
    return interval


def _hull(bounds: Iterable[Bound], a: Interval, b: Interval) -> Interval:
    """The interval around some bounds, with the worst intermediate result of both operands."""
    bounds = list(bounds)
    return Interval(min(bounds), max(bounds), max(a.worst, b.worst))


def _divisors(b: Interval) -> list[Bound]:
    """The divisors with the extreme quotients. 0 is left out: there a precondition of the op has failed."""
    ends = [y for y in (b.low, b.high) if y != 0]
    # If the interval contains 0, the integers next to 0 give the largest quotients.
    return [*ends, *([1] if b.low <= 0 < b.high else []), *([-1] if b.low < 0 <= b.high else [])]


class _Intervals:
    """A comparison is a bool if it has the same result for all values, else UNDECIDED."""

    def ceil_div(self, a: Operand, b: Operand) -> Interval:
        return -(-_of(a) // b)

    def exact_div(self, a: Operand, b: Operand) -> Interval:
        # In an expression of a spec the quotient is exact, in an op it is rounded down: the bounds contain
        # both.
        x, y = _of(a), _of(b)
        exact = [Fraction(over) / under for over in (x.low, x.high) for under in _divisors(y)]
        exact = exact or [Fraction(0)]
        return _hull([min(exact).__floor__(), _whole(max(exact))], x, y)

    def larger(self, a: Operand, b: Operand) -> Interval:
        x, y = _of(a), _of(b)
        return _hull([max(x.low, y.low), max(x.high, y.high)], x, y)

    def smaller(self, a: Operand, b: Operand) -> Interval:
        x, y = _of(a), _of(b)
        return _hull([min(x.low, y.low), min(x.high, y.high)], x, y)

    def gcd(self, a: Operand, b: Operand) -> Interval:
        x, y = _of(a), _of(b)
        if x.low == x.high and y.low == y.high:
            both = gcd(int(x.low), int(y.low))
            return _hull([both], x, y)
        if x.low > 0 and y.low > 0:
            return _hull([1, min(x.high, y.high)], x, y)
        return _hull([0, max(-x.low, x.high, -y.low, y.high)], x, y)

    def number(self, a: Interval) -> int | None:
        return int(a.low) if a.low == a.high else None

    def same(self, a: Operand, b: Operand) -> Truth:
        x, y = _of(a), _of(b)
        if x.low == x.high == y.low == y.high:
            return True
        return False if x.high < y.low or y.high < x.low else UNDECIDED

    def at_least(self, a: Operand, b: Operand) -> Truth:
        x, y = _of(a), _of(b)
        if x.low >= y.high:
            return True
        return False if x.high < y.low else UNDECIDED

    def divides(self, a: Operand, b: Operand) -> Truth:
        x, y = _of(a), _of(b)
        if x.low == x.high and y.low == y.high and x.low != 0:
            return y.low % x.low == 0
        return True if x.low == x.high == 1 else UNDECIDED


def _whole(value: Fraction) -> Bound:
    return value.numerator if value.denominator == 1 else value


register(Interval, _Intervals())
