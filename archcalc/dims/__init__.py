"""A dimension is any value that can be added, multiplied and floor-divided.

Formulas are written once, over dimensions. A *kind* of dimension is a type of values to compute them with:
plain ints here, and traced ints, SymPy symbols, arrays and intervals in their own files. This module has the
arithmetic for which Python has no operator. A kind registers itself when its module is imported. Kinds mix
with plain ints, but not with each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, Protocol, TypeAlias, TypeGuard

# `Any`, because the kinds share operators and no base class: a protocol would have to name the type of every
# result.
Dim: TypeAlias = Any
"""A size, a count or a cost: an int, or a value of a registered kind."""

Truth: TypeAlias = Any
"""The result of a comparison: a bool, or what the kind returns instead (a relation, a mask, UNDECIDED)."""


class Kind(Protocol):
    """The arithmetic of one kind of dimension; ``a`` and ``b`` are ints or values of that kind."""

    def ceil_div(self, a: Dim, b: Dim) -> Dim: ...
    def exact_div(self, a: Dim, b: Dim) -> Dim: ...
    def larger(self, a: Dim, b: Dim) -> Dim: ...
    def smaller(self, a: Dim, b: Dim) -> Dim: ...
    def gcd(self, a: Dim, b: Dim) -> Dim: ...
    def number(self, a: Dim) -> int | None: ...
    def same(self, a: Dim, b: Dim) -> Truth: ...
    def at_least(self, a: Dim, b: Dim) -> Truth: ...
    def divides(self, a: Dim, b: Dim) -> Truth: ...


class _Ints:
    """Plain ints: exact, and every comparison is decided."""

    def ceil_div(self, a: int, b: int) -> int:
        return -(-a // b)

    def exact_div(self, a: int, b: int) -> int:
        return a // b

    def larger(self, a: int, b: int) -> int:
        return a if a >= b else b

    def smaller(self, a: int, b: int) -> int:
        return a if a <= b else b

    def gcd(self, a: int, b: int) -> int:
        return math.gcd(a, b)

    def number(self, a: int) -> int:
        return a

    def same(self, a: int, b: int) -> bool:
        return a == b

    def at_least(self, a: int, b: int) -> bool:
        return a >= b

    def divides(self, a: int, b: int) -> bool:
        return b % a == 0


INTS: Kind = _Ints()
_KINDS: dict[type, Kind] = {int: INTS}


def register(dimension: type, kind: Kind) -> None:
    """Use ``kind`` for dimensions of this type and of its subclasses."""
    _KINDS[dimension] = kind


def kind_of(a: Dim, b: Dim = 0) -> Kind:
    """The kind of one or two dimensions; plain ints mix with every kind.

    Raises TypeError for a value that is not a dimension (a bool, a float), and for two different kinds.
    """
    # Not isinstance: a bool is an int too.
    if type(a) is int:
        return INTS if type(b) is int else _other_kind(b)
    kind = _other_kind(a)
    if type(b) is not int and _other_kind(b) is not kind:
        raise TypeError(f"two kinds of dimension meet: {(a, b)!r}")
    return kind


def _other_kind(dim: Dim) -> Kind:
    """The kind of a dimension that is no plain int."""
    kind = next((_KINDS[base] for base in type(dim).__mro__ if base in _KINDS), INTS)
    if kind is INTS:
        raise TypeError(f"{dim!r} is not a dimension")
    return kind


def ceil_div(a: Dim, b: Dim) -> Dim:
    """The quotient rounded up.

    >>> ceil_div(7, 2), ceil_div(-7, 2), ceil_div(8, 2)
    (4, -3, 4)
    """
    return kind_of(a, b).ceil_div(a, b)


def exact_div(a: Dim, b: Dim) -> Dim:
    """The quotient of a division that is exact, as a precondition of the op states.

    >>> exact_div(216, 4)
    54
    """
    return kind_of(a, b).exact_div(a, b)


def larger(a: Dim, b: Dim) -> Dim:
    """The larger of two dimensions."""
    return kind_of(a, b).larger(a, b)


def smaller(a: Dim, b: Dim) -> Dim:
    """The smaller of two dimensions."""
    return kind_of(a, b).smaller(a, b)


def gcd(a: Dim, b: Dim) -> Dim:
    """The greatest common divisor.

    >>> gcd(12, 18)
    6
    """
    return kind_of(a, b).gcd(a, b)


def same(a: Dim, b: Dim) -> Truth:
    """Whether both are equal."""
    return kind_of(a, b).same(a, b)


def same_or_one(a: Dim, b: Dim) -> Truth:
    """Whether both are equal, or ``b`` is 1.

    >>> same_or_one(56, 56), same_or_one(56, 1), same_or_one(1, 56)
    (True, True, False)
    """
    truth = same(a, b)
    if isinstance(truth, bool):
        return truth or number(b) == 1
    # Of symbols and arrays: one comparison that each kind can make, for both cases.
    return number(b) == 1 or same((a - b) * (b - 1), 0)


def at_least(a: Dim, b: Dim) -> Truth:
    """Whether ``a >= b``."""
    return kind_of(a, b).at_least(a, b)


def divides(a: Dim, b: Dim) -> Truth:
    """Whether ``a`` divides ``b`` without a remainder."""
    return kind_of(a, b).divides(a, b)


prod: Callable[[Iterable[Dim]], Dim] = math.prod
"""The product; 1 for no dimensions. Python's own multiplies values of every kind."""


def number(dim: Dim) -> int | None:
    """The int that a dimension stands for, for a message; None if it stands for several (a symbol).

    >>> number(224)
    224
    """
    return kind_of(dim).number(dim)


def is_plain(dim: Dim, value: int) -> bool:
    """Whether a dimension is this plain int. A value of another kind never is, also if it is equal.

    >>> is_plain(1, 1), is_plain(2, 1), is_plain(True, 1)
    (True, False, False)
    """
    # The type comes first: an array compares each of its values, and a symbol gives a relation.
    return type(dim) is int and dim == value


def is_rational(value: object) -> TypeGuard[int | Fraction]:
    """Whether a value is an int or a fraction; a flag is neither."""
    return isinstance(value, int | Fraction) and not isinstance(value, bool)
