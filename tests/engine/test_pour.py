"""Pouring dimensions into a network."""

from __future__ import annotations

from archcalc.dims.interval import Interval
from archcalc.engine.pour import pour
from archcalc.network import Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Volume


def test_ops_that_become_equal_are_one():
    filters = [4, 4, 5]
    ops = [OPS["conv"](filters=count, kernel=1) for count in filters]
    relus = [OPS["relu"](), OPS["sigmoid"](), OPS["relu"]()]
    layers = [
        Node(f"{op.name}{number}", op, (number,))
        for number, op in enumerate(op for pair in zip(ops, relus, strict=True) for op in pair)
    ]
    network = Network("tiny", Volume((8, 8), 3), layers)
    poured = pour(network, lambda place, dim: Interval(dim, dim) if place.option else dim)
    made = [node.op for node in poured.layers]
    assert made[0] is made[2]
    assert made[0] is not made[4]
    assert made[1] is made[5]
    assert made[1] is not made[3]
    assert [op.filters for op in made[::2]] == [Interval(count, count) for count in filters]
