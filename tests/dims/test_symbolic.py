"""The one form of floors, and the export from SymPy: the same numbers for every value of the symbols."""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers.examples import examples
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sympy")

import sympy

from archcalc import dims
from archcalc.dims import symbolic
from archcalc.results.formula import Formula

S, K = symbolic.symbol("s"), symbolic.symbol("k")


@st.composite
def sizes(draw: Any, depth: int = 4) -> Any:
    """What ops make of sizes: sums, products, quotients rounded both ways, extremes."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from([S, K, S, sympy.Integer(draw(st.integers(1, 9)))]))
    a = draw(sizes(depth - 1))
    n = draw(st.integers(1, 5))
    match draw(
        st.sampled_from(["+", "-", "*", "//", "//", "ceil", "ceil", "max", "min", "a*b", "a//b", "gcd"])
    ):
        case "+":
            return a + n
        case "-":
            return a - n
        case "*":
            return a * n
        case "//":
            return a // n
        case "ceil":
            return dims.ceil_div(a, n)
        case "max":
            return dims.larger(a, n)
        case "min":
            return dims.smaller(a, draw(sizes(depth - 1)))
        case "a*b":
            return a * draw(sizes(depth - 1))
        case "a//b":
            return a // (K + n)
        case _:
            return dims.gcd(S, n) + a


def at(expr: Any, s: int, k: int) -> int:
    return int(sympy.sympify(expr).xreplace({S: sympy.Integer(s), K: sympy.Integer(k)}))


@given(sizes(), st.integers(1, 70), st.integers(1, 9))
@examples(150)
def test_the_one_form_and_the_tree_have_the_value_of_the_expression(expr: Any, s: int, k: int) -> None:
    expected = at(expr, s, k)
    assert at(symbolic.canonical(sympy.sympify(expr)), s, k) == expected
    formula = Formula(symbolic.tree(expr))
    assert formula.at(s=s, k=k) == expected
    names = {"s": s, "k": k, "gcd": math.gcd, "max": max, "min": min}
    assert eval(str(formula), {"__builtins__": {}}, names) == expected, str(formula)


@given(sizes(), sizes(), st.integers(1, 70), st.integers(1, 9))
@examples(60)
def test_what_is_decided_holds_and_what_is_not_is_given_back(a: Any, b: Any, s: int, k: int) -> None:
    left, right = at(a, s, k), at(b, s, k)
    for asked, expected in ((dims.same(a, b), left == right), (dims.at_least(a, b), left >= right)):
        if isinstance(asked, bool):
            assert asked is expected
        else:
            assert bool(asked.xreplace({S: sympy.Integer(s), K: sympy.Integer(k)})) is expected


@pytest.mark.parametrize(
    ("expr", "shown"),
    [
        (((((S - 1) // 2 + 1) - 1) // 2 + 1 - 1) // 2 + 1, "(s + 7)//8"),
        ((S // 2) // 2 // 2, "s//8"),
        (dims.ceil_div(dims.ceil_div(S, 2), 3), "(s + 5)//6"),
        (dims.ceil_div(S, 2) - ((S - 1) // 2 + 1), "0"),
        (dims.smaller(dims.ceil_div(S - 2, 2) + 1, (S + 2) // 2), "(s + 1)//2"),
        (dims.larger((S + 3) // 4, (S - 1) // 4), "(s + 3)//4"),
        (dims.larger(S // 2, S // 3), "max(s//2, s//3)"),
        (3 * (S // 2) // 4, "(3*(s//2))//4"),  # no single floor: 3·⌊s/2⌋ is not ⌊3·s/2⌋
        ((K - S // 2) // 4, "(k - (s//2))//4"),
        ((S - 11) // 4 + 1, "(s + 1)//4 - 2"),
        (3 * (S // 2) * K, "3*k*(s//2)"),
        (K**2 / 32 + K / 16, "(k**2 + 2*k)//32"),
        (64 * K // S, "(64*k)//s"),
        (dims.larger(S, 3) * dims.gcd(S, 6), "max(s, 3)*gcd(s, 6)"),
        ((S + K) ** 2, "k**2 + 2*k*s + s**2"),
        (5 - 2 * S - K * S, "-k*s - 2*s + 5"),
    ],
)
def test_how_a_form_reads(expr: Any, shown: str) -> None:
    assert str(Formula(symbolic.tree(expr))) == shown


@given(sizes(), st.integers(1, 12), st.integers(0, 40))
@examples(60)
def test_in_steps_of_its_period_a_size_is_rounded_nowhere(expr: Any, t: int, rest: int) -> None:
    canonical = symbolic.canonical(sympy.sympify(expr).xreplace({K: sympy.Integer(3)}))
    if canonical.has(sympy.Max, sympy.Min, symbolic.gcd) or S not in canonical.free_symbols:
        return
    stepped = symbolic.canonical(canonical.xreplace({S: symbolic.periods([canonical], [S])["s"] * S + rest}))
    linear = all(
        atom.args[0].is_polynomial(S) and sympy.degree(atom.args[0], S) == 1
        for atom in canonical.atoms(sympy.floor)
    )
    assert not (linear and stepped.has(sympy.floor, sympy.ceiling)), (canonical, stepped)


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        (2 * S - 1, 3, ("s", 2)),
        ((S - 1) // 2, 5, ("s", 11)),
        (S, 1000, ("s", 1000)),
        (K * S, 9, None),  # two symbols
        (256 // S, 1, None),  # falls
        ((S // 2 - 9) * S, 5, None),  # a factor that may be negative
        (dims.smaller(S, 4), 5, None),  # never
    ],
)
def test_the_least_value_that_an_inequality_asks(left: Any, right: int, found: Any) -> None:
    assert symbolic.least(sympy.Ge(left, right, evaluate=False)) == found


def test_names_and_wholes() -> None:
    assert symbolic.names_in([S * K, (3, "word"), None]) == {"s", "k"}
    assert symbolic.whole_if(S // 2) is True
    assert symbolic.whole_if(7) is True
    assert symbolic.whole_if(K / 4) == sympy.Eq(sympy.Mod(K, 4), 0)
    assert symbolic.whole_if(4 * K / 2) is True


def test_the_one_form_rounds_a_fraction_up_as_it_stands() -> None:
    half = symbolic.symbol("r", whole=False) / 2
    assert symbolic.canonical(dims.ceil_div(half, 1)) == sympy.ceiling(half)  # not ⌊r/2 + 1/2⌋: r may be 1/2


def test_a_choice_is_made_where_it_must_be_and_told() -> None:
    with symbolic.Choices({"k": 4, "s": 8}) as choices:
        assert dims.same(16 * K, 16) is False
        assert dims.same(K * S, 30) is False
        assert dims.at_least(K, 3) is True
        assert dims.at_least(K, S) is False
        assert dims.same(2 * K, K + K) is True
    assert [str(one) for one in choices.made] == ["Ne(k, 1)", "Ne(k*s, 30)", "k >= 3", "s >= k + 1"]
    assert not isinstance(dims.at_least(K, 3), bool)
