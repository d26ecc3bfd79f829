"""The kinds of dimension: what they answer alone, and that they do not meet."""

from __future__ import annotations

import itertools
import math
import operator
from fractions import Fraction

import pytest
from helpers.formulas import worked_out
from hypothesis import given
from hypothesis import strategies as st

from archcalc import dims
from archcalc.dims.traced import Traced

OPERATORS = [operator.add, operator.sub, operator.mul, operator.floordiv]
FUNCTIONS = [
    dims.ceil_div,
    dims.exact_div,
    dims.larger,
    dims.smaller,
    dims.gcd,
    dims.same,
    dims.at_least,
    dims.divides,
]


def _symbol():
    pytest.importorskip("sympy")
    from archcalc.dims.symbolic import symbol

    return symbol("n")


@pytest.mark.parametrize("work", [*OPERATORS, *FUNCTIONS])
def test_two_kinds_do_not_mix(work):
    n, seven = _symbol(), Traced(7, "W")
    for a, b in ((n, seven), (seven, n)):
        with pytest.raises(TypeError):
            work(a, b)


@pytest.mark.parametrize("foreign", [1.5, Fraction(3, 2), True, "7", None], ids=repr)
@pytest.mark.parametrize("work", [*OPERATORS, *FUNCTIONS])
def test_a_traced_int_takes_ints_only(work, foreign):
    for a, b in ((foreign, Traced(7, "W")), (Traced(7, "W"), foreign)):
        with pytest.raises(TypeError):
            work(a, b)


@pytest.mark.parametrize("foreign", [1.5, Fraction(3, 2), True, "7", None], ids=repr)
@pytest.mark.parametrize("work", FUNCTIONS)
def test_what_is_no_dimension_is_refused(work, foreign):
    with pytest.raises(TypeError):
        work(foreign, 3)


@pytest.mark.parametrize("work", [*OPERATORS, *FUNCTIONS])
def test_a_traced_int_answers_as_the_int(work):
    divides = work in (operator.floordiv, dims.ceil_div, dims.exact_div)
    for a, b in itertools.product(range(-7, 8), repeat=2):
        if (divides and b == 0) or (work is dims.divides and a == 0) or (work is dims.exact_div and a % b):
            continue
        expected = work(a, b)
        for left, right in ((Traced(a, "a"), b), (a, Traced(b, "b")), (Traced(a, "a"), Traced(b, "b"))):
            answer = work(left, right)
            if isinstance(expected, bool):
                assert answer is expected
            else:
                assert answer.value == expected
                assert worked_out(answer.substituted()) == expected
                assert worked_out(answer.formula(), {"a": a, "b": b}) == expected


FORMS = [
    *OPERATORS,
    dims.ceil_div,
    dims.exact_div,
    dims.larger,
    dims.smaller,
    dims.gcd,
    lambda a, b: -(a + b),
]


@pytest.mark.parametrize("outer", FORMS)
@pytest.mark.parametrize("inner", FORMS)
def test_one_form_within_another_reads_as_its_value(outer, inner):
    a, b, c = (
        Traced(value, name) for value, name in ((24, "a"), (6, "b"), (2, "c"))
    )  # all that comes divides 24
    for dim in (outer(inner(a, b), c), outer(a, inner(b, c))):
        assert worked_out(dim.substituted()) == dim.value
        assert worked_out(dim.formula(), {"a": 24, "b": 6, "c": 2}) == dim.value


@st.composite
def traced(draw, depth=4):
    """A formula over a few leaves, some negative, with divisions that need not be exact but by floor and
    ceil.
    """
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        value = draw(st.integers(-6, 9))
        return Traced(value, draw(st.sampled_from(["", f"n{value}".replace("-", "_")])))
    a, b = draw(traced(depth - 1)), draw(traced(depth - 1) | st.integers(-5, 5))
    if draw(st.booleans()):
        a, b = b, a
    if draw(st.integers(0, 6)) == 0 and isinstance(a, Traced):
        return -a
    work = draw(st.sampled_from([*OPERATORS, dims.ceil_div, dims.larger, dims.smaller, dims.gcd]))
    divides = work in (operator.floordiv, dims.ceil_div)
    if not isinstance(a, Traced) and not isinstance(b, Traced):
        a = Traced(a)
    return work(a, b) if not divides or dims.number(b) != 0 else a + b


