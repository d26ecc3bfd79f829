"""What each op is in ONNX: layers with windows or weights, norms, and what moves values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import NotInFormat, check_options
from archcalc.exporters.onnx.graph import OnnxWriter
from archcalc.ops.base import Volume, per_axis
from archcalc.ops.rounding import ROUNDINGS

Translator = Callable[[Placed, OnnxWriter], None]


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


def fc(layer: Placed, writer: OnnxWriter) -> None:
    op, (x,) = layer.op, layer.xs
    read = writer.inputs(layer)
    if op.per_position and x.spatial:
        # Every position apart: a convolution with a window of one value.
        shapes = [weight.shape for weight in op.weights(layer.xs, layer.y)]
        arrays = [writer.weight(layer, "weight", (*shapes[0], *(1,) * x.rank))]
        arrays += [writer.weight(layer, "bias", shape) for shape in shapes[1:]]
        writer.add(layer, "Conv", [*read, *arrays], kernel_shape=(1,) * x.rank)
        return
    if x.spatial:
        read = [writer.before(layer, "Flatten", "flatten")]
    writer.add(layer, "Gemm", [*read, *_arrays(layer, writer)], transB=1)


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
    """ONNX normalises the last axes, and here the channels come first."""
    arrays = _scale_and_shift(layer, writer)
    rank = layer.xs[0].rank
    if not rank:
        writer.add(layer, "LayerNormalization", [*writer.inputs(layer), *arrays])
        return
    last = writer.before(layer, "Transpose", "last", perm=(0, *range(2, rank + 2), 1))
    norm = writer.before(layer, "LayerNormalization", "norm", [last, *arrays])
    writer.add(layer, "Transpose", [norm], perm=(0, rank + 1, *range(1, rank + 1)))


def group_norm(layer: Placed, writer: OnnxWriter) -> None:
    if not (layer.op.gamma and layer.op.beta):
        raise NotInFormat("archcalc writes group norms with a scale and a shift only")
    inputs = [*writer.inputs(layer), *_scale_and_shift(layer, writer)]
    writer.add(layer, "GroupNormalization", inputs, num_groups=layer.op.groups)


def instance_norm(layer: Placed, writer: OnnxWriter) -> None:
    inputs = [*writer.inputs(layer), *_scale_and_shift(layer, writer)]
    writer.add(layer, "InstanceNormalization", inputs)


def scale(layer: Placed, writer: OnnxWriter) -> None:
    (x,) = layer.xs
    form = (x.channels, *(1,) * x.rank)
    gamma = writer.weight(layer, "gamma", form)
    if not layer.op.bias:
        writer.add(layer, "Mul", [*writer.inputs(layer), gamma])
        return
    scaled = writer.before(layer, "Mul", "scaled", [*writer.inputs(layer), gamma])
    writer.add(layer, "Add", [scaled, writer.weight(layer, "beta", form)])


def add(layer: Placed, writer: OnnxWriter) -> None:
    missing = [layer.y.channels - x.channels for x in layer.xs]
    is_special = any(missing) or layer.op.scale != 1
    if any(x.spatial != layer.y.spatial for x in layer.xs) or (any(missing) and layer.op.channels == "same"):
        raise NotInFormat("archcalc writes no sums that spread a value over positions or channels")
    if (any(missing) and (layer.op.scale != 1 or not layer.y.rank)) or (is_special and len(layer.xs) > 2):
        raise NotInFormat("archcalc writes sums with a factor, or with maps of zeros, of two layers only")
    read = writer.inputs(layer)
    if layer.op.scale != 1:
        factor = writer.scalar(layer, "factor", layer.op.scale)
        read[0] = writer.before(layer, "Mul", "scaled", [read[0], factor])
    for place, channels in enumerate(missing):
        if channels:
            pads = [0] * (2 * layer.y.rank + 4)
            pads[layer.y.rank + 3] = channels
            given = writer.constant(layer, "pads", pads)
            read[place] = writer.before(layer, "Pad", "wide", [read[place], given])
    writer.add(layer, "Add" if len(read) == 2 else "Sum", read)


def multiply(layer: Placed, writer: OnnxWriter) -> None:
    first, *gates = layer.xs
    if len(gates) != 1 or gates[0].channels != first.channels:
        raise NotInFormat("archcalc writes products of two values, or with one value per channel")
    (gate,) = gates
    read = writer.inputs(layer)
    if gate.spatial != first.spatial and any(side != 1 for side in gate.spatial):
        raise NotInFormat("archcalc writes products of two values, or with one value per channel")
    if not gate.spatial and first.spatial:
        axes = writer.constant(layer, "axes", range(2, first.rank + 2))
        read[1] = writer.before(layer, "Unsqueeze", "gate", [read[1], axes])
    writer.add(layer, "Mul", read)


def concat(layer: Placed, writer: OnnxWriter) -> None:
    writer.add(layer, "Concat", axis=1)


def slice_of(layer: Placed, writer: OnnxWriter) -> None:
    start = layer.op.start
    limits = {"starts": start, "ends": start + layer.op.channels, "axes": 1}
    given = [writer.constant(layer, name, [value]) for name, value in limits.items()]
    writer.add(layer, "Slice", [*writer.inputs(layer), *given])


def crop(layer: Placed, writer: OnnxWriter) -> None:
    """A second input is read for its size only, which is known here."""
    x, sides = layer.xs[0], layer.y.spatial
    starts = per_axis(layer.op.start, x.rank)
    if isinstance(layer.op.start, str):
        starts = tuple((side - part) // 2 for side, part in zip(x.spatial, sides, strict=True))
    ends = [start + side for start, side in zip(starts, sides, strict=True)]
    limits = {"starts": starts, "ends": ends, "axes": range(2, x.rank + 2)}
    given = [writer.constant(layer, name, values) for name, values in limits.items()]
    writer.add(layer, "Slice", [writer.inputs(layer)[0], *given])


def pad(layer: Placed, writer: OnnxWriter) -> None:
    (x,) = layer.xs
    sides = [side if isinstance(side, tuple) else (side, side) for side in per_axis(layer.op.pad, x.rank)]
    pads = [0, 0, *(before for before, _ in sides), 0, layer.op.channels, *(after for _, after in sides)]
    writer.add(layer, "Pad", [*writer.inputs(layer), writer.constant(layer, "pads", pads)])


def flatten(layer: Placed, writer: OnnxWriter) -> None:
    writer.add(layer, "Flatten")


def shuffle(layer: Placed, writer: OnnxWriter) -> None:
    (x,), groups = layer.xs, layer.op.groups
    forms = [1, groups, x.channels // groups, *x.spatial], [1, x.channels, *x.spatial]
    shapes = [writer.constant(layer, f"shape{place}", form) for place, form in enumerate(forms)]
    parts = writer.before(layer, "Reshape", "groups", [*writer.inputs(layer), shapes[0]])
    turned = writer.before(layer, "Transpose", "turned", [parts], perm=(0, 2, 1, *range(3, x.rank + 3)))
    writer.add(layer, "Reshape", [turned, shapes[1]])


def upsample(layer: Placed, writer: OnnxWriter) -> None:
    x, y = layer.xs[0], layer.y
    pairs = list(zip(x.spatial, y.spatial, strict=True))
    if any(out % side for side, out in pairs) or layer.op.mode not in ("nearest", "linear"):
        raise NotInFormat("archcalc writes upsampling by whole factors only, nearest or linear")
    factors = [1.0, 1.0, *(float(out // side) for side, out in pairs)]
    scales = writer.constant(layer, "scales", factors)
    writer.add(layer, "Resize", [writer.inputs(layer)[0], "", scales], mode=layer.op.mode)


def input_of(layer: Placed, writer: OnnxWriter) -> None:
    writer.input(layer)


LAYERS: Mapping[str, Translator] = {
    "input": input_of,
    "conv": conv,
    "deconv": deconv,
    "fc": fc,
    "maxpool": _pool("MaxPool"),
    "avgpool": _pool("AveragePool"),
    "adaptive_avgpool": _adaptive_pool("AveragePool"),
    "adaptive_maxpool": _adaptive_pool("MaxPool"),
    "lrn": lrn,
    "bn": batch_norm,
    "layernorm": layer_norm,
    "groupnorm": group_norm,
    "instancenorm": instance_norm,
    "scale": scale,
    "add": add,
    "multiply": multiply,
    "concat": concat,
    "slice": slice_of,
    "crop": crop,
    "pad": pad,
    "flatten": flatten,
    "shuffle": shuffle,
    "upsample": upsample,
}
