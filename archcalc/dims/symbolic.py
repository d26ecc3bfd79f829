"""SymPy expressions as dimensions: formulas come out as closed forms.

A comparison that SymPy cannot decide comes back as a relation; the engine records it as an
assumption of the closed form.
"""

from __future__ import annotations

from typing import Any

import sympy

from archcalc.dims import register


class gcd(sympy.Function):  # type: ignore[misc]
    """The greatest common divisor of two positive integers; SymPy's own takes its symbols for polynomials."""

    nargs = 2
    is_integer = True
    is_positive = True

    @classmethod
    def eval(cls, a: Any, b: Any) -> Any:
        """The value where it is known: of two numbers, or where one divides the other."""
        if a.is_Integer and b.is_Integer:
            return sympy.Integer(sympy.igcd(a, b))
        for one, other in ((a, b), (b, a)):
            if sympy.Mod(other, one) == 0:
                return one
        return None


class _Symbols:
    def ceil_div(self, a: Any, b: Any) -> Any:
        return sympy.ceiling(sympy.sympify(a) / b)

    def exact_div(self, a: Any, b: Any) -> Any:
        return sympy.sympify(a) / b

    def larger(self, a: Any, b: Any) -> Any:
        return sympy.Max(a, b)

    def smaller(self, a: Any, b: Any) -> Any:
        return sympy.Min(a, b)

    def gcd(self, a: Any, b: Any) -> Any:
        return gcd(a, b)

    def number(self, a: Any) -> int | None:
        return int(a) if a.is_Integer else None

    def same(self, a: Any, b: Any) -> Any:
        return _decided(sympy.Eq(a, b))

    def at_least(self, a: Any, b: Any) -> Any:
        return _decided(sympy.Ge(a, b))

    def divides(self, a: Any, b: Any) -> Any:
        return _decided(sympy.Eq(sympy.Mod(b, a), 0))


def _decided(relation: Any) -> Any:
    """A plain bool where SymPy can tell, else the relation itself."""
    if relation in (sympy.true, sympy.false):
        return bool(relation)
    return relation


def symbol(name: str) -> Any:
    """A free dimension: a positive integer."""
    return sympy.Symbol(name, integer=True, positive=True)


register(sympy.Basic, _Symbols())
