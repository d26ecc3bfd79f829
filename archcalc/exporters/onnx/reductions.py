"""Many values that become one, in ONNX: means, sums and maxima over the channels, and lengths."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import NotInFormat
from archcalc.exporters.onnx.graph import OnnxWriter

LEAST_LENGTH = 1e-12
"""Of a vector that is divided by its length."""


def divided_by_length(layer: Placed, writer: OnnxWriter, name: str, x: str, axis: int) -> str:
    """A tensor whose vectors along an axis have the length 1, in front of the node of a layer."""
    axes = writer.constant(layer, f"{name}/axes", [axis])
    lengths = writer.before(layer, "ReduceL2", f"{name}/ReduceL2", [x, axes])
    least = writer.scalar(layer, f"{name}/least", LEAST_LENGTH)
    safe = writer.before(layer, "Max", f"{name}/Max", [lengths, least])
    return writer.before(layer, "Div", f"{name}/Div", [x, safe])


def l2_norm(layer: Placed, writer: OnnxWriter) -> None:
    if not layer.op.gamma or layer.op.beta:
        raise NotInFormat("archcalc writes l2norms with a scale, and without a shift, only")
    last = writer.is_last(layer)
    (x,), (read,) = layer.xs, writer.inputs(layer, last)
    divided = divided_by_length(layer, writer, "length", read, -1 if last else 1)
    gamma = writer.weight(layer, "gamma", (x.channels, *(() if last else (1,) * x.rank)))
    writer.add(layer, "Mul", [divided, gamma], last)


def _over_channels(type: str) -> Callable[[Placed, OnnxWriter], None]:
    def reduce(layer: Placed, writer: OnnxWriter) -> None:
        if layer.op.over != "channels":
            raise NotInFormat(f"archcalc writes a {layer.op.name} over the channels only")
        writer.alike(layer, type, [writer.constant(layer, "axes", [-1 if writer.is_last(layer) else 1])])

    return reduce


REDUCTIONS: Mapping[str, Callable[[Placed, OnnxWriter], None]] = {
    "mean": _over_channels("ReduceMean"),
    "max": _over_channels("ReduceMax"),
    "reduce_sum": _over_channels("ReduceSum"),
    "l2norm": l2_norm,
}
