"""Symbols, numbers and the greatest common divisor in SymPy."""

from __future__ import annotations

from typing import Any, TypeAlias

import sympy

Expr: TypeAlias = Any
"""A SymPy expression. SymPy is not annotated with types."""

Operand: TypeAlias = Any
"""An int or a SymPy expression."""


class gcd(sympy.Function):  # type: ignore[misc]
    """The greatest common divisor of two positive integers; SymPy's own gcd is for polynomials."""

    nargs = 2
    is_integer = True
    is_positive = True

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr:
        """The value, if both are numbers or one divides the other; None leaves the call as it is."""
        if a.is_Integer and b.is_Integer:
            return sympy.Integer(sympy.igcd(a, b))
        # If one divides the other, it is the divisor itself: gcd(c, 2·c) = c.
        for one, other in ((a, b), (b, a)):
            if sympy.Mod(other, one) == 0:
                return one
        return None


def symbol(name: str, *, whole: bool = True) -> Expr:
    """A free dimension: a positive integer, or a positive rational number if not ``whole``."""
    return (
        sympy.Symbol(name, integer=True, positive=True)
        if whole
        else sympy.Symbol(name, rational=True, positive=True)
    )


def constant(value: int) -> Expr:
    """An int as a dimension of this kind."""
    return sympy.Integer(value)


def is_symbolic(value: object) -> bool:
    """Whether a value is of this kind."""
    return isinstance(value, sympy.Basic)


def names_in(value: object) -> set[str]:
    """The names of the symbols in a value, or in the items of a list or tuple."""
    if isinstance(value, list | tuple):
        return set().union(*map(names_in, value))
    return {symbol.name for symbol in value.free_symbols} if isinstance(value, sympy.Basic) else set()
