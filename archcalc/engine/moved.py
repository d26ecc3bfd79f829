"""The values that layers read and write: what the bandwidth of a device limits."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.dims import Dim
from archcalc.engine.reading import WorkedLayer


def is_idle(layer: WorkedLayer) -> bool:
    """Whether a layer does nothing in a forward pass at inference: a view, or dropout."""
    op = layer.op
    return op.view or (op.in_place and not layer.cost)


def moved_values(group: Sequence[WorkedLayer], batch: Dim) -> Dim:
    """Inputs, stored arrays and output, each once.

    Stored arrays are read once for a batch, not for each image.

    A group reads its first input and writes its last output: the values between stay in registers.
    """
    if all(map(is_idle, group)):
        return 0
    # A fused group writes none of the values between its layers to memory.
    first, last = group[0], group[-1]
    read = sum(x.size for x in first.xs)
    stored = sum(weight.count for layer in group for weight in layer.weights)
    return batch * (read + last.y.size) + stored
