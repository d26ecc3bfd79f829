"""Closed forms as trees of plain tuples.

A tree is an int, the name of a symbol, or a tuple of an operator and its operands: "+" and "*" (of two or
more), "**", "/" (an exact quotient), "//" (rounded down), "ceil" (rounded up), "%", "max", "min", "gcd".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

import sympy

from archcalc.dims.symbolic.expression import Expr, Operand, gcd
from archcalc.dims.symbolic.floors import canonical

Tree: TypeAlias = "int | str | tuple[Tree, ...]"

FUNCTIONS = {sympy.Max: "max", sympy.Min: "min", sympy.Mod: "%", gcd: "gcd"}


def tree(expr: Operand) -> Tree:
    """A closed form as a tree; the terms of sums are in falling order of degree."""
    return _tree(canonical(sympy.sympify(expr)))


@lru_cache(maxsize=4096)
def _tree(expr: Expr) -> Tree:
    terms = [_term(term) for term in sympy.Add.make_args(expr)]
    # Terms with denominators get one common denominator: (a + 2b)/6 instead of a/6 + b/3.
    if any(
        coefficient.q != 1 or any(power < 0 for power in factors.values()) for coefficient, factors in terms
    ):
        over, under = sympy.fraction(sympy.together(expr))
        return ("/", tree(over), tree(under))
    # SymPy's own order of terms may change from run to run.
    ordered = sorted((_order(factors), _product(int(coefficient), factors)) for coefficient, factors in terms)
    parts = [part for _, part in ordered]
    return parts[0] if len(parts) == 1 else ("+", *parts)


def relation_tree(relation: Expr) -> tuple[Tree, ...]:
    """An equation or inequality as ``("==", "!=" or ">=", left, right)``."""
    sign = "==" if isinstance(relation, sympy.Eq) else "!=" if isinstance(relation, sympy.Ne) else ">="
    return (sign, tree(relation.lhs), tree(relation.rhs))


def _term(term: Expr) -> tuple[Expr, dict[Expr, int]]:
    """A term as its coefficient and the powers of its factors."""
    coefficient, rest = term.as_coeff_Mul()
    powers = [factor.as_base_exp() for factor in sympy.Mul.make_args(rest)] if rest != 1 else []
    if not coefficient.is_Rational or not all(power.is_Integer for _, power in powers):
        raise TypeError(f"{term} is not a product of powers")
    return coefficient, {base: int(power) for base, power in powers}


def _order(factors: Mapping[Expr, int]) -> tuple[int, list[tuple[bool, str, int]]]:
    """A sort key of terms: falling degree, then symbols before other factors, then names."""
    names = sorted((*_place(base), -power) for base, power in factors.items())
    return (-sum(factors.values()), names)


@lru_cache(maxsize=4096)
def _place(base: Expr) -> tuple[bool, str]:
    return (not base.is_Symbol, str(base))


def _product(coefficient: int, factors: Mapping[Expr, int]) -> Tree:
    parts: list[Tree] = [
        _atom(base) if power == 1 else ("**", _atom(base), power)
        for base, power in sorted(factors.items(), key=lambda item: _place(item[0]))
    ]
    # A product of nothing is its coefficient, also if that is 1.
    parts = [coefficient, *parts] if coefficient != 1 or not parts else parts
    return parts[0] if len(parts) == 1 else ("*", *parts)


@lru_cache(maxsize=4096)
def _atom(base: Expr) -> Tree:
    """A factor: a symbol, a rounded quotient, a function, or a sum in brackets."""
    if base.is_Symbol:
        return str(base.name)
    if isinstance(base, sympy.floor | sympy.ceiling):
        over, under = sympy.fraction(sympy.together(base.args[0]))
        return ("//" if isinstance(base, sympy.floor) else "ceil", tree(over), tree(under))
    for function, sign in FUNCTIONS.items():
        if isinstance(base, function):
            parts = [tree(arg) for arg in base.args]
            if sign != "%":
                # Numbers come last, the rest in a fixed order: SymPy's order may change from run to run.
                parts.sort(key=lambda part: (isinstance(part, int), str(part)))
            return (sign, *parts)
    return tree(base)
