"""SymPy expressions as dimensions: formulas come out as closed forms.

A comparison that SymPy cannot decide comes back as a relation; the engine records it as an
assumption of the closed form. Nested floors are brought into one form (``canonical``), so that sizes
which are equal are found to be, and a closed form leaves this file as a tree of plain tuples (``tree``):
nobody else has to know SymPy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import lcm
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
        return _decided(sympy.Eq, a, b)

    def at_least(self, a: Any, b: Any) -> Any:
        a = sympy.sympify(a)
        if b == 1 and a.is_integer and a.is_positive:  # SymPy loses the sign of a sum when it takes 1 away
            return True
        return _decided(sympy.Ge, a, b)

    def divides(self, a: Any, b: Any) -> Any:
        return _decided(sympy.Eq, sympy.Mod(canonical(sympy.sympify(b)), a), sympy.Integer(0))


def _decided(relation: Any, a: Any, b: Any) -> Any:
    """A plain bool where SymPy can tell, of the sides as they are or of their difference; else the relation itself."""
    asked = relation(a, b)
    if asked in (sympy.true, sympy.false):
        return bool(asked)
    difference = relation(canonical(sympy.sympify(a) - b), 0)
    if difference in (sympy.true, sympy.false):
        return bool(difference)
    return _choices[-1].choose(asked) if _choices else asked


class Choices:
    """While it is entered, comparisons that cannot be decided are: as for some values of the symbols.

    Equalities are taken not to hold: those are the single values of a special case. What was chosen, as relations,
    is in ``made``. For what decides which layers there are; what a layer asks of its sizes stays open.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {name: sympy.Rational(value) for name, value in values.items()}
        self.made: list[Any] = []

    def __enter__(self) -> Choices:
        _choices.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        _choices.remove(self)

    def choose(self, asked: Any) -> Any:
        """The answer to a comparison; of fractions there is none, for a > b is asked as a >= b + 1."""
        if not all(one.is_integer for one in asked.free_symbols):
            return asked
        if isinstance(asked, sympy.Eq):
            self.made.append(_differs(asked))
            return False
        values = {one: self.values.get(one.name, sympy.Integer(1)) for one in asked.free_symbols}
        answer = bool(asked.xreplace(values))
        # Of whole numbers a < b is b >= a + 1.
        self.made.append(asked if answer else sympy.Ge(asked.rhs, asked.lhs + 1, evaluate=False))
        return answer


_choices: list[Choices] = []


def _differs(equal: Any) -> Any:
    """``16·k = 16`` does not hold: ``k != 1``."""
    difference = canonical(sympy.sympify(equal.lhs) - equal.rhs)
    if len(difference.free_symbols) == 1:
        (name,) = difference.free_symbols
        if difference.is_polynomial(name) and sympy.degree(difference, name) == 1:
            return sympy.Ne(name, sympy.solve(difference, name)[0], evaluate=False)
    return sympy.Ne(equal.lhs, equal.rhs, evaluate=False)


def symbol(name: str, *, whole: bool = True) -> Any:
    """A free dimension: a positive integer, or a positive fraction if not ``whole``."""
    return (
        sympy.Symbol(name, integer=True, positive=True)
        if whole
        else sympy.Symbol(name, rational=True, positive=True)
    )


def constant(value: int) -> Any:
    """An int as a dimension of this kind."""
    return sympy.Integer(value)


def is_symbolic(value: Any) -> bool:
    """Whether a value is of this kind."""
    return isinstance(value, sympy.Basic)


def names_in(value: Any) -> set[str]:
    """The names of the symbols that a value depends on; a list or tuple on those of its items."""
    if isinstance(value, list | tuple):
        return set().union(*map(names_in, value))
    return {symbol.name for symbol in value.free_symbols} if is_symbolic(value) else set()


# --- one form for floors -------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def canonical(expr: Any) -> Any:
    """The expression, expanded, with every rounded quotient in one form: a floor of as little as possible.

    ``⌈x/n⌉ = ⌊(x + n - 1)/n⌋`` and ``⌊(⌊x⌋ + m)/n⌋ = ⌊(x + m)/n⌋`` for whole numbers m, n > 0 (Graham, Knuth and
    Patashnik, Concrete Mathematics, section 3.2), so strides that follow each other become one division.
    """
    return expr if expr.is_Atom else sympy.expand(_one_form(expr))


@lru_cache(maxsize=4096)
def _one_form(expr: Any) -> Any:
    if expr.is_Atom:
        return expr
    args = [_one_form(arg) for arg in expr.args]
    if isinstance(expr, sympy.floor):
        return _floor(sympy.expand(args[0]))
    if isinstance(expr, sympy.ceiling):
        inner = sympy.expand(args[0])
        steps = _denominator(inner)
        return _floor(inner + sympy.Rational(steps - 1, steps)) if steps else sympy.ceiling(inner)
    if isinstance(expr, sympy.Max | sympy.Min):
        return expr.func(
            *_undominated([sympy.expand(arg) for arg in args], 1 if isinstance(expr, sympy.Max) else -1)
        )
    return expr.func(*args)


