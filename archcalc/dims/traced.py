"""Traced ints: ints that remember their formula.

>>> w, f, s = Traced(227, "W"), Traced(11, "F"), Traced(4, "S")
>>> out = (w - f) // s + 1
>>> out.value, out.formula(), out.substituted()
(55, '(W - F)/S + 1', '(227 - 11)/4 + 1')

A formula is printed as a person would write it. A quotient has brackets only if it was rounded, a term that
is added twice is doubled (2P), and the plain numbers of a sum are added up at its end.
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
# A quotient in a product has brackets, a·(b/c), so that it cannot be misread. _Sum prints sums and multiples.
_SUM, _QUOTIENT, _PRODUCT, _DIVISOR, _ATOM = 1, 2, 3, 4, 5

_FORMS: dict[str, tuple[str, int, tuple[int, ...]]] = {
    "*": ("{}·{}", _PRODUCT, (_PRODUCT, _PRODUCT)),
    "/": ("{}/{}", _QUOTIENT, (_PRODUCT, _DIVISOR)),
    "floor": ("⌊{}/{}⌋", _ATOM, (_PRODUCT, _DIVISOR)),
    "ceil": ("⌈{}/{}⌉", _ATOM, (_PRODUCT, _DIVISOR)),
    "max": ("max({}, {})", _ATOM, (0, 0)),
    "min": ("min({}, {})", _ATOM, (0, 0)),
    "gcd": ("gcd({}, {})", _ATOM, (0, 0)),
}

_SHORT = 2  # a name of at most two letters can stand right behind its factor: 2P, but 2·MACs


def _both_sides(form: str, work: Callable[[int, int], int]) -> tuple[Binary, Binary]:
    """An operator with a traced int on its left, and on its right; other kinds and decimals are refused."""

    def left(self: Traced, other: Operand) -> Any:
        if not _mixes(other):
            return NotImplemented
        return _traced(form, work(self.value, value_of(other)), self, other)

    def right(self: Traced, other: Operand) -> Any:
        if not _mixes(other):
            return NotImplemented
        return _traced(form, work(value_of(other), self.value), other, self)

    return left, right


def _mixes(other: object) -> bool:
    return type(other) is int or isinstance(other, Traced)


class Traced:
    """An int with its formula. It computes like the int, with ints and other traced ints."""

    __slots__ = ("name", "operands", "operator", "value")

    def __init__(
        self, value: int, name: str = "", operator: str = "", operands: tuple[Operand, ...] = ()
    ) -> None:
        self.value = value
        self.name = name
        self.operator = operator
        self.operands = operands

    def formula(self) -> str:
        """The formula with names."""
        return self._text(lambda leaf: leaf.name or str(leaf.value))

    def substituted(self) -> str:
        """The formula with numbers instead of names."""
        return self._text(lambda leaf: str(leaf.value))

    def decided(self) -> Operand:
        """The formula for these values: each max and min is replaced by the side that it equals.

        >>> w, f, s = Traced(55, "W"), Traced(3, "F"), Traced(2, "S")
        >>> short = _TracedInts().smaller((w - f) // s + 1, (w - 1) // s + 1)
        >>> short.formula(), short.decided().formula()
        ('min((W - F)/S + 1, (W - 1)/S + 1)', '(W - F)/S + 1')
        """
        if self.operator in ("max", "min"):
            # If both sides are equal, the plain number is shorter.
            sides = sorted(self.operands, key=lambda side: isinstance(side, Traced))
            chosen = next(side for side in sides if value_of(side) == self.value)
            return chosen.decided() if isinstance(chosen, Traced) else chosen
        if not self.operands:
            return self
        sides = [side.decided() if isinstance(side, Traced) else side for side in self.operands]
        if self.operator == "*" and any(side == 0 for side in sides if isinstance(side, int)):
            return 0
        last = sides[-1]
        # a - (a - b) is b: after a min is decided, the padding of an edge often has this form.
        if self.operator == "-" and isinstance(last, Traced) and last.operator == "-":
            return last.operands[1] if repr(last.operands[0]) == repr(sides[0]) else self._with(sides)
        return self._with(sides)

    def _with(self, operands: list[Operand]) -> Traced:
        return _traced(self.operator, self.value, *operands)

    def _text(self, leaf: Callable[[Traced], str], level: int = 0) -> str:
        if not self.operator:
            shown = leaf(self)
            # The value of a leaf may be negative, and its text a fraction.
            binding = 0 if shown.startswith("-") else _QUOTIENT if "/" in shown else _ATOM
        elif self.operator in ("+", "-", "neg") or _factor(self) is not None:
            shown, binding = _Sum(self).text(leaf)
        else:
            form, binding, levels = _FORMS[self.operator]
            if self.operator in ("max", "min"):
                return f"{self.operator}({', '.join(_side_text(s, leaf, 0) for s in self._all_sides())})"
            sides = zip(self.operands, levels, strict=True)
            shown = form.format(*(_side_text(side, leaf, inner) for side, inner in sides))
        return f"({shown})" if binding < level else shown

    def _all_sides(self) -> list[Operand]:
        """The operands of a max or min, without nesting: max(max(a, b), c) is max(a, b, c)."""
        sides: list[Operand] = []
        for side in self.operands:
            sides += (
                side._all_sides() if isinstance(side, Traced) and side.operator == self.operator else [side]
            )
        return sides

    def __repr__(self) -> str:
        return f"Traced({self.value}: {self.formula()})"

    def __str__(self) -> str:  # messages show the int
        return str(self.value)

    __add__, __radd__ = _both_sides("+", operator.add)
    __sub__, __rsub__ = _both_sides("-", operator.sub)
    __mul__, __rmul__ = _both_sides("*", operator.mul)
    __floordiv__, __rfloordiv__ = _both_sides("floor", operator.floordiv)

    def __neg__(self) -> Traced:
        return _traced("neg", -self.value, self)


class _Sum:
    """A sum as it is printed: terms with factors, in the order of the formula; equal terms are added up."""

    def __init__(self, dim: Traced) -> None:
        self.terms: dict[object, tuple[int, Traced]] = {}
        self.constant = 0
        self._gather(dim, 1)

    def _gather(self, dim: Operand, factor: int) -> None:
        if not isinstance(dim, Traced):
            self.constant += factor * dim
        elif dim.operator in ("+", "-", "neg"):
            last = -factor if dim.operator in ("-", "neg") else factor
            if dim.operator != "neg":
                self._gather(dim.operands[0], factor)
            self._gather(dim.operands[-1], last)
        elif (multiple := _factor(dim)) is not None:
            self._add(multiple[1], factor * multiple[0])
        else:
            self._add(dim, factor)

    def _add(self, term: Traced, factor: int) -> None:
        # Only named values are known to be the same term; two equal formulas stay two terms.
        key = (term.name, term.value) if term.name else id(term)
        before = self.terms[key][0] if key in self.terms else 0
        self.terms[key] = (before + factor, term)

    def text(self, leaf: Callable[[Traced], str]) -> tuple[str, int]:
        """The sum, and how tightly it binds."""
        # As the lectures write it, W - F + 2P: doubled letters come after the others, numbers last.
        terms = sorted((term for term in self.terms.values() if term[0]), key=lambda term: _is_doubled(*term))
        positive = next((term for term in terms if term[0] > 0), None)
        # A sum should not begin with a minus if another term can come first.
        if positive is not None:
            terms.remove(positive)
            terms.insert(0, positive)
        parts = [(factor < 0, _multiple(abs(factor), term, leaf)) for factor, term in terms]
        if self.constant or not parts:
            place = 0 if positive is None and self.constant > 0 else len(parts)
            parts.insert(place, (self.constant < 0, str(abs(self.constant))))
        (minus, first), *more = parts
        if not more and not minus:
            # A single term: a plain number or name binds tightest, a multiple like a product.
            return first, _ATOM if not terms else _binding(*terms[0])
        shown = "".join(f" {'-' if below else '+'} {text}" for below, text in more)
        return f"{'-' if minus else ''}{first}{shown}", _SUM


def _binding(factor: int, term: Traced) -> int:
    """How tightly a single term binds."""
    if factor != 1:
        return _PRODUCT
    return _FORMS[term.operator][1] if term.operator in _FORMS else _ATOM


def _factor(dim: Traced) -> tuple[int, Traced] | None:
    """The plain number of a product and its other factor; None if there is no plain number."""
    if dim.operator != "*":
        return None
    numbers = [side for side in dim.operands if not isinstance(side, Traced)]
    others = [side for side in dim.operands if isinstance(side, Traced)]
    if not numbers or not others:
        return None
    inner = _factor(others[0])
    return (numbers[0] * inner[0], inner[1]) if inner else (numbers[0], others[0])


def _is_doubled(factor: int, term: Traced) -> bool:
    return abs(factor) != 1 and 0 < len(term.name) <= _SHORT


def _multiple(factor: int, term: Traced, leaf: Callable[[Traced], str]) -> str:
    if factor == 1:
        return term._text(leaf, _QUOTIENT)
    shown = term._text(leaf, _PRODUCT)
    return f"{factor}{shown}" if shown == term.name and len(shown) <= _SHORT else f"{factor}·{shown}"


def _side_text(side: Operand, leaf: Callable[[Traced], str], level: int) -> str:
    if isinstance(side, Traced):
        return side._text(leaf, level)
    return f"({side})" if side < 0 < level else str(side)


def value_of(dim: Operand) -> int:
    """The plain int of an int or a traced int."""
    return dim.value if isinstance(dim, Traced) else dim


# Operator, place and value of operands that change nothing: 0 + x, 1·x and x//1 are printed as x.
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


def _cancelled(quotient: Any, factor: Operand) -> Traced | None:
    """The number a if this is the product (a/b)·b; else None."""
    divided = isinstance(quotient, Traced) and quotient.operator == "/"
    whole: Traced | None = quotient.operands[0] if divided and quotient.operands[1] is factor else None
    return whole


def _traced(operator: str, value: int, *operands: Operand) -> Traced:
    for place, side in enumerate(operands):
        other = operands[1 - place] if len(operands) == 2 else None
        if isinstance(side, int) and isinstance(other, Traced) and (operator, place, side) in _NEUTRAL:
            return other
    if operator == "*" and len(operands) == 2 and (whole := _cancelled(*operands)) is not None:
        return whole
    if operator in ("floor", "ceil") and value_of(operands[0]) % value_of(operands[1]) == 0:
        operator = "/"  # the remainder is 0, so nothing was rounded
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
