"""One form for floors: equal sizes become equal expressions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import lcm

import sympy

from archcalc.dims.symbolic.expression import Expr, Operand


@lru_cache(maxsize=4096)
def canonical(expr: Expr) -> Expr:
    """Expand an expression and write every rounded quotient in one form: a floor of as little as possible.

    ``⌈x/n⌉ = ⌊(x + n - 1)/n⌋`` and ``⌊(⌊x⌋ + m)/n⌋ = ⌊(x + m)/n⌋`` for integers m and n > 0 (Graham, Knuth
    and Patashnik, Concrete Mathematics, section 3.2). So two strides in a row become one division.
    """
    return expr if expr.is_Atom else sympy.expand(_one_form(expr))


@lru_cache(maxsize=4096)
def _one_form(expr: Expr) -> Expr:
    if expr.is_Atom:
        return expr
    args = [_one_form(arg) for arg in expr.args]
    if isinstance(expr, sympy.floor):
        return _floor(sympy.expand(args[0]))
    if isinstance(expr, sympy.ceiling):
        inner = sympy.expand(args[0])
        # ⌈x/n⌉ as a floor is right only if n·(x/n) is whole; else the ceiling stays.
        n = _denominator(inner)
        return _floor(inner + sympy.Rational(n - 1, n)) if n else sympy.ceiling(inner)
    if isinstance(expr, sympy.Max | sympy.Min):
        return expr.func(
            *_undominated([sympy.expand(arg) for arg in args], 1 if isinstance(expr, sympy.Max) else -1)
        )
    return expr.func(*args)


def _undominated(args: Sequence[Expr], sign: int) -> list[Expr]:
    """Drop the operands of a maximum (``sign`` 1) or minimum (-1) that another operand makes superfluous.

    A floor is monotonic: ⌊x⌋ <= ⌊y⌋ if y - x is a number of at least 0. So the arguments of the floors are
    compared.
    """
    kept: list[Expr] = []
    for arg in args:
        gaps = [sign * (_inside(other) - _inside(arg)) for other in kept]
        if not any(gap.is_Rational and gap >= 0 for gap in gaps):
            kept = [
                other for other, gap in zip(kept, gaps, strict=True) if not (gap.is_Rational and gap <= 0)
            ] + [arg]
    return kept


def _inside(arg: Expr) -> Expr:
    """The value before rounding: x + m for ⌊x⌋ + m."""
    number, rest = arg.as_coeff_Add()
    return sympy.expand(rest.args[0] + number) if isinstance(rest, sympy.floor) and number.is_Integer else arg


def _denominator(expr: Expr) -> int | None:
    """The least n such that n·expr is a sum of integers; None if a term has another form."""
    n = 1
    for term in sympy.Add.make_args(expr):
        coefficient, rest = term.as_coeff_Mul()
        if not coefficient.is_Rational or not rest.is_integer:
            return None
        n = lcm(n, int(coefficient.q))
    return n


def _floor(inner: Expr) -> Expr:
    """The floor of a sum whose floors are in the one form; the integer part of its number is outside."""
    # Without the integer part, two floors that differ by a whole number have the same argument.
    inner = _unnested(inner)
    rest, number = (
        inner.as_independent(*inner.free_symbols, as_Add=True)[::-1] if inner.free_symbols else (0, inner)
    )
    if not number.is_Rational:
        return sympy.floor(inner)
    whole = number.p // number.q
    return sympy.floor(rest + (number - whole)) + whole


def _unnested(inner: Expr) -> Expr:
    """Remove an inner floor: ⌊(⌊x⌋ + m)/n⌋ = ⌊(x + m)/n⌋, if m is whole and ⌊x⌋ has the coefficient 1/n."""
    n = _denominator(inner)
    for term in sympy.Add.make_args(inner):
        coefficient, rest = term.as_coeff_Mul()
        if n and isinstance(rest, sympy.floor) and coefficient == sympy.Rational(1, n):
            return _unnested(sympy.expand(inner - term + coefficient * rest.args[0]))
    return inner


def total(terms: Iterable[Operand]) -> Expr:
    """The sum of many terms at once; Python's ``sum`` would sort all terms again after each addition."""
    return sympy.Add(*(canonical(sympy.sympify(term)) for term in terms))
