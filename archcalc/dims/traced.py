"""Traced ints: ints that remember how they came about.

>>> w, f, s = Traced(227, "W"), Traced(11, "F"), Traced(4, "S")
>>> out = (w - f) // s + 1
>>> out.value, out.formula(), out.substituted()
(55, '⌊(W - F)/S⌋ + 1', '⌊(227 - 11)/4⌋ + 1')
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, TypeAlias, Union

from archcalc.dims import register

Operand = Union[int, "Traced"]
Binary: TypeAlias = Callable[["Traced", Operand], "Traced"]

# How each operator is printed: the text, how tightly it binds, and how tightly its sides must bind.
# The right side of - and / binds one step tighter: a - (b + c).
_FORMS: dict[str, tuple[str, int, tuple[int, ...]]] = {
    "+": ("{} + {}", 1, (1, 1)),
    "-": ("{} - {}", 1, (1, 2)),
    "*": ("{}·{}", 2, (2, 2)),
    "/": ("{}/{}", 2, (2, 3)),
    "neg": ("-{}", 3, (3,)),
    "floor": ("⌊{}/{}⌋", 4, (2, 3)),
    "ceil": ("⌈{}/{}⌉", 4, (2, 3)),
    "max": ("max({}, {})", 4, (0, 0)),
    "min": ("min({}, {})", 4, (0, 0)),
    "gcd": ("gcd({}, {})", 4, (0, 0)),
}


def _both_sides(form: str, work: Callable[[int, int], int]) -> tuple[Binary, Binary]:
    """An operator with a traced int on its left and on its right; another kind or a decimal is refused."""

    def left(self: Traced, other: Operand) -> Any:
        if not _mixes(other):
            return NotImplemented
        return _traced(form, work(self.value, value_of(other)), self, other)

    def right(self: Traced, other: Operand) -> Any:
        if not _mixes(other):
            return NotImplemented
        return _traced(form, work(value_of(other), self.value), other, self)

    return left, right


def _mixes(other: Any) -> bool:
    return type(other) is int or isinstance(other, Traced)


class Traced:
    """An int with its formula; it behaves as the int in arithmetic with ints and other traced ints."""

    __slots__ = ("name", "operands", "operator", "value")

    def __init__(self, value: int, name: str = "", operator: str = "", operands: tuple[Operand, ...] = ()) -> None:
        self.value = value
        self.name = name
        self.operator = operator
        self.operands = operands

    def formula(self) -> str:
        """The formula in names."""
        return self._text(lambda leaf: leaf.name or str(leaf.value))

    def substituted(self) -> str:
        """The formula with the numbers in place of the names."""
        return self._text(lambda leaf: str(leaf.value))

    def _text(self, leaf: Callable[[Traced], str], level: int = 0) -> str:
        if not self.operator:
            return leaf(self)
        form, own, levels = _FORMS[self.operator]
        sides = [
            side._text(leaf, inner) if isinstance(side, Traced) else str(side)
            for side, inner in zip(self.operands, levels, strict=True)
        ]
        shown = form.format(*sides)
        return f"({shown})" if own < level else shown

    def __repr__(self) -> str:
        return f"Traced({self.value}: {self.formula()})"

    def __str__(self) -> str:  # in a message it reads as the int that it is
        return str(self.value)

    __add__, __radd__ = _both_sides("+", operator.add)
    __sub__, __rsub__ = _both_sides("-", operator.sub)
    __mul__, __rmul__ = _both_sides("*", operator.mul)
    __floordiv__, __rfloordiv__ = _both_sides("floor", operator.floordiv)

    def __neg__(self) -> Traced:
        return _traced("neg", -self.value, self)


def value_of(dim: Operand) -> int:
    """The plain int of an int or a traced int."""
    return dim.value if isinstance(dim, Traced) else dim


# 0 + x, 1·x and x//1 are left out of a formula: nobody writes them.
_NEUTRAL = {
    ("+", 0, 0),
    ("+", 1, 0),
    ("-", 1, 0),
    ("*", 0, 1),
    ("*", 1, 1),
    ("floor", 1, 1),
    ("ceil", 1, 1),
    ("/", 1, 1),
}


def _traced(operator: str, value: int, *operands: Operand) -> Traced:
    for place, side in enumerate(operands):
        other = operands[1 - place] if len(operands) == 2 else None
        if isinstance(side, int) and isinstance(other, Traced) and (operator, place, side) in _NEUTRAL:
            return other
    return Traced(value, "", operator, operands)


class _TracedInts:
    """Every comparison is decided by the values."""

    def ceil_div(self, a: Operand, b: Operand) -> Traced:
        return _traced("ceil", -(-value_of(a) // value_of(b)), a, b)

    def exact_div(self, a: Operand, b: Operand) -> Traced:
        return _traced("/", value_of(a) // value_of(b), a, b)

    def larger(self, a: Operand, b: Operand) -> Traced:
        return _traced("max", max(value_of(a), value_of(b)), a, b)

    def smaller(self, a: Operand, b: Operand) -> Traced:
        return _traced("min", min(value_of(a), value_of(b)), a, b)

    def gcd(self, a: Operand, b: Operand) -> Traced:
        return _traced("gcd", math.gcd(value_of(a), value_of(b)), a, b)

    def number(self, a: Operand) -> int:
        return value_of(a)

    def same(self, a: Operand, b: Operand) -> bool:
        return value_of(a) == value_of(b)

    def at_least(self, a: Operand, b: Operand) -> bool:
        return value_of(a) >= value_of(b)

    def divides(self, a: Operand, b: Operand) -> bool:
        return value_of(b) % value_of(a) == 0


register(Traced, _TracedInts())
