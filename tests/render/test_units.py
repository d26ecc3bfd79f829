"""Numbers as text."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.render import units
from archcalc.render.writers.cs231n import two_digits


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "auto", "0"),
        (999, "auto", "999"),
        (1000, "auto", "1.000K"),
        (138357544, "auto", "138.4M"),
        (15470264320, "G", "15.47G"),
        (1792, "M", "0.001792M"),
        (10**15, "auto", "1,000,000G"),
        (Fraction(161, 4), "exact", "40.25"),
    ],
)
def test_counts(value: int | Fraction, unit: str, text: str) -> None:
    assert units.count(value, unit) == text


@given(st.integers(0, 10**24))
def test_exact_text_reads_back(value: int) -> None:
    assert int(units.count(value).replace(",", "")) == value


@given(st.integers(1000, 10**15))
def test_short_text_is_right_to_four_digits(value: int) -> None:
    text = units.count(value, "auto")
    shown = Fraction(text[:-1].replace(",", "")) * units.SCALES[text[-1]]
    # Four significant digits: rounding moves a value by at most half of its fourth digit.
    assert abs(shown - value) <= Fraction(value, 2000)


@given(st.integers(10_000, 10**12 - 1))
def test_lecture_memory_is_truncated_to_two_digits(value: int) -> None:
    text = two_digits(value)
    shown = Fraction(text[:-1]) * units.SCALES[text[-1]]
    assert shown <= value < shown + 10 ** (len(str(value)) - 2)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (60950432, "58.13 MiB"), (2**40, "1,024.00 GiB")],
)
def test_bytes(size: int, text: str) -> None:
    assert units.binary(size) == text