def _undominated(args: Sequence[Any], sign: int) -> list[Any]:
    """Of the operands of a maximum (``sign`` 1) or minimum (-1) those that no other one makes superfluous.

    A floor never falls as what is in it grows: ⌊x⌋ <= ⌊y⌋ where y - x is a number from 0 up.
    """
    kept: list[Any] = []
    for arg in args:
        gaps = [sign * (_inside(other) - _inside(arg)) for other in kept]
        if not any(gap.is_Rational and gap >= 0 for gap in gaps):
            kept = [
                other for other, gap in zip(kept, gaps, strict=True) if not (gap.is_Rational and gap <= 0)
            ] + [arg]
    return kept


def _inside(arg: Any) -> Any:
    """What is rounded down to an operand: x of ⌊x⌋ + m."""
    number, rest = arg.as_coeff_Add()
    return sympy.expand(rest.args[0] + number) if isinstance(rest, sympy.floor) and number.is_Integer else arg


def _denominator(expr: Any) -> int | None:
    """The least n for which n·expr has whole coefficients of whole terms; None if there is none such."""
    steps = 1
    for term in sympy.Add.make_args(expr):
        coefficient, rest = term.as_coeff_Mul()
        if not coefficient.is_Rational or not rest.is_integer:
            return None
        steps = lcm(steps, int(coefficient.q))
    return steps


def _floor(inner: Any) -> Any:
    """The floor of a sum whose own floors are in the one form."""
    inner = _unnested(inner)
    rest, number = (
        inner.as_independent(*inner.free_symbols, as_Add=True)[::-1] if inner.free_symbols else (0, inner)
    )
    if not number.is_Rational:
        return sympy.floor(inner)
    whole = number.p // number.q
    return sympy.floor(rest + (number - whole)) + whole


def _unnested(inner: Any) -> Any:
    steps = _denominator(inner)
    for term in sympy.Add.make_args(inner):
        coefficient, rest = term.as_coeff_Mul()
        if steps and isinstance(rest, sympy.floor) and coefficient == sympy.Rational(1, steps):
            return _unnested(sympy.expand(inner - term + coefficient * rest.args[0]))
    return inner


# --- the sizes for which roundings vanish -----------------------------------------------------------------


def periods(dims: Iterable[Any], symbols: Sequence[Any]) -> dict[str, int]:
    """For each symbol the least m such that no quotient of the dims is rounded while it grows by steps of m.

    A quotient that grows with several symbols at once (k·s/2) is left as it is.
    """
    found = {symbol.name: 1 for symbol in symbols if symbol.is_integer}
    seen = {quotient for dim in set(dims) for quotient in _quotients(dim)}
    for quotient in seen:
        smooth = sympy.expand(quotient.replace(sympy.floor, lambda x: x).replace(sympy.ceiling, lambda x: x))
        if smooth.has(sympy.Max, sympy.Min, sympy.Mod, gcd):
            continue
        for symbol in symbols:
            slope = smooth.diff(symbol)
            if slope.is_Rational and symbol.name in found:
                found[symbol.name] = lcm(found[symbol.name], int(slope.q))
    return found


def _quotients(dim: Any) -> list[Any]:
    """What is rounded in a dimension or a relation; and a dimension itself where it need not be whole."""
    if not is_symbolic(dim):
        return []
    found = [atom.args[0] for atom in dim.atoms(sympy.floor, sympy.ceiling)]
    found += [atom.args[0] / atom.args[1] for atom in dim.atoms(sympy.Mod)]
    return found if dim.is_Relational or dim.is_integer else [*found, dim]


def whole_if(dim: Any) -> Any:
    """True if a dimension is a whole number, else under what condition it is."""
    if not is_symbolic(dim) or dim.is_integer:
        return True
    over, under = sympy.fraction(sympy.together(canonical(dim)))
    return _Symbols().divides(under, over)


def least(relation: Any) -> tuple[str, int] | None:
    """``a >= b`` as the least value of its one symbol, if its sides say so: (name, value); else None."""
    if not isinstance(relation, sympy.Ge) or len(relation.free_symbols) != 1:
        return None
    (name,) = relation.free_symbols
    room = canonical(relation.lhs - relation.rhs)
    if not _rises(room):
        return None

    def holds(value: int) -> bool:
        return bool(room.xreplace({name: sympy.Integer(value)}) >= 0)

    low, high = 0, 1  # holds at high, not at low
    while not holds(high):
        low, high = high, 2 * high
        if high > 10**12:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return name.name, high


