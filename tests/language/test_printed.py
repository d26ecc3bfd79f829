from __future__ import annotations

import doctest
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcalc.language.printed
from archcalc.language.printed import Figure, agreement, read_figure


def test_the_docstrings_are_true() -> None:
    assert doctest.testmod(archcalc.language.printed).failed == 0
    assert doctest.testmod(archcalc.language.printed).attempted > 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1728", 1728),
        ("1,728", 1728),
        ("102,760,448", 102_760_448),
        ("35K", 35_000),
        ("35k", 35_000),
        ("61.5m", 61_500_000),
        ("60 M", 60_000_000),
        ("0.714G", 714_000_000),
        ("15.3 billion", 15_300_000_000),
        ("1 trillion", 10**12),
        ("10^12", 10**12),
        ("2.5", Fraction(5, 2)),
        ("96MB", 96_000_000),
        ("96 kB", 96_000),
        ("233 MiB", 233 * 1024**2),
        ("1.5GiB", 3 * 2**29),
        ("240000 bytes", 240_000),
        ("39B", 39),
        ("0.39B FLOPs", 390_000_000),
        ("37 B FLOPs", 37_000_000_000),
        ("4.1 BFLOPs", 4_100_000_000),
        ("7B params", 7_000_000_000),
        ("12 MB params", 12_000_000),
        ("3.6x10^9 FLOPs", 3_600_000_000),
    ],
)
def test_a_number(text: str, value: int | Fraction) -> None:
    figure = read_figure(text)
    assert isinstance(figure, Figure)
    assert figure.value == value


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("55x55x96", (55, 55, 96)),
        ("[55x55x96]", (55, 55, 96)),
        ("224×224", (224, 224)),
        ("7 x 7 x 512", (7, 7, 512)),
        ("16@10x10", (10, 10, 16)),
        ("1x1x4096", (1, 1, 4096)),
    ],
)
def test_a_shape(text: str, shape: tuple[int, ...]) -> None:
    assert read_figure(text) == shape


@pytest.mark.parametrize(
    "text",
    [
        "",
        "K",
        "abc",
        "1,72",
        "1,7284",
        "12,34",
        "-5",
        "1.2.3",
        "x55",
        "55x",
        "5 X",
        "3@4",
        "10^1000",
        "1e",
        "7Q",
    ],
)
def test_no_figure(text: str) -> None:
    with pytest.raises(ValueError):
        read_figure(text)


@pytest.mark.parametrize(
    ("says", "computed", "judgement"),
    [
        ("138M", 138_357_544, "rounded"),
        ("60M", 60_965_224, "truncated"),
        pytest.param("60M", 62_378_344, "disagrees", id="two digits of 60M are meant"),
        pytest.param("61M", 60_500_000, "rounded", id="a half goes up"),
        pytest.param("60M", 60_500_000, "truncated", id="a half goes down by truncation only"),
        ("61M", 60_499_999, "disagrees"),
        ("60M", 59_500_000, "rounded"),
        ("60M", 59_499_999, "disagrees"),
        ("60M", 60_999_999, "truncated"),
        ("60M", 61_000_000, "disagrees"),
        ("35K", 34_848, "rounded"),
        ("150K", 150_528, "truncated"),
        pytest.param("800K", 802_816, "rounded", id="the last zero of 800K fills the place"),
        pytest.param("800K", 812_000, "disagrees", id="but not both of its zeros"),
        ("800K", 809_999, "truncated"),
        ("3.2M", 3_211_264, "rounded"),
        pytest.param("3.0M", 3_060_000, "truncated", id="a zero behind the point is meant"),
        ("3.0M", 3_100_000, "disagrees"),
        ("4096", 4096, "exact"),
        pytest.param("650,000", 659_272, "disagrees", id="a number in full is meant to the last digit"),
        ("0", 0, "exact"),
        ("0", 1, "disagrees"),
        ("10^12", 10**12, "exact"),
        ("10^12", 10**12 + 1, "disagrees"),
        pytest.param("12.7", Fraction("12.79"), "truncated", id="what is cut off may be less than one"),
        ("29MB", 30_380_704, "disagrees"),
        ("29MiB", 30_380_704, "rounded"),
        ("55x55x96", 290_400, "disagrees"),
    ],
)
def test_a_judgement(says: str, computed: int | Fraction, judgement: str) -> None:
    assert agreement(says, computed) == judgement


@pytest.mark.parametrize(
    ("says", "computed", "agrees"),
    [
        ("55x55x96", (55, 55, 96), True),
        ("65x55x96", (55, 55, 96), False),
        ("55x55", (55, 55, 96), False),
        ("1x1x4096", (4096,), True),
        ("4096", (1, 1, 4096), True),
        ("4096", (4, 1024), False),
        ("19x19", (19, 19, 1), True),
        ("19x19x1", (19, 19), False),
        ("1x5", (5, 1), False),
        ("16@10x10", (10, 10, 16), True),
        ("10x10x16", (16, 10, 10), False),
    ],
)
def test_a_shape_agrees(says: str, computed: tuple[int, ...], agrees: bool) -> None:
    assert agreement(says, computed) == ("exact" if agrees else "disagrees")


@given(st.integers(0, 10**15), st.sampled_from([("K", 10**3), ("M", 10**6), ("G", 10**9), ("MiB", 2**20)]))
def test_what_is_rounded_or_truncated_agrees(number: int, unit: tuple[str, int]) -> None:
    word, scale = unit
    cut, rounded = number // scale, (2 * number + scale) // (2 * scale)
    to_nothing = ("exact",) if number == 0 else ("disagrees",)  # 0M is no answer to everything
    assert agreement(f"{cut}{word}", number) in (("exact", "rounded", "truncated") if cut else to_nothing)
    assert agreement(f"{rounded:,} {word}", number) in (("exact", "rounded") if rounded else to_nothing)


@given(st.integers(0, 10**15))
def test_a_number_in_full_agrees_with_itself_only(number: int) -> None:
    assert agreement(f"{number:,}", number) == "exact"
    assert agreement(f"{number:,}", number + 1) == "disagrees"