@given(traced())
def test_a_formula_reads_as_its_value(dim):
    names = {f"n{value}".replace("-", "_"): value for value in range(-6, 10)}
    assert worked_out(dim.substituted()) == dim.value
    assert worked_out(dim.formula(), names) == dim.value


@given(traced())
def test_the_case_at_hand_has_the_same_value_and_no_cases(dim):
    case = dim.decided()
    names = {f"n{value}".replace("-", "_"): value for value in range(-6, 10)}
    assert dims.number(case) == dim.value
    if isinstance(case, Traced):
        assert worked_out(case.substituted()) == dim.value
        assert worked_out(case.formula(), names) == dim.value
        assert "max" not in case.formula()
        assert "min" not in case.formula()


W, F, P, S, MACS = (Traced(v, name) for v, name in ((224, "W"), (7, "F"), (3, "P"), (2, "S"), (10, "MACs")))


@pytest.mark.parametrize(
    ("dim", "formula", "substituted"),
    [
        (W + (P + P) - F, "W - F + 2P", "224 - 7 + 2·3"),
        ((W + (P + P) - F) // S + 1, "⌊(W - F + 2P)/S⌋ + 1", "⌊(224 - 7 + 2·3)/2⌋ + 1"),
        ((W - 4) // S, "(W - 4)/S", "(224 - 4)/2"),
        (dims.ceil_div(W, S), "W/S", "224/2"),
        (dims.ceil_div(W, P), "⌈W/P⌉", "⌈224/3⌉"),
        (2 * MACS + P, "2·MACs + P", "2·10 + 3"),
        (1 * (F - 1) + 1, "F", "7"),
        (S * (F - 1) + 1, "S·(F - 1) + 1", "2·(7 - 1) + 1"),
        (W - (S * (F - 1) + 1), "W - S·(F - 1) - 1", "224 - 2·(7 - 1) - 1"),
        (F * dims.exact_div(W, S) * P, "F·(W/S)·P", "7·(224/2)·3"),
        (2 * (W * W), "2·W·W", "2·224·224"),
        (3 * (2 * P), "6P", "6·3"),
        (2 * (W + P), "2·(W + P)", "2·(224 + 3)"),
        (1 - P, "1 - P", "1 - 3"),
        (-(P + S), "-P - S", "-3 - 2"),
        (P - P, "0", "0"),
        (W * -2, "-2W", "-2·224"),
        (W - Traced(-3, "first"), "W - first", "224 - (-3)"),
        (dims.larger(dims.larger(W, F), P), "max(W, F, P)", "max(224, 7, 3)"),
    ],
    ids=str,
)
def test_a_formula_is_printed_as_one_would_write_it(dim, formula, substituted):
    assert (dim.formula(), dim.substituted()) == (formula, substituted)


@pytest.mark.parametrize(
    ("dim", "formula"),
    [
        (dims.smaller(W, F), "F"),
        (dims.larger(F - W, 0) + S, "S"),
        (W - P * dims.larger(F - W, 0), "W"),
        (W - dims.larger(W - F, 0), "F"),
        (dims.larger(W - 224, 0) + 5, "5"),
        (P, "P"),
    ],
    ids=str,
)
def test_the_case_at_hand_is_short(dim, formula):
    case = dim.decided()
    assert (case.formula() if isinstance(case, Traced) else str(case)) == formula


def test_a_traced_int_reads_as_the_int_in_a_message():
    assert f"{Traced(224, 'W') + 1}" == "225"


@given(st.integers(1, 60), st.integers(1, 60))
def test_a_symbolic_gcd_is_that_of_the_numbers(a, b):
    sympy = pytest.importorskip("sympy")
    from archcalc.dims.symbolic import symbol

    n, m = symbol("n"), symbol("m")
    values = {n: sympy.Integer(a), m: sympy.Integer(b)}
    assert dims.gcd(n, m).xreplace(values) == math.gcd(a, b)
    assert dims.gcd(n, b).xreplace(values) == math.gcd(a, b)
    assert dims.gcd(6 * n, 4 * m + 2).xreplace(values) == math.gcd(6 * a, 4 * b + 2)
    assert dims.gcd(b * n, b) == b
    assert dims.gcd(n, n) is n


def test_a_number_is_told_from_an_open_dimension():
    assert dims.number(7) == dims.number(Traced(7, "W")) == 7
    assert dims.number(_symbol()) is None
    assert dims.number(_symbol() * 0 + 7) == 7
