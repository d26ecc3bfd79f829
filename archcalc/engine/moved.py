"""The values that layers read and write: what the bandwidth of a device limits."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from archcalc.dims import Dim
from archcalc.engine.reading import LayerReading, WorkedLayer
from archcalc.network import Input


def is_idle(layer: WorkedLayer) -> bool:
    """Whether a layer does nothing in a forward pass at inference: a view, an input, or dropout."""
    op = layer.op
    return op.view or isinstance(op, Input) or bool(op.drop_rate)


def moved_values(group: Sequence[LayerReading]) -> Dim:
    """Inputs, stored arrays and output, each once.

    Stored arrays are read once for a batch, not for each image.

    A group reads its first input and writes its last output: the values between stay in registers.
    """
    moving = [layer for layer in group if not is_idle(layer.layer)]
    if not moving:
        return 0
    # A fused group writes none of the values between its layers to memory.
    first, last = group[0], group[-1]
    moved = first.of_batch(sum(map(attrgetter("size"), first.layer.xs))) + last["activations"]
    for layer in moving:
        moved = moved + layer["params"] + layer["buffers"]  # an idle layer has none
        for weight in layer.layer.shared:
            moved = moved + weight.count
    return moved