def _rises(expr: Any) -> bool:
    """Whether an expression never falls as its positive symbols grow, as its form shows."""
    if expr.is_Rational or expr.is_Symbol:
        return True
    if isinstance(expr, sympy.Mul | sympy.Pow) and not all(part.is_nonnegative for part in expr.args):
        return False
    forms = (sympy.Add, sympy.Mul, sympy.Pow, sympy.floor, sympy.ceiling, sympy.Max, sympy.Min)
    return isinstance(expr, forms) and all(map(_rises, expr.args))


# --- out of SymPy -------------------------------------------------------------------------------------------

# A tree is an int, the name of a symbol, or a tuple of an operator and its operands: "+" and "*" (of two or more),
# "**", "/" (a quotient that is whole), "//" (rounded down), "ceil" (rounded up), "%", "max", "min", "gcd".


def tree(expr: Any) -> Any:
    """A closed form as a tree of plain tuples; sums in falling order of degree."""
    return _tree(canonical(sympy.sympify(expr)))


@lru_cache(maxsize=4096)
def _tree(expr: Any) -> Any:
    terms = [_term(term) for term in sympy.Add.make_args(expr)]
    if any(
        coefficient.q != 1 or any(power < 0 for power in factors.values()) for coefficient, factors in terms
    ):
        over, under = sympy.fraction(sympy.together(expr))
        return ("/", tree(over), tree(under))
    found = sorted((_order(factors), _product(int(coefficient), factors)) for coefficient, factors in terms)
    parts = [part for _, part in found]
    return parts[0] if len(parts) == 1 else ("+", *parts)


def relation_tree(relation: Any) -> Any:
    """An equation or inequality as ``("==", "!=" or ">=", left, right)``."""
    sign = "==" if isinstance(relation, sympy.Eq) else "!=" if isinstance(relation, sympy.Ne) else ">="
    return (sign, tree(relation.lhs), tree(relation.rhs))


def solved(form: Any, value: Any) -> dict[str, Any]:
    """The value of the symbol of a form for which it is that value, or the least for which it is larger."""
    if form.is_Symbol:
        return {form.name: value}
    found = least(sympy.Ge(form, value, evaluate=False))
    return dict([found]) if found else {}


def total(parts: Iterable[Any]) -> Any:
    """A sum of many; ``sum`` would order the terms anew for each of them."""
    return sympy.Add(*(canonical(sympy.sympify(part)) for part in parts))


def _term(term: Any) -> tuple[Any, dict[Any, int]]:
    coefficient, rest = term.as_coeff_Mul()
    powers = [factor.as_base_exp() for factor in sympy.Mul.make_args(rest)] if rest != 1 else []
    if not coefficient.is_Rational or not all(power.is_Integer for _, power in powers):
        raise TypeError(f"{term} is no product of powers")
    return coefficient, {base: int(power) for base, power in powers}


def _order(factors: Mapping[Any, int]) -> tuple[Any, ...]:
    """Sums in falling order of degree, products with the symbols first; then by name."""
    names = sorted((*_place(base), -power) for base, power in factors.items())
    return (-sum(factors.values()), names)


@lru_cache(maxsize=4096)
def _place(base: Any) -> tuple[bool, str]:
    return (not base.is_Symbol, str(base))


def _product(coefficient: int, factors: Mapping[Any, int]) -> Any:
    parts = [
        _atom(base) if power == 1 else ("**", _atom(base), power)
        for base, power in sorted(factors.items(), key=lambda item: _place(item[0]))
    ]
    parts = [coefficient, *parts] if coefficient != 1 or not parts else parts
    return parts[0] if len(parts) == 1 else ("*", *parts)


_FUNCTIONS = {sympy.Max: "max", sympy.Min: "min", sympy.Mod: "%", gcd: "gcd"}


@lru_cache(maxsize=4096)
def _atom(base: Any) -> Any:
    if base.is_Symbol:
        return base.name
    if isinstance(base, sympy.floor | sympy.ceiling):
        over, under = sympy.fraction(sympy.together(base.args[0]))
        return ("//" if isinstance(base, sympy.floor) else "ceil", tree(over), tree(under))
    for function, sign in _FUNCTIONS.items():
        if isinstance(base, function):
            parts = [tree(arg) for arg in base.args]
            # Numbers stand last, the rest in a fixed order; SymPy's own order may change from run to run.
            return (
                sign,
                *(
                    parts
                    if sign == "%"
                    else sorted(parts, key=lambda part: (isinstance(part, int), str(part)))
                ),
            )
    return tree(base)  # a sum in brackets


register(sympy.Basic, _Symbols())
