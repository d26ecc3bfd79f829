"""Values on a mesh in factored form: at every point they answer as the ints that they stand for."""

from __future__ import annotations

import operator
from itertools import product

import pytest
from helpers.examples import examples
from hypothesis import given
from hypothesis import strategies as st

from archcalc import dims

np = pytest.importorskip("numpy")
from archcalc.dims import arrays  # noqa: E402
from archcalc.dims.arrays import TooManyNumbers  # noqa: E402
from archcalc.dims.factored import Factored  # noqa: E402
from archcalc.dims.mesh_kind import Largest, on_axes  # noqa: E402

AXES = 3
DTYPES = ["int64", "object"]
LOOSE = [operator.add, operator.sub, operator.mul, dims.larger, dims.smaller, dims.gcd]
DIVIDING = [operator.floordiv, dims.ceil_div]
COMPARISONS = [dims.same, dims.at_least, dims.divides]


def along(axis, values, dtype="int64"):
    """Some numbers along an axis of the mesh."""
    shape = [1] * AXES
    shape[axis] = len(values)
    return on_axes(np.array(values, dtype).reshape(shape))


NUMBERS = st.lists(st.integers(-9, 9), min_size=2, max_size=2)
LEAVES = st.one_of(
    st.tuples(st.integers(0, AXES - 1), NUMBERS),
    st.integers(-9, 9),
)
EXPRESSIONS = st.recursive(
    LEAVES, lambda inner: st.tuples(st.sampled_from([*LOOSE, *DIVIDING]), inner, inner), max_leaves=8
)


def on_mesh(expression, dtype):
    """What an expression gives, in values on the mesh."""
    if isinstance(expression, int):
        return expression
    if isinstance(expression[0], int):
        return along(*expression, dtype)
    work, left, right = expression
    return work(on_mesh(left, dtype), on_mesh(right, dtype))


class Undefined(Exception):
    pass


def at_point(expression, point):
    """What an expression gives at a point, in plain ints."""
    if isinstance(expression, int):
        return expression
    if isinstance(expression[0], int):
        axis, values = expression
        return values[point[axis]]
    work, left, right = expression
    a, b = at_point(left, point), at_point(right, point)
    if work in DIVIDING and b == 0:
        raise Undefined
    return work(a, b)


POINTS = list(product(range(2), repeat=AXES))
WHOLE = (slice(None),) * AXES


@pytest.mark.parametrize("dtype", DTYPES)
@given(EXPRESSIONS)
@examples(150)
def test_an_expression_gives_what_its_ints_give(dtype, expression):
    try:
        expected = [at_point(expression, point) for point in POINTS]
        found = on_mesh(expression, dtype)
    except (Undefined, ZeroDivisionError):  # of plain ints, which need no array
        return
    numbers = found if isinstance(found, int) else found.at(WHOLE)
    assert np.broadcast_to(numbers, (2,) * AXES).reshape(-1).tolist() == expected
    if not isinstance(found, int):
        assert found.shape == found.at(WHOLE).shape
        assert found.at(WHOLE).dtype == found.dtype == dtype
        last = tuple(slice(1, 2) for _ in range(AXES))
        assert found.at(last).item() == expected[-1]


@pytest.mark.parametrize("work", COMPARISONS)
@given(EXPRESSIONS, EXPRESSIONS)
@examples(60)
def test_a_comparison_is_a_mask_or_one_bool(work, left, right):
    try:
        ints = [(at_point(left, point), at_point(right, point)) for point in POINTS]
        a, b = on_mesh(left, "int64"), on_mesh(right, "int64")
    except (Undefined, ZeroDivisionError):
        return
    if (isinstance(a, int) and isinstance(b, int)) or (work is dims.divides and any(a == 0 for a, _ in ints)):
        return
    found, expected = work(a, b), [work(x, y) for x, y in ints]
    assert np.broadcast_to(found, (2,) * AXES).reshape(-1).tolist() == expected
    assert (type(found) is bool) == (len(set(expected)) == 1)


def test_equal_values_are_equal_and_have_one_hash():
    a, b = along(0, [3, 4]), along(1, [5, 6])
    for value, same in [(a, along(0, [3, 4])), (a * b + a, a + b * a)]:
        assert value == same
        assert hash(value) == hash(same)
    for other in (along(0, [3, 5]), along(1, [3, 4]), along(0, [3, 4], "object"), a * b, 3, "a"):
        assert a != other
    assert a * b != a * b + a


def test_equal_python_ints_have_one_hash_whatever_their_addresses():
    a, b = (along(0, [10**30 + step, 7], "object") for step in (1, 1))
    assert a == b
    assert hash(a) == hash(b)


def test_a_product_of_two_axes_stays_two_arrays():
    side, width = along(0, list(range(1000))), along(1, list(range(1000)))
    macs = side * side * (3 * width) + 4 * (side * side) * width + side * side * 5
    assert isinstance(macs, Factored)
    assert sum(factor.numbers.size for factor in macs.factors) < 10_000
    assert macs.at((slice(3, 4), slice(2, 3), slice(None))).item() == 9 * 6 + 36 * 2 + 45


def test_a_value_that_fits_is_right_though_its_terms_overflow():
    a, b = along(0, [2**40, 2**40 + 1]), along(1, [2**30, 2**30 + 3])
    difference = a * b - a * along(1, [2**30 - 1, 2**30])
    assert difference.numbers.reshape(-1).tolist() == [2**40, 3 * 2**40, 2**40 + 1, 3 * (2**40 + 1)]


def test_the_largest_is_worked_out_where_it_is_asked_for():
    a, b = along(0, [3, 8]), along(1, [5, 6])
    found = dims.larger(dims.larger(a, b), a)
    assert isinstance(found, Largest)
    assert len(found.values) == 2
    for times in (1, 2, -1):
        assert (found * times).numbers.reshape(-1).tolist() == [5 * times, 6 * times, 8 * times, 8 * times]
    assert (found + 1).numbers.reshape(-1).tolist() == [6, 7, 9, 9]


@pytest.mark.parametrize("work", [operator.floordiv, dims.smaller, *COMPARISONS])
def test_a_large_mesh_is_not_multiplied_out(work, monkeypatch):
    a, b = along(0, [3, 8]), along(1, [5, 6])
    work(a, b), work(a * b, a), a // 2
    monkeypatch.setattr(arrays, "MOST_NUMBERS", 3)
    work(a, 2), work(a, a)
    for left, right in ((a, b), (a * b, a), (a * b, 5)):
        with pytest.raises(TooManyNumbers):
            work(left, right)


def test_a_number_is_told_from_many():
    assert dims.number(along(0, [7, 7])) == 7
    assert dims.number(along(0, [7, 8])) is None


@pytest.mark.parametrize("foreign", [1.5, "7", None], ids=repr)
@pytest.mark.parametrize("work", [operator.add, operator.mul])
def test_only_ints_meet_a_value(work, foreign):
    for left, right in ((along(0, [1, 2]), foreign), (foreign, along(0, [1, 2]))):
        with pytest.raises(TypeError):
            work(left, right)
