"""The sizes for which no division is rounded, and the least sizes for which an inequality holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import lcm

import sympy

from archcalc.dims import Truth
from archcalc.dims.symbolic.expression import Expr, Operand, gcd, is_symbolic
from archcalc.dims.symbolic.floors import canonical
from archcalc.dims.symbolic.kind import divides

LARGEST_SIZE = 10**12
"""The search for a least size stops here: no network is larger."""


def periods(dims: Iterable[Operand], symbols: Sequence[Expr]) -> dict[str, int]:
    """For each symbol the least m such that growing it by m keeps the remainder of every quotient.

    A quotient that depends on a product of symbols (k·s/2) has no such m, and is left as it is.
    """
    steps = {symbol.name: 1 for symbol in symbols if symbol.is_integer}
    for quotient in {quotient for dim in set(dims) for quotient in _quotients(dim)}:
        # Without its inner floors a quotient is linear in a symbol, and the denominator of its slope is the
        # step.
        smooth = sympy.expand(quotient.replace(sympy.floor, lambda x: x).replace(sympy.ceiling, lambda x: x))
        if smooth.has(sympy.Max, sympy.Min, sympy.Mod, gcd):
            continue
        for symbol in symbols:
            slope = smooth.diff(symbol)
            if slope.is_Rational and symbol.name in steps:
                steps[symbol.name] = lcm(steps[symbol.name], int(slope.q))
    return steps


def _quotients(dim: Operand) -> list[Expr]:
    """The quotients that a dimension or relation rounds, and the dimension itself if it may be a fraction."""
    if not is_symbolic(dim):
        return []
    quotients = [atom.args[0] for atom in dim.atoms(sympy.floor, sympy.ceiling)]
    quotients += [atom.args[0] / atom.args[1] for atom in dim.atoms(sympy.Mod)]
    return quotients if dim.is_Relational or dim.is_integer else [*quotients, dim]


def whole_if(dim: Operand) -> Truth:
    """True if a dimension is an integer, else the relation under which it is."""
    if not is_symbolic(dim) or dim.is_integer:
        return True
    over, under = sympy.fraction(sympy.together(canonical(dim)))
    return divides(under, over)


def least(relation: Expr) -> tuple[str, int] | None:
    """The least value of the only symbol of ``a >= b``, as (name, value); None if it is not found."""
    if not isinstance(relation, sympy.Ge) or len(relation.free_symbols) != 1:
        return None
    (name,) = relation.free_symbols
    # If the difference never falls, one bisection finds where it becomes at least 0.
    difference = canonical(relation.lhs - relation.rhs)
    if not _is_increasing(difference):
        return None

    def holds(value: int) -> bool:
        return bool(difference.xreplace({name: sympy.Integer(value)}) >= 0)

    low, high = 0, 1  # the relation will hold at high, and not at low
    while not holds(high):
        low, high = high, 2 * high
        if high > LARGEST_SIZE:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return name.name, high


def _is_increasing(expr: Expr) -> bool:
    """Whether the form of an expression shows that it never falls as its positive symbols grow."""
    if expr.is_Rational or expr.is_Symbol:
        return True
    # A product of increasing factors increases only if no factor is negative.
    if isinstance(expr, sympy.Mul | sympy.Pow) and not all(part.is_nonnegative for part in expr.args):
        return False
    forms = (sympy.Add, sympy.Mul, sympy.Pow, sympy.floor, sympy.ceiling, sympy.Max, sympy.Min)
    return isinstance(expr, forms) and all(map(_is_increasing, expr.args))


def solved(form: Expr, value: Operand) -> dict[str, Operand]:
    """The value for which a form has a value, or the least for which it is larger; {} if not found."""
    if form.is_Symbol:
        return {form.name: value}
    least_value = least(sympy.Ge(form, value, evaluate=False))
    return dict([least_value]) if least_value else {}
