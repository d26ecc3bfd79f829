"""Weights, operations and connections, counted one by one or worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from helpers.examples import examples
from helpers.strategies import cases
from hypothesis import given
from hypothesis import strategies as st

from archcalc.dims import prod
from archcalc.ops import OPS
from archcalc.ops.base import Inputs, Op, Volume, per_axis
from archcalc.ops.window import WindowOp

WEIGHTED_WINDOWS = ["conv", "locally_connected", "s_cells", "c_cells"]


def products(op: Any, x: Volume, y: Volume) -> Iterator[tuple[Any, ...]]:
    """Every product of a forward pass, as the weight that it uses."""
    taps = list(product(*map(range, per_axis(op.kernel, x.rank))))
    for position in product(*map(range, y.spatial)):
        for filter in range(y.channels):
            for tap in taps:
                match op.name:
                    case "locally_connected":
                        yield from ((position, filter, seen, tap) for seen in range(x.channels))
                    case "c_cells":  # one kernel for all planes, each blurred alone
                        yield (tap,)
                    case _:
                        yield from ((filter, seen, tap) for seen in maps_of(op, x, filter))


def maps_of(op: Any, x: Volume, filter: int) -> list[int]:
    """The input maps that a filter reads."""
    if op.name != "conv":
        return list(range(x.channels))
    if op.filters == "depthwise":
        return [filter // op.multiplier]
    if op.table is not None:
        return list(op.table[filter])
    share, filters = x.channels // op.groups, op.filters // op.groups
    return [filter // filters * share + i for i in range(share)]


def stored(op: Op, xs: Inputs, y: Volume, name: str) -> int:
    return sum(prod(weight.shape) for weight in op.weights(xs, y) if weight.name == name)


@pytest.mark.parametrize("name", WEIGHTED_WINDOWS)
@given(data=st.data())
@examples(25)
def test_weights_and_products_counted_one_by_one(name, data):
    op, xs = data.draw(cases(OPS[name]).filter(lambda case: case.op.shape(case.xs).size <= 400))
    y = op.shape(xs)
    used = list(products(op, xs[0], y))
    weight = {"s_cells": "a", "c_cells": "d"}.get(name, "weight")
    assert op.cost(xs, y)["macs"] == len(used)
    assert stored(op, xs, y, weight) == len(set(used))
    if op.connections(xs, y) is not None:
        assert op.connections(xs, y) == len(used) + (y.size if op.bias else 0)


def test_a_depthwise_convolution_has_its_filters_for_every_channel():
    op, x = OPS["conv"](filters="depthwise", kernel=3, multiplier=2), Volume((5, 5), 4)
    y = op.shape((x,))
    assert y.dims == (3, 3, 8)
    assert [weight.shape for weight in op.weights((x,), y)] == [(8, 1, 3, 3), (8,)]
    assert op.depth() == 0


@pytest.mark.parametrize(
    ("options", "channels", "says"),
    [
        ({"filters": 6, "groups": 4}, 8, "6 filters cannot be divided into 4 groups"),
        ({"filters": 6, "groups": 3}, 8, "8 input channels cannot be divided into 3 groups"),
        (
            {"filters": "depthwise", "groups": 2},
            8,
            "a depthwise convolution has no groups option: each channel is a group",
        ),
        ({"filters": 6, "multiplier": 2}, 8, "only a depthwise convolution has a multiplier"),
        ({"filters": 2, "table": ((0,), (1,), (2,))}, 8, "the table has 3 rows for 2 filters"),
        (
            {"filters": 2, "table": ((0,), (8,))},
            8,
            "the table reads map 8, but the input has 8 (numbered from 0)",
        ),
        (
            {"filters": 2, "table": ((0,), (1,)), "groups": 2},
            8,
            "a convolution has either a table or groups, not both",
        ),
        ({"filters": 2, "stride": (1, 1, 1)}, 8, "stride has 3 values, but the input has 2 spatial axes"),
    ],
)
def test_what_a_convolution_refuses(options, channels, says):
    claims = OPS["conv"](**{"kernel": 1} | options).claims((Volume((4, 4), channels),))
    assert next(c.says() for c in claims if not c.note and not c.relation(c.left, c.right)) == says


def test_a_flat_vector_has_no_windows():
    for name, op in OPS.items():
        if issubclass(op, WindowOp):
            options = {"kernel": 1} | {
                key: 1 for key in ("filters", "planes") if key in op.__dataclass_fields__
            }
            claim = next(iter(op(**options).claims((Volume((), 10),))))
            assert claim.says() == f"{name} needs a spatial input, not a flat vector of 10 values"
            assert claim.relation(claim.left, claim.right) is False


MAP, FLAT = Volume((4, 6), 3), Volume((), 10)  # 72 values in 24 positions; 10 values


COUNTS = [
    ("relu", (MAP,), (4, 6, 3), {"compares": 72}, 0),
    ("sigmoid", (MAP,), (4, 6, 3), {"exps": 72, "adds": 72, "divs": 72}, 0),
    ("tanh", (MAP,), (4, 6, 3), {"muls": 72, "exps": 72, "adds": 144, "divs": 72}, 0),
    ("softmax", (FLAT,), (10,), {"exps": 10, "adds": 9, "divs": 10}, 0),
    ("softmax", (MAP,), (4, 6, 3), {"exps": 72, "adds": 48, "divs": 72}, 0),
    ("dropout", (MAP,), (4, 6, 3), {}, 0),
    ("bn", (MAP,), (4, 6, 3), {"muls": 72, "adds": 72}, 6),
    (("bn", {"gamma": False}), (MAP,), (4, 6, 3), {"muls": 72, "adds": 72}, 3),
    ("scale", (MAP,), (4, 6, 3), {"muls": 72, "adds": 72}, 6),
    (("scale", {"bias": False}), (MAP,), (4, 6, 3), {"muls": 72}, 3),
    (("lrn", {"size": 5}), (MAP,), (4, 6, 3), {"muls": 144, "adds": 360, "pows": 72, "divs": 72}, 0),
    (("maxpool", {"kernel": 2, "stride": 2}), (MAP,), (2, 3, 3), {"compares": 18 * 3}, 0),
    (("maxpool", {"kernel": "global"}), (MAP,), (3,), {"compares": 3 * 23}, 0),
    (("avgpool", {"kernel": (2, 3), "stride": 2}), (MAP,), (2, 2, 3), {"adds": 12 * 5, "divs": 12}, 0),
    (("avgpool", {"kernel": "global"}), (MAP,), (3,), {"adds": 3 * 23, "divs": 3}, 0),
    (
        ("l2pool", {"kernel": 2, "stride": 2}),
        (MAP,),
        (2, 3, 3),
        {"muls": 18 * 4, "adds": 18 * 3, "pows": 18},
        0,
    ),
    (("adaptive_avgpool", {"output": (2, 3)}), (MAP,), (2, 3, 3), {"adds": 18 * 3, "divs": 18}, 0),
    (("subsample", {"kernel": 2, "stride": 2}), (MAP,), (2, 3, 3), {"macs": 18, "adds": 18 * 4}, 6),
    (("fc", {"units": 5}), (MAP,), (5,), {"macs": 360, "adds": 5}, 365),
    (("fc", {"units": 5, "bias": False}), (FLAT,), (5,), {"macs": 50}, 50),
    (("rbf", {"units": 5}), (FLAT,), (5,), {"adds": 50, "macs": 50}, 0),
    ("flatten", (MAP,), (72,), {}, 0),
    (("slice", {"channels": 2, "start": 1}), (MAP,), (4, 6, 2), {}, 0),
    (("shuffle", {"groups": 3}), (MAP,), (4, 6, 3), {}, 0),
    (("pad", {"pad": ((1, 2), (0, 3)), "channels": 4}), (MAP,), (7, 9, 7), {}, 0),
    (("upsample", {"factor": (2, 3)}), (MAP,), (8, 18, 3), {}, 0),
    (
        ("upsample", {"factor": 2, "mode": "linear"}),
        (MAP,),
        (8, 12, 3),
        {"muls": 288 * 4, "adds": 288 * 3},
        0,
    ),
    ("concat", (MAP, MAP, Volume((4, 6), 1)), (4, 6, 7), {}, 0),
    ("add", (MAP, MAP, MAP), (4, 6, 3), {"adds": 144}, 0),
    (("add", {"scale": 2}), (MAP, MAP), (4, 6, 3), {"adds": 72, "muls": 72}, 0),
    (("add", {"channels": "zero-pad"}), (MAP, Volume((4, 6), 5)), (4, 6, 5), {"adds": 120}, 0),
    ("multiply", (MAP, Volume((), 3)), (4, 6, 3), {"muls": 72}, 0),
]


@pytest.mark.parametrize(("op", "xs", "y", "cost", "params"), COUNTS, ids=str)
def test_counts_by_hand(op, xs, y, cost, params):
    name, options = (op, {}) if isinstance(op, str) else op
    layer = OPS[name](**options)
    out = layer.shape(xs)
    assert out.dims == y
    assert layer.cost(xs, out) == cost
    assert sum(prod(weight.shape) for weight in layer.weights(xs, out) if weight.role != "buffer") == params


@pytest.mark.parametrize(
    ("name", "options", "x", "says"),
    [
        ("dropblock", {"rate": 0.1, "size": 6}, Volume((9, 9), 2), "the side must be odd"),
        ("channel_conv", {"kernel": 4}, Volume((), 8), "the number must be odd"),
        ("blurpool", {"kernel": 5}, Volume((2, 9), 8), "cannot be mirrored by 2"),
        (
            "conv",
            {"filters": "depthwise", "kernel": 1, "standardize": True},
            Volume((9, 9), 8),
            "no variance",
        ),
        (
            "conv",
            {"filters": 2, "kernel": 3, "table": ((0,), (0, 1)), "standardize": "gain"},
            Volume((9, 9), 2),
            "have different sizes",
        ),
    ],
)
def test_a_filter_that_cannot_be_is_refused(name: str, options: dict[str, Any], x: Volume, says: str) -> None:
    broken = [c for c in OPS[name](**options).claims((x,)) if not c.note and not c.relation(c.left, c.right)]
    assert says in broken[0].says()


def test_a_gain_is_a_trained_value_and_standardised_weights_cost_nothing() -> None:
    x = Volume((9, 9), 8)
    plain, gained = (OPS["conv"](filters=4, kernel=3, standardize=form) for form in (True, "gain"))
    y = plain.shape((x,))
    assert plain.cost((x,), y) == gained.cost((x,), y) == OPS["conv"](filters=4, kernel=3).cost((x,), y)
    assert [(weight.role, weight.count) for weight in gained.weights((x,), y)][2:] == [("norm", 4)]
