"""What each activation is in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.onnx.graph import OnnxWriter


def _plain(type: str, **attributes: str) -> Callable[[Placed, OnnxWriter], None]:
    """One node, whose attributes are options of the op."""

    def translate(layer: Placed, writer: OnnxWriter) -> None:
        options: dict[str, Any] = {
            name: float(getattr(layer.op, option)) for name, option in attributes.items()
        }
        writer.alike(layer, type, **options)

    return translate


def _over_channels(type: str) -> Callable[[Placed, OnnxWriter], None]:
    return lambda layer, writer: writer.alike(layer, type, axis=-1 if writer.is_last(layer) else 1)


def hard_sigmoid(layer: Placed, writer: OnnxWriter) -> None:
    writer.alike(layer, "HardSigmoid", alpha=Fraction(1, 6), beta=0.5)


def clip(layer: Placed, writer: OnnxWriter) -> None:
    low, high = (0, 6) if layer.op.name == "relu6" else (layer.op.low, layer.op.high)
    limits = [writer.scalar(layer, "low", low), writer.scalar(layer, "high", high)]
    writer.alike(layer, "Clip", limits)


def gelu(layer: Placed, writer: OnnxWriter) -> None:
    writer.alike(layer, "Gelu", approximate="none" if layer.op.form == "exact" else "tanh")


def silu(layer: Placed, writer: OnnxWriter) -> None:
    read = writer.inputs(layer, writer.is_last(layer))
    writer.alike(layer, "Mul", [writer.before(layer, "Sigmoid", "sigmoid", read)])


def glu(layer: Placed, writer: OnnxWriter) -> None:
    last, half = writer.is_last(layer), layer.y.channels
    (read,) = writer.inputs(layer, last)
    axis = writer.constant(layer, "axis", [-1 if last else 1])
    halves = []
    for name, start in (("values", 0), ("gates", half)):
        limits = [
            writer.constant(layer, f"{name}/{at}", [place])
            for at, place in (("starts", start), ("ends", start + half))
        ]
        halves.append(writer.before(layer, "Slice", f"{name}/Slice", [read, *limits, axis]))
    gate = writer.before(layer, "Sigmoid", "gates/Sigmoid", [halves[1]])
    writer.add(layer, "Mul", [halves[0], gate], last)


def prelu(layer: Placed, writer: OnnxWriter) -> None:
    (x,) = layer.xs
    along = () if writer.is_last(layer) else (1,) * x.rank
    shape = (1,) if layer.op.slopes == "shared" else (x.channels, *along)
    writer.alike(layer, "PRelu", [writer.weight(layer, "weight", shape)])


def dropout(layer: Placed, writer: OnnxWriter) -> None:
    writer.alike(layer, "Dropout", [writer.scalar(layer, "ratio", Fraction(layer.op.rate))])


POINTWISE: Mapping[str, Callable[[Placed, OnnxWriter], None]] = {
    "relu": _plain("Relu"),
    "leaky_relu": _plain("LeakyRelu", alpha="slope"),
    "prelu": prelu,
    "elu": _plain("Elu", alpha="alpha"),
    "celu": _plain("Celu", alpha="alpha"),
    "selu": _plain("Selu"),
    "relu6": clip,
    "hardtanh": clip,
    "hardsigmoid": hard_sigmoid,
    "hardswish": _plain("HardSwish"),
    "sigmoid": _plain("Sigmoid"),
    "tanh": _plain("Tanh"),
    "softplus": _plain("Softplus"),
    "mish": _plain("Mish"),
    "silu": silu,
    "gelu": gelu,
    "glu": glu,
    "softmax": _over_channels("Softmax"),
    "logsoftmax": _over_channels("LogSoftmax"),
    "dropout": dropout,
}
