"""The scores of an attention in ONNX: cosines, and the bias for the distance of query and key."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.onnx.graph import OnnxWriter
from archcalc.exporters.onnx.moves import reshaped
from archcalc.exporters.onnx.reductions import divided_by_length

MOST_SCALE = 100
"""The largest factor on a cosine."""


def cosines(layer: Placed, writer: OnnxWriter, q: str, k: str) -> tuple[str, str, str]:
    """Queries and keys divided by their lengths, and the factor of each head."""
    q = divided_by_length(layer, writer, "q/length", q, -1)
    k = divided_by_length(layer, writer, "k/length", k, -2)
    heads = layer.op.heads
    logarithm = writer.weight(layer, "scale", (heads,))
    most = writer.scalar(layer, "scale/most", math.log(MOST_SCALE))
    limited = writer.before(layer, "Min", "scale/Min", [logarithm, most])
    factors = writer.before(layer, "Exp", "scale/Exp", [limited])
    return q, k, reshaped(layer, writer, "scale", factors, (heads, 1, 1))


def with_bias(layer: Placed, writer: OnnxWriter, scores: str, heads: Sequence[int]) -> str:
    """The scores plus a value for each head and distance of query and key."""
    op = layer.op
    if op.relative_bias == "none":
        return scores
    sides = op.sides(layer.xs[0])
    table = _table(layer, writer) if op.relative_bias == "table" else _computed(layer, writer, sides)
    picked = writer.before(layer, "Gather", "bias/Gather", [table, _distances(layer, writer, sides)], axis=0)
    bias = writer.before(layer, "Transpose", "bias/Transpose", [picked], perm=(2, 0, 1))
    if len(heads) > 1:
        tokens = math.prod(sides)
        bias = reshaped(layer, writer, "bias", bias, (*heads, tokens, tokens))
    if op.relative_bias == "mlp":
        sigmoid = writer.before(layer, "Sigmoid", "bias/Sigmoid", [bias])
        factor = writer.scalar(layer, "bias/factor", 16)
        bias = writer.before(layer, "Mul", "bias/Mul", [sigmoid, factor])
    return writer.before(layer, "Add", "bias/Add", [scores, bias])


def _distances(layer: Placed, writer: OnnxWriter, sides: Sequence[int]) -> str:
    """The row of the table for each query and key.

    With y·(2w - 1) + x as the number of a position, the difference of two numbers is that of the distance.
    """
    steps = [math.prod(2 * side - 1 for side in sides[axis + 1 :]) for axis in range(len(sides))]
    numbers = [0]
    for side, step in zip(sides, steps, strict=True):
        numbers = [number + at * step for number in numbers for at in range(side)]
    middle = sum((side - 1) * step for side, step in zip(sides, steps, strict=True))
    queries = writer.constant(layer, "bias/queries", [number + middle for number in numbers])
    rows = reshaped(layer, writer, "bias/queries", queries, (len(numbers), 1))
    return writer.before(layer, "Sub", "bias/Sub", [rows, writer.constant(layer, "bias/keys", numbers)])


def _table(layer: Placed, writer: OnnxWriter) -> str:
    """A trained value for each distance and head."""
    return writer.weight(layer, "relative_bias", _arrays(layer)["relative_bias"])


def _computed(layer: Placed, writer: OnnxWriter, sides: Sequence[int]) -> str:
    """The values of a network of two layers that reads the distance along each axis, logarithmically."""
    arrays = _arrays(layer)
    along = [[_logarithmic(at, side) for at in range(1 - side, side)] for side in sides]
    flat = [value for distance in itertools.product(*along) for value in distance]
    x = reshaped(layer, writer, "bias/log", writer.constant(layer, "bias/log", flat), (-1, len(sides)))
    for name in ("relative_fc1", "relative_fc2"):
        weight = writer.matrix(layer, f"{name}_weight", arrays[f"{name}_weight"])
        x = writer.before(layer, "MatMul", f"bias/{name}/MatMul", [x, weight])
        if f"{name}_bias" in arrays:
            bias = writer.weight(layer, f"{name}_bias", arrays[f"{name}_bias"])
            x = writer.before(layer, "Add", f"bias/{name}/Add", [x, bias])
            x = writer.before(layer, "Relu", f"bias/{name}/Relu", [x])
    return x


def _logarithmic(distance: int, side: int) -> float:
    """Liu et al. 2022 (Swin v2), equation 4, of distances whose largest one is 8."""
    scaled = 8 * distance / max(side - 1, 1)
    return math.copysign(math.log2(1 + abs(scaled)) / 3, distance)


def _arrays(layer: Placed) -> dict[str, Sequence[int]]:
    return {weight.name: weight.shape for weight in layer.op.weights(layer.xs, layer.y)}
