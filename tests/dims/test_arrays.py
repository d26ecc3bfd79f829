"""Arrays and intervals as dimensions: they answer as the ints they stand for."""

from __future__ import annotations

import operator
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archcalc import dims
from archcalc.dims.interval import UNDECIDED, Interval

np = pytest.importorskip("numpy")
from archcalc.dims.arrays import ExactArray, TooManyNumbers, mesh, settled  # noqa: E402

ARITHMETIC = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.floordiv,
    dims.ceil_div,
    dims.larger,
    dims.smaller,
]
COMPARISONS = [dims.same, dims.at_least, dims.divides]
DIVIDES = (operator.floordiv, dims.ceil_div)
NUMBERS = st.lists(st.integers(-30, 30), min_size=1, max_size=4)


def undefined(work, a, b):
    return (work in DIVIDES and b == 0) or (work is dims.divides and a == 0)


@pytest.mark.parametrize("dtype", ["int64", "object"])
@pytest.mark.parametrize("work", [*ARITHMETIC, dims.gcd, *COMPARISONS])
@given(NUMBERS, NUMBERS)
def test_an_array_answers_as_its_ints(dtype, work, lefts, rights):
    rights = [b for b in rights if not any(undefined(work, a, b) for a in lefts)]
    lefts = [a for a in lefts if not any(undefined(work, a, b) for b in rights)]
    if not lefts or not rights:
        return
    a, b = np.array(lefts, dtype).reshape(-1, 1), np.array(rights, dtype).reshape(1, -1)
    expected = [[work(x, y) for y in rights] for x in lefts]
    found = work(a, b)
    assert np.broadcast_to(found, (len(lefts), len(rights))).tolist() == expected
    if work in COMPARISONS:
        flat = {answer for row in expected for answer in row}
        assert (type(found) is bool) == (len(flat) == 1)
    one = lefts[0]
    assert np.broadcast_to(work(one, b), (1, len(rights))).tolist()[0] == expected[0]


@pytest.mark.parametrize("work", [*ARITHMETIC, dims.gcd, *COMPARISONS])
@given(
    st.lists(st.integers(-30, 30), min_size=2, max_size=2),
    st.lists(st.integers(-30, 30), min_size=2, max_size=2),
)
@example([2, 4], [3, 9])  # no divisor of both but 1
@example([0, 3], [2, 4])  # 0 is divided by all
@example([2, 4], [0, 3])
def test_an_interval_holds_what_its_ints_answer(work, left, right):
    a, b = Interval(min(left), max(left)), Interval(min(right), max(right))
    found = work(a, b)
    for x in range(a.low, a.high + 1):
        for y in range(b.low, b.high + 1):
            if undefined(work, x, y):
                continue
            answer = work(x, y)
            if work in COMPARISONS:
                assert found is UNDECIDED or found is answer
            else:
                assert answer in found
                assert found.worst >= max(abs(answer), abs(x), abs(y))


@given(st.integers(-20, 20), st.integers(1, 7), st.integers(0, 5))
def test_an_exact_quotient_lies_in_the_interval_rounded_or_not(low, divisor, more):
    found = dims.exact_div(Interval(low, low + more), divisor)
    for x in range(low, low + more + 1):
        assert x // divisor in found
        assert Fraction(x, divisor) in found


def test_an_interval_remembers_the_worst_of_its_way():
    side = Interval(1, 10**10)
    assert (side * side // 10**19).worst == 10**20
    assert Interval(-5, 3).worst == 5


@pytest.mark.parametrize("foreign", [1.5, True, "7", None], ids=repr)
@pytest.mark.parametrize("work", [dims.ceil_div, dims.larger, dims.same, dims.divides])
def test_an_interval_takes_ints_only(work, foreign):
    with pytest.raises(TypeError):
        work(Interval(1, 2), foreign)


@pytest.mark.parametrize("foreign", [1.5, True, "7", None], ids=repr)
@pytest.mark.parametrize("work", [operator.add, operator.sub, operator.mul, operator.floordiv])
def test_an_interval_is_reckoned_with_ints_only(work, foreign):
    for a, b in ((Interval(1, 2), foreign), (foreign, Interval(1, 2))):
        with pytest.raises(TypeError):
            work(a, b)


def test_intervals_that_lie_apart_are_not_the_same():
    low, high = Interval(0, 1), Interval(2, 3)
    assert dims.same(low, high) is dims.same(high, low) is False


def test_an_undecided_comparison_decides_nothing():
    with pytest.raises(TypeError):
        bool(dims.same(Interval(1, 2), 2))


def test_kinds_do_not_meet():
    with pytest.raises(TypeError):
        dims.larger(np.array([1]), Interval(1, 2))


def test_a_number_is_told_from_many():
    assert dims.number(np.array([[7], [7]])) == 7
    assert dims.number(np.array([7])) == 7
    assert dims.number(np.array([7, 8])) is None
    assert dims.number(Interval(7, 7)) == 7
    assert dims.number(Interval(7, 8)) is None


def test_settings_divide_exactly_while_a_network_is_built():
    (width,) = mesh([[3, 4]])
    half = dims.exact_div(width, 2)
    assert half.tolist() == [Fraction(3, 2), 2]
    assert isinstance(half, ExactArray)
    assert (width * Fraction(1, 2) // 1).tolist() == [1, 2]
    values, right = settled(half, 1, 10)
    assert values.tolist() == [1, 2]
    assert right.tolist() == [False, True]
    assert settled(mesh([[0, 5, 50]])[0], 1, 10)[0].tolist() == [1, 5, 10]


def test_equal_intervals_are_equal_also_in_their_history():
    assert Interval(1, 9) == Interval(1, 9)
    assert hash(Interval(1, 9)) == hash(Interval(1, 9))
    for other in (Interval(1, 8), Interval(2, 9), Interval(1, 9, 100), (1, 9), 1):
        assert Interval(1, 9) != other


@pytest.mark.parametrize("values", [[1, 5, 10], [0, 5, 11], [2**63, 1, 5], [Fraction(7, 2), 3, -4]])
def test_settled_values_are_the_nearest_whole_numbers(values):
    found, right = settled(mesh([values])[0], 1, 10)
    assert found.tolist() == [min(max(value // 1, 1), 10) for value in values]
    expected = [1 <= value <= 10 and value // 1 == value for value in values]
    assert np.broadcast_to(right, 3).tolist() == expected


@pytest.mark.parametrize("work", [operator.add, operator.mul, operator.floordiv, dims.exact_div, dims.larger])
def test_settings_of_two_axes_do_not_fill_the_memory(work):
    a, b = mesh([list(range(1, 10**5)), list(range(1, 10**5))])
    with pytest.raises(TooManyNumbers):
        work(a, b)
    assert work(a, 2).shape == (10**5 - 1, 1)
