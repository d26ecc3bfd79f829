"""``divisible``: the make_divisible of the frameworks, for every kind of dimension."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.dims.arrays import mesh
from archcalc.dims.interval import Interval
from archcalc.dims.symbolic.expression import symbol
from archcalc.dims.traced import Traced
from archcalc.language.expressions import parse

DIVISORS = (1, 4, 8, 10, 16, 32)
MULTIPLIERS = ("0.1", "0.25", "0.35", "0.5", "0.75", "1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.8", "2.0")


def torchvisions(v: float, divisor: int) -> int:
    """torchvision/models/_utils.py, ``_make_divisible``, in floats as it stands there."""
    new_v = max(divisor, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v:
        new_v += divisor
    return new_v


def ours(value: object, divisor: int) -> object:
    return parse(f"divisible(x, {divisor})").evaluate({"x": value})


@pytest.mark.parametrize("divisor", DIVISORS)
def test_whole_numbers_are_those_of_torchvision(divisor: int) -> None:
    assert [ours(value, divisor) for value in range(1, 3000)] == [
        torchvisions(value, divisor) for value in range(1, 3000)
    ]


@pytest.mark.parametrize("multiplier", MULTIPLIERS)
def test_scaled_widths_are_those_of_torchvision(multiplier: str) -> None:
    for width in range(4, 2049, 4):
        exact, in_floats = ours(width * Fraction(multiplier), 8), torchvisions(width * float(multiplier), 8)
        # Halfway between two multiples, a float may lie just below: 720 * 0.35 is 251.99999999999997.
        halfway = (width * Fraction(multiplier) + 4) % 8 == 0
        assert exact == in_floats or (halfway and exact == in_floats + 8)


@given(st.integers(1, 5000), st.sampled_from(DIVISORS))
def test_it_is_a_near_multiple_and_not_below_90_percent(value: int, divisor: int) -> None:
    result = ours(value, divisor)
    assert isinstance(result, int)
    assert result % divisor == 0
    assert 10 * result >= 9 * value
    assert result < value + 2 * divisor


@given(st.integers(1, 5000), st.sampled_from(DIVISORS))
def test_every_kind_agrees(value: int, divisor: int) -> None:
    expected = ours(value, divisor)
    closed = ours(symbol("k"), divisor)
    assert closed.subs(symbol("k"), value) == expected  # type: ignore[attr-defined]
    assert ours(Traced(value, "x"), divisor).value == expected  # type: ignore[attr-defined]
    (array,) = mesh([[value, value + 1]])
    assert [*np.asarray(ours(array, divisor))] == [expected, ours(value + 1, divisor)]
    bounds = ours(Interval(value, value + 50), divisor)
    assert isinstance(bounds, Interval)
    assert all(ours(one, divisor) in bounds for one in (value, value + 17, value + 50))


def test_a_closed_form_keeps_the_rule() -> None:
    closed = ours(symbol("k"), 8)
    assert closed.subs(symbol("k"), 11) == 16  # type: ignore[attr-defined]
