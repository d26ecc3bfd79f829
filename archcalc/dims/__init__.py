"""What a dimension is: anything that adds, multiplies and floor-divides.

Formulas are written once over dimensions; a *kind* of dimension is what is poured into them: plain
ints here, others (traced ints, SymPy symbols, ...) in their own files. This module holds the
arithmetic that Python has no operator for. A kind registers itself when its module is imported;
kinds do not mix with each other, only with plain ints.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import reduce
from operator import mul
from typing import Any, Protocol, TypeAlias

Dim: TypeAlias = Any
"""A size, a count or a cost: an int, or a value of one registered kind."""

Truth: TypeAlias = Any
"""What a comparison of dimensions gives: a bool, or what the kind says instead (a relation, a mask)."""


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
    """Let ``kind`` speak for dimensions of that type and of its subclasses."""
    _KINDS[dimension] = kind


def kind_of(*dims: Dim) -> Kind:
    """The one kind among these dimensions; plain ints mix with every kind.

    Raises TypeError if a value is no dimension (a bool, a float) or if two kinds meet.
    """
    found = INTS
    for dim in dims:
        if type(dim) is int:
            continue
        kind = next((_KINDS[base] for base in type(dim).__mro__ if base in _KINDS), None)
        if kind is None or kind is INTS:
            raise TypeError(f"{dim!r} is no dimension")
        if found is not INTS and found is not kind:
            raise TypeError(f"two kinds of dimension meet: {dims!r}")
        found = kind
    return found


def ceil_div(a: Dim, b: Dim) -> Dim:
    """The quotient rounded up.

    >>> ceil_div(7, 2), ceil_div(-7, 2), ceil_div(8, 2)
    (4, -3, 4)
    """
    return kind_of(a, b).ceil_div(a, b)


def exact_div(a: Dim, b: Dim) -> Dim:
    """The quotient of a division that a claim says is exact.

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


def at_least(a: Dim, b: Dim) -> Truth:
    """Whether ``a >= b``."""
    return kind_of(a, b).at_least(a, b)


def divides(a: Dim, b: Dim) -> Truth:
    """Whether ``a`` divides ``b`` without a remainder."""
    return kind_of(a, b).divides(a, b)


def prod(dims: Iterable[Dim]) -> Dim:
    """The product; 1 of none.

    >>> prod([11, 11, 3]), prod([])
    (363, 1)
    """
    return reduce(mul, dims, 1)


def number(dim: Dim) -> int | None:
    """The one int that a dimension stands for, for a message; None if there is none (a symbol).

    >>> number(224)
    224
    """
    return kind_of(dim).number(dim)
