"""Quantities of structure: the depth, the sizes, and the receptive fields."""

from __future__ import annotations

from archcalc.dims import Dim
from archcalc.engine.quantities.record import Quantity
from archcalc.engine.reading import LayerReading


def _connections(layer: LayerReading) -> Dim | None:
    step = layer.layer
    counted = step.op.connections(step.xs, step.y)
    return None if counted is None else layer.of_batch(counted)


DEPTH = Quantity(
    key="depth",
    label="depth",
    meaning="weighted layers on the longest path",
    group="structure",
    unit="layers",
    total="longest path",
    with_batch=False,
    words=("weight layers", "layers"),
    priority=60,
    locked="totals",
    asked=True,
)
RECEPTIVE_FIELD = Quantity(
    key="receptive_field",
    label="receptive field",
    meaning="side of the input area that a value sees through the windows up to here",
    group="structure",
    unit="sizes",
    of=lambda layer: layer.field and layer.field.size,
    total="last",
    by_place=True,
    with_batch=False,
    words=("rf", "receptive field", "receptive field size", "field"),
    shown=True,
    priority=55,
    any_kind=False,
    locked="",
    asked=True,
    asked_as="the receptive field is the side of the input area that affects one value",
)
SMALLEST_FIELD = Quantity(
    key="smallest_field",
    label="smallest field",
    meaning="receptive field by the narrowest path through the branches",
    group="structure",
    unit="sizes",
    of=lambda layer: layer.field and layer.field.smallest,
    total=None,
    by_place=True,
    with_batch=False,
    priority=14,
    any_kind=False,
    locked="",
)
JUMP = Quantity(
    key="jump",
    label="jump",
    meaning="step between the receptive fields of neighbours (effective stride)",
    group="structure",
    unit="sizes",
    of=lambda layer: layer.field and layer.field.jump,
    total=None,
    by_place=True,
    with_batch=False,
    words=("effective stride",),
    priority=12,
    any_kind=False,
    locked="",
    asked=True,
    asked_as="the jump is the distance on the input between neighbouring values",
)
ALIGNED = Quantity(
    key="aligned",
    label="aligned",
    meaning="whether all branches up to here agree on the centre of the receptive field",
    group="structure",
    unit="statement",
    of=lambda layer: layer.field and layer.field.aligned,
    total=None,
    by_place=True,
    with_batch=False,
    priority=13,
    any_kind=False,
    locked="",
)
CONNECTIONS = Quantity(
    key="connections",
    label="connections",
    meaning="edges from inputs and biases to outputs (LeCun et al. 1998)",
    group="structure",
    of=_connections,
    total="sum if complete",
    priority=11,
    compared=False,
    any_kind=False,
    locked="",
)
OUTPUT = Quantity(
    key="output",
    label="output",
    meaning="output volume",
    group="structure",
    unit="sizes",
    of=lambda layer: layer.layer.y.dims,
    total="at the output",
    with_batch=False,
    words=(
        "output volume",
        "output size",
        "output shape",
        "output dim",
        "output dims",
        "output dimensions",
        "dimensions",
        "activation shape",
        "feature map size",
        "volume",
        "size",
        "shape",
        "out",
    ),
    apart=True,  # every layer has one, whatever quantities are asked for
    compared=False,
    locked="",
    asked=True,
    asked_as="the output is HxWxC; that of a flat vector is its length",
)

QUANTITIES = (
    DEPTH,
    RECEPTIVE_FIELD,
    SMALLEST_FIELD,
    JUMP,
    ALIGNED,
    CONNECTIONS,
    OUTPUT,
)
