"""Quantities of what a layer computes."""

from __future__ import annotations

from archcalc.conventions import ARCHCALC
from archcalc.engine.quantities.record import Quantity
from archcalc.ops.costs import OPERATIONS

MACS = Quantity(
    key="macs",
    label="MACs",
    meaning="multiply-accumulates",
    group="operations",
    of=lambda layer: layer.of_batch(layer.layer.cost.get("macs", 0)),
    words=("mac", "multiply-accumulates", "mults", "multiply-adds", "mult-adds", "madds"),
    shown=True,
    views=("shares", "changes", "formulas"),
    priority=80,
    asked=True,
    asked_as="MACs are the multiply-accumulates for one image, without biases",
)
FLOPS = Quantity(
    key="flops",
    label="FLOPs",
    meaning="2 per MAC, and the other operations",
    group="operations",
    of=lambda layer: ARCHCALC.flops(layer.operations()),
    made_of=tuple(OPERATIONS),
    follows=("macs", "output"),
    words=("flop", "floating point operations"),
    shown=True,
    views=("formulas",),
    priority=65,
    asked=True,
    asked_as="FLOPs are 2 per MAC and 1 per other operation, for all ops of the row",
)

QUANTITIES = (
    MACS,
    FLOPS,
)
