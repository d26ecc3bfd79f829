"""What each op is in ONNX: layers with windows or weights, norms, sums and products."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import NotInFormat, check_options
from archcalc.exporters.onnx.graph import OnnxWriter
from archcalc.exporters.onnx.moves import sizes_of
from archcalc.exporters.onnx.tokens import project
from archcalc.ops.base import Volume, per_axis
from archcalc.ops.rounding import ROUNDINGS

Translator = Callable[[Placed, OnnxWriter], None]


OPSET_OF_RMS_NORM = 23

CONV_OPTIONS = ("dilation", "groups", "multiplier", "bias", "table")


def _window(op: Any, x: Volume, counts: Sequence[int]) -> dict[str, Any]:
    """The attributes of a window. What rounding up needs is padded, so they alone say the size."""
    axes = op.axes(x)
    before = [axis.before for axis in axes]
    after = [
        max(axis.after, (count - 1) * axis.stride + axis.extent - axis.size - axis.before)
        if ROUNDINGS["floor"].count(axis) != count
        else axis.after
        for axis, count in zip(axes, counts, strict=True)
    ]
    padded = [axis._replace(after=end) for axis, end in zip(axes, after, strict=True)]
    if [ROUNDINGS["floor"].count(axis) for axis in padded] != list(counts):
        raise NotInFormat("ONNX counts these windows otherwise")
    kernel = per_axis(op.kernel, x.rank)
    return {"kernel_shape": kernel, "strides": per_axis(op.stride, x.rank), "pads": (*before, *after)}


def _arrays(layer: Placed, writer: OnnxWriter) -> list[str]:
    """The arrays that a layer stores, in the order of its op."""
    return [writer.weight(layer, weight.name, weight.shape) for weight in layer.op.weights(layer.xs, layer.y)]


def conv(layer: Placed, writer: OnnxWriter) -> None:
    op, (x,) = layer.op, layer.xs
    check_options(op, "filters", "kernel", "stride", "pad", "rounding", *CONV_OPTIONS)
    if op.table is not None:
        raise NotInFormat("ONNX has no convolution with a connection table")
    groups = x.channels if op.depthwise else op.groups
    attributes = _window(op, x, layer.y.spatial) | {"dilations": per_axis(op.dilation, x.rank)}
    weight, *bias = _arrays(layer, writer)
    if isinstance(op.bias, str):
        inputs = [*writer.inputs(layer), weight]
        products = writer.before(layer, "Conv", "products", inputs, **attributes, group=groups)
        writer.add(layer, "Add", [products, *bias])
    else:
        writer.add(layer, "Conv", [*writer.inputs(layer), weight, *bias], **attributes, group=groups)


def deconv(layer: Placed, writer: OnnxWriter) -> None:
    op, (x,) = layer.op, layer.xs
    kernels, strides, steps = (per_axis(size, x.rank) for size in (op.kernel, op.stride, op.dilation))
    # What the padding must cut off on both sides together.
    cuts = [
        (side - 1) * stride + step * (kernel - 1) + 1 - out
        for side, kernel, stride, step, out in zip(
            x.spatial, kernels, strides, steps, layer.y.spatial, strict=True
        )
    ]
    extra = [cut % 2 if cut > 0 else -cut for cut in cuts]
    pads = [(cut + more) // 2 for cut, more in zip(cuts, extra, strict=True)]
    if any(more >= max(pair) for more, *pair in zip(extra, strides, steps, strict=True)):
        raise NotInFormat("ONNX cuts both sides of a transposed convolution alike")
    attributes: dict[str, Any] = {
        "kernel_shape": kernels,
        "strides": strides,
        "pads": (*pads, *pads),
        "dilations": steps,
    }
    attributes |= {"output_padding": extra} if any(extra) else {}
    inputs = [*writer.inputs(layer), *_arrays(layer, writer)]
    writer.add(layer, "ConvTranspose", inputs, **attributes, group=op.groups)


def channel_conv(layer: Placed, writer: OnnxWriter) -> None:
    """A convolution of one map of one axis: the channels."""
    if layer.xs[0].rank:
        raise NotInFormat("archcalc writes a channel_conv of a flat vector only")
    axes = writer.constant(layer, "axes", [1])
    line = writer.before(layer, "Unsqueeze", "Unsqueeze", [*writer.inputs(layer), axes])
    pads = (layer.op.kernel // 2,) * 2
    inputs = [line, *_arrays(layer, writer)]
    conv = writer.before(layer, "Conv", "Conv", inputs, kernel_shape=(layer.op.kernel,), pads=pads)
    writer.add(layer, "Squeeze", [conv, axes])


def fc(layer: Placed, writer: OnnxWriter) -> None:
    op, (x,) = layer.op, layer.xs
    if op.per_position and x.spatial:
        project(layer, writer, writer.inputs(layer, last=True)[0])
        return
    read = writer.inputs(layer)
    if x.spatial:
        read = [writer.before(layer, "Flatten", "flatten")]
    arrays = _arrays(layer, writer)
    writer.add(layer, "Gemm", [*read, *arrays], transB=0 if arrays[0] in writer.by_columns else 1)


def _pool(type: str) -> Translator:
    def pool(layer: Placed, writer: OnnxWriter) -> None:
        op, (x,) = layer.op, layer.xs
        if op.over_all:
            map = writer.before(layer, f"Global{type}", "map")
            writer.add(layer, "Flatten", [map])
        else:
            attributes = _window(op, x, layer.y.spatial)
            if any(pad >= size for pad, size in zip(attributes["pads"], op.extents(x) * 2, strict=True)):
                raise NotInFormat("ONNX pads a pooling by less than its window")
            own = [axis.before for axis in op.axes(x)] + [axis.after for axis in op.axes(x)]
            if type == "AveragePool" and any(own) and own == [*attributes["pads"]]:
                attributes["count_include_pad"] = 1  # as PyTorch does
            writer.add(layer, type, **attributes)

    return pool


def _adaptive_pool(type: str) -> Translator:
    def pool(layer: Placed, writer: OnnxWriter) -> None:
        pairs = list(zip(layer.xs[0].spatial, layer.y.spatial, strict=True))
        if any(side % out for side, out in pairs):
            raise NotInFormat("ONNX has no pooling with windows of several sizes")
        sides = [side // out for side, out in pairs]
        writer.add(layer, type, kernel_shape=sides, strides=sides)

    return pool


def lrn(layer: Placed, writer: OnnxWriter) -> None:
    constants = {"alpha": layer.op.alpha, "beta": layer.op.beta, "bias": layer.op.k}
    given: dict[str, Any] = {name: float(value) for name, value in constants.items() if value is not None}
    writer.add(layer, "LRN", size=layer.op.size, **given)


def _scale_and_shift(layer: Placed, writer: OnnxWriter) -> list[str]:
    """The scale and the shift of a norm; ones and zeros that are not stored for what it lacks."""
    channels, op = layer.xs[0].channels, layer.op
    return [
        writer.weight(layer, "gamma", (channels,))
        if op.gamma
        else writer.filled(layer, "ones", channels, 1.0),
        writer.weight(layer, "beta", (channels,))
        if op.beta
        else writer.filled(layer, "zeros", channels, 0.0),
    ]


def batch_norm(layer: Placed, writer: OnnxWriter) -> None:
    channels = layer.xs[0].channels
    statistics = [writer.weight(layer, name, (channels,)) for name in ("running_mean", "running_var")]
    inputs = [*writer.inputs(layer), *_scale_and_shift(layer, writer), *statistics]
    writer.add(layer, "BatchNormalization", inputs)


def layer_norm(layer: Placed, writer: OnnxWriter) -> None:
    """ONNX normalises the last axes."""
    inputs = [*writer.inputs(layer, last=True), *_scale_and_shift(layer, writer)]
    writer.add(layer, "LayerNormalization", inputs, last=True)


def rms_norm(layer: Placed, writer: OnnxWriter) -> None:
    check_options(layer.op, "gamma")
    writer.opset = max(writer.opset, OPSET_OF_RMS_NORM)
    gamma = [writer.weight(layer, "gamma", (layer.xs[0].channels,))] if layer.op.gamma else []
    gamma = gamma or [writer.filled(layer, "ones", layer.xs[0].channels, 1.0)]
    writer.add(layer, "RMSNormalization", [*writer.inputs(layer, last=True), *gamma], last=True)


def group_norm(layer: Placed, writer: OnnxWriter) -> None:
    if not (layer.op.gamma and layer.op.beta):
        raise NotInFormat("archcalc writes group norms with a scale and a shift only")
    inputs = [*writer.inputs(layer), *_scale_and_shift(layer, writer)]
    norm = writer.before(
        layer, "GroupNormalization", "GroupNormalization", inputs, num_groups=layer.op.groups
    )
    # The shape inference of onnx finds no shape for this op, and then for no layer behind it.
    shape = writer.constant(layer, "shape", sizes_of(layer.y))
    writer.add(layer, "Reshape", [norm, shape])


def instance_norm(layer: Placed, writer: OnnxWriter) -> None:
    inputs = [*writer.inputs(layer), *_scale_and_shift(layer, writer)]
    writer.add(layer, "InstanceNormalization", inputs)


def scale(layer: Placed, writer: OnnxWriter) -> None:
    (x,) = layer.xs
    last = writer.is_last(layer)
    form = (x.channels, *(() if last else (1,) * x.rank))
    gamma = writer.weight(layer, "gamma", form)
    if not layer.op.bias:
        writer.alike(layer, "Mul", [gamma])
        return
    scaled = writer.before(layer, "Mul", "scaled", [*writer.inputs(layer, last), gamma])
    writer.add(layer, "Add", [scaled, writer.weight(layer, "beta", form)], last)


def add(layer: Placed, writer: OnnxWriter) -> None:
    missing = [layer.y.channels - x.channels for x in layer.xs]
    is_filled = any(missing) and layer.op.channels != "same"
    is_special = any(x != layer.y for x in layer.xs) or layer.op.scale != 1
    if (is_filled and (layer.op.scale != 1 or not layer.y.rank)) or (is_special and len(layer.xs) > 2):
        raise NotInFormat("archcalc writes sums with a factor, or of unlike values, of two layers only")
    last = writer.is_last(layer) and not is_filled
    read = writer.inputs(layer, last)
    if layer.op.scale != 1:
        factor = writer.scalar(layer, "factor", layer.op.scale)
        read[0] = writer.before(layer, "Mul", "scaled", [read[0], factor])
    for place, channels in enumerate(missing):
        if channels and is_filled:
            pads = [0] * (2 * layer.y.rank + 4)
            pads[layer.y.rank + 3] = channels
            given = writer.constant(layer, "pads", pads)
            read[place] = writer.before(layer, "Pad", "wide", [read[place], given])
    writer.add(layer, "Add" if len(read) == 2 else "Sum", read, last)


def multiply(layer: Placed, writer: OnnxWriter) -> None:
    first, *gates = layer.xs
    if len(gates) != 1:
        raise NotInFormat("archcalc writes products of two layers only")
    (gate,) = gates
    is_flat = bool(first.spatial and not gate.spatial)
    last = writer.is_last(layer) and not is_flat
    read = writer.inputs(layer, last)
    if is_flat:
        axes = writer.constant(layer, "axes", range(2, first.rank + 2))
        read[1] = writer.before(layer, "Unsqueeze", "gate", [read[1], axes])
    writer.add(layer, "Mul", read, last)


def input_of(layer: Placed, writer: OnnxWriter) -> None:
    writer.input(layer)


LAYERS: Mapping[str, Translator] = {
    "input": input_of,
    "conv": conv,
    "deconv": deconv,
    "channel_conv": channel_conv,
    "fc": fc,
    "maxpool": _pool("MaxPool"),
    "avgpool": _pool("AveragePool"),
    "adaptive_avgpool": _adaptive_pool("AveragePool"),
    "adaptive_maxpool": _adaptive_pool("MaxPool"),
    "lrn": lrn,
    "bn": batch_norm,
    "layernorm": layer_norm,
    "rmsnorm": rms_norm,
    "groupnorm": group_norm,
    "instancenorm": instance_norm,
    "scale": scale,
    "add": add,
    "multiply": multiply,
}
