"""The arithmetic of SymPy expressions as dimensions, and comparisons decided for chosen values."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from archcalc.dims import Truth, register
from archcalc.dims.symbolic.expression import Expr, Operand, gcd
from archcalc.dims.symbolic.floors import canonical


class _Symbols:
    """Quotients stay exact: only floors and ceilings round."""

    def ceil_div(self, a: Operand, b: Operand) -> Expr:
        return sympy.ceiling(sympy.sympify(a) / b)

    def exact_div(self, a: Operand, b: Operand) -> Expr:
        return sympy.sympify(a) / b

    def larger(self, a: Operand, b: Operand) -> Expr:
        return sympy.Max(a, b)

    def smaller(self, a: Operand, b: Operand) -> Expr:
        return sympy.Min(a, b)

    def gcd(self, a: Operand, b: Operand) -> Expr:
        return gcd(a, b)

    def number(self, a: Expr) -> int | None:
        return int(a) if a.is_Integer else None

    def same(self, a: Operand, b: Operand) -> Truth:
        return _decided(sympy.Eq, a, b)

    def at_least(self, a: Operand, b: Operand) -> Truth:
        a = sympy.sympify(a)
        # SymPy knows that a sum of positive symbols is positive, but not that the sum minus 1 is at least 0.
        if b == 1 and a.is_integer and a.is_positive:
            return True
        return _decided(sympy.Ge, a, b)

    def divides(self, a: Operand, b: Operand) -> Truth:
        return divides(a, b)


def divides(a: Operand, b: Operand) -> Truth:
    """Whether ``a`` divides ``b``, as a bool or a relation."""
    return _decided(sympy.Eq, sympy.Mod(canonical(sympy.sympify(b)), a), sympy.Integer(0))


def _decided(relation: Expr, a: Operand, b: Operand) -> Truth:
    """A bool if SymPy can decide, else the relation, or the choice of a ``Choices`` that is entered."""
    asked = relation(a, b)
    if asked in (sympy.true, sympy.false):
        return bool(asked)
    # SymPy may see the sign of the difference, in one form, and not that of the two sides.
    difference = relation(canonical(sympy.sympify(a) - b), 0)
    if difference in (sympy.true, sympy.false):
        return bool(difference)
    return _choices[-1].choose(asked) if _choices else asked


class Choices:
    """While entered, decides comparisons that SymPy cannot decide, as for given values of the symbols.

    It is used while a network is built, where a comparison chooses between layers. The relations that were
    assumed are in ``made``. The conditions of a layer are not decided this way: they stay relations.
    """

    def __init__(self, values: Mapping[str, Operand]) -> None:
        self.values = {name: sympy.Rational(value) for name, value in values.items()}
        self.made: list[Expr] = []

    def __enter__(self) -> Choices:
        _choices.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        _choices.remove(self)

    def choose(self, asked: Expr) -> Truth:
        """Decide a relation of integers; with fractions it stays open, as a > b arrives as a >= b + 1."""
        if not all(symbol.is_integer for symbol in asked.free_symbols):
            return asked
        # An equality holds for single values only: they are a special case, which the closed form excludes.
        if isinstance(asked, sympy.Eq):
            self.made.append(_differs(asked))
            return False
        values = {symbol: self.values.get(symbol.name, sympy.Integer(1)) for symbol in asked.free_symbols}
        answer = bool(asked.xreplace(values))
        # For integers a < b is b >= a + 1.
        self.made.append(asked if answer else sympy.Ge(asked.rhs, asked.lhs + 1, evaluate=False))
        return answer


_choices: list[Choices] = []
"""The choices that are entered, the innermost last."""


def _differs(equal: Expr) -> Expr:
    """The negation of an equality, solved if it is linear: not ``16·k = 16`` gives ``k != 1``."""
    difference = canonical(sympy.sympify(equal.lhs) - equal.rhs)
    if len(difference.free_symbols) == 1:
        (name,) = difference.free_symbols
        if difference.is_polynomial(name) and sympy.degree(difference, name) == 1:
            return sympy.Ne(name, sympy.solve(difference, name)[0], evaluate=False)
    return sympy.Ne(equal.lhs, equal.rhs, evaluate=False)


register(sympy.Basic, _Symbols())
