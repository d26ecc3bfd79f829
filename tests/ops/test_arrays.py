"""The law of the kinds, for arrays and intervals: the numbers of every op, point by point."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.examples import examples
from helpers.strategies import Case, cases, claims_of, holds, misfits, with_dims
from hypothesis import given
from hypothesis import strategies as st

from archcalc.dims.interval import Interval
from archcalc.ops import OPS

np = pytest.importorskip("numpy")
pytest.importorskip("archcalc.dims.arrays")  # makes arrays dimensions, whichever test runs first
every_op = pytest.mark.parametrize("op", OPS.values(), ids=OPS)


def facts(case: Case) -> dict[str, Any]:
    op, xs = case
    y = op.shape(xs)
    found = {f"shape[{i}]": dim for i, dim in enumerate(y.dims)} | {"size": y.size}
    for weight in op.weights(xs, y):
        found |= {f"{weight.name}[{i}]": dim for i, dim in enumerate(weight.shape)}
    found |= {f"cost {kind}": count for kind, count in op.cost(xs, y).items()}
    for axis, reach in enumerate(op.reach(xs) or ()):
        found |= {f"reach {name}[{axis}]": dim for name, dim in zip(reach._fields, reach, strict=True)}
    return found | {f"kept {kept.name}": kept.count for kept in op.kept(xs, y)}


def together(points: list[Case], place: int = 0) -> Case:
    """Points of one form as one case of arrays."""
    values: list[list[int]] = []
    for point in points:
        own: list[int] = []
        with_dims(point, lambda value, name, own=own: own.append(value) or value)
        values.append(own)
    columns = iter(zip(*values, strict=True))
    return with_dims(points[0], lambda value, name: np.array(next(columns), np.int64))


def form(case: Case) -> Any:
    """Cases with equal values of this can become arrays together: only the numbers of dimensions differ."""
    blank = with_dims(case, lambda value, name: 0)
    return repr(blank.op), [x.rank for x in blank.xs]


@every_op
@given(data=st.data())
@examples(30)
def test_arrays_are_the_ints_point_by_point(op, data):
    drawn = data.draw(st.lists(cases(op), min_size=1, max_size=5))
    points = [case for case in drawn if form(case) == form(drawn[0])]
    found = facts(together(points))
    for place, point in enumerate(points):
        for what, dim in facts(point).items():
            there = found[what][place] if isinstance(found[what], np.ndarray) else found[what]
            assert there == dim, what


@every_op
@given(data=st.data())
@examples(30)
def test_arrays_judge_claims_as_ints(op, data):
    drawn = data.draw(st.lists(cases(op) | misfits(op), min_size=1, max_size=4))
    points = [case for case in drawn if form(case) == form(drawn[0])]
    masks = [holds(claim) for claim in claims_of(together(points))]
    for place, point in enumerate(points):
        plain = [holds(claim) for claim in claims_of(point)]
        at_point = [mask if isinstance(mask, bool) else bool(mask[place]) for mask in masks]
        # Ints stop at the first claim that makes the op impossible; later claims of arrays are ignored.
        assert at_point[: len(plain)] == plain[: len(at_point)]


@every_op
@given(data=st.data())
@examples(30)
def test_intervals_hold_the_ints(op, data):
    drawn = data.draw(st.lists(cases(op), min_size=1, max_size=5))
    points = [case for case in drawn if form(case) == form(drawn[0])]
    arrays = together(points)
    bounds = with_dims(arrays, lambda value, name: value)  # arrays stay: they are no plain ints
    assert bounds.op is not arrays.op
    hull = iter(_hulls(points))
    found = facts(with_dims(points[0], lambda value, name: next(hull)))
    for point in points:
        for what, dim in facts(point).items():
            there = found[what]
            assert dim in there if isinstance(there, Interval) else dim == there, what


def _hulls(points: list[Case]) -> list[Interval]:
    values: list[list[int]] = []
    for point in points:
        own: list[int] = []
        with_dims(point, lambda value, name, own=own: own.append(value) or value)
        values.append(own)
    return [Interval(min(column), max(column)) for column in zip(*values, strict=True)]
