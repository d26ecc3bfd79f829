"""What each op is in Caffe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import NotInFormat
from archcalc.exporters.caffe.graph import CaffeWriter
from archcalc.exporters.caffe.text import EnumWord
from archcalc.ops.base import per_axis
from archcalc.ops.rounding import ROUNDINGS

NAMED_SIDES = "hw"
"""The letters of the two axes of a map in the names of fields."""


def _sizes(name: str, sizes: Sequence[int], default: int | None = None) -> dict[str, Any]:
    """One field for all axes, two fields for a map, or a list; none for the default."""
    if all(size == sizes[0] for size in sizes):
        return {} if sizes[0] == default else {name: sizes[0]}
    if len(sizes) == len(NAMED_SIDES) and name != "dilation":
        stem = name.removesuffix("_size")
        return {f"{stem}_{side}": size for side, size in zip(NAMED_SIDES, sizes, strict=True)}
    return {name: list(sizes)}


def _kernel(op: Any, rank: int, pads: Sequence[int], *, least_stride: int | None = 1) -> dict[str, Any]:
    return {
        **_sizes("kernel_size", per_axis(op.kernel, rank)),
        **_sizes("stride", per_axis(op.stride, rank), least_stride),
        **_sizes("pad", pads, 0),
    }


def conv(layer: Placed, writer: CaffeWriter) -> None:
    op, (x,) = layer.op, layer.xs
    if op.table is not None or isinstance(op.bias, str):
        raise NotInFormat("Caffe has no convolution with a connection table or a bias per position")
    axes = op.axes(x)
    if any(axis.before != axis.after for axis in axes):
        raise NotInFormat("Caffe pads both sides of an axis alike")
    if tuple(ROUNDINGS["floor"].count(axis) for axis in axes) != layer.y.spatial:
        raise NotInFormat("Caffe rounds the size of a convolution down")
    groups = x.channels if op.depthwise else op.groups
    options = {
        "num_output": layer.y.channels,
        **({} if op.bias else {"bias_term": False}),
        **_kernel(op, x.rank, [axis.before for axis in axes]),
        **_sizes("dilation", per_axis(op.dilation, x.rank), 1),
        **({"group": groups} if groups != 1 else {}),
    }
    writer.add(layer, "Convolution", {"convolution_param": options})


def deconv(layer: Placed, writer: CaffeWriter) -> None:
    op, (x,) = layer.op, layer.xs
    kernels, strides, steps = (per_axis(size, x.rank) for size in (op.kernel, op.stride, op.dilation))
    # What the padding must cut off on both sides together.
    cuts = [
        (side - 1) * stride + step * (kernel - 1) + 1 - out
        for side, kernel, stride, step, out in zip(
            x.spatial, kernels, strides, steps, layer.y.spatial, strict=True
        )
    ]
    if any(cut < 0 or cut % 2 for cut in cuts):
        raise NotInFormat("Caffe cuts both sides of a transposed convolution alike, and adds nothing")
    options = {
        "num_output": op.filters,
        **({} if op.bias else {"bias_term": False}),
        **_kernel(op, x.rank, [cut // 2 for cut in cuts]),
        **_sizes("dilation", steps, 1),
        **({"group": op.groups} if op.groups != 1 else {}),
    }
    writer.add(layer, "Deconvolution", {"convolution_param": options})


def fc(layer: Placed, writer: CaffeWriter) -> None:
    op, (x,) = layer.op, layer.xs
    options = {"num_output": op.units} | ({} if op.bias else {"bias_term": False})
    if op.per_position and x.spatial:
        # Every position apart: a convolution with a window of one value.
        writer.add(layer, "Convolution", {"convolution_param": options | {"kernel_size": 1}})
    else:
        writer.add(layer, "InnerProduct", {"inner_product_param": options})


def _pool(method: str) -> Callable[[Placed, CaffeWriter], None]:
    def pool(layer: Placed, writer: CaffeWriter) -> None:
        op, (x,) = layer.op, layer.xs
        options = {"pool": EnumWord(method)}
        if x.rank != 2:
            raise NotInFormat("Caffe pools maps of two axes only")
        if op.over_all:
            writer.add(layer, "Pooling", {"pooling_param": options | {"global_pooling": True}})
            return
        axes = op.axes(x)
        options |= _kernel(op, x.rank, [axis.before for axis in axes])
        # What is padded after the last window changes nothing but the number of windows.
        symmetric = [axis._replace(after=axis.before) for axis in axes]
        clip = int(any(axis.before for axis in axes))
        counts = {
            "CEIL": tuple(ROUNDINGS["caffe"].count(axis._replace(clip=clip)) for axis in symmetric),
            "FLOOR": tuple(ROUNDINGS["floor"].count(axis) for axis in symmetric),
        }
        mode = next((mode for mode, count in counts.items() if count == layer.y.spatial), None)
        if mode is None:
            raise NotInFormat("Caffe counts the windows of a pooling otherwise")
        # Most programs that read the format know no other mode than the first.
        options |= {"round_mode": EnumWord(mode)} if mode != "CEIL" else {}
        writer.add(layer, "Pooling", {"pooling_param": options})

    return pool


def _adaptive_pool(method: str) -> Callable[[Placed, CaffeWriter], None]:
    def pool(layer: Placed, writer: CaffeWriter) -> None:
        (x,), y = layer.xs, layer.y
        if x.rank != 2 or any(side % out for side, out in zip(x.spatial, y.spatial, strict=True)):
            raise NotInFormat("Caffe has no pooling with windows of several sizes")
        sides = [side // out for side, out in zip(x.spatial, y.spatial, strict=True)]
        window = {**_sizes("kernel_size", sides), **_sizes("stride", sides, 1)}
        writer.add(layer, "Pooling", {"pooling_param": {"pool": EnumWord(method), **window}})

    return pool


def lrn(layer: Placed, writer: CaffeWriter) -> None:
    if layer.op.size % 2 == 0:
        raise NotInFormat("Caffe has LRN over an odd number of channels only")
    constants = {name: getattr(layer.op, name) for name in ("alpha", "beta", "k")}
    given = {name: value for name, value in constants.items() if value is not None}
    writer.add(layer, "LRN", {"lrn_param": {"local_size": layer.op.size, **given}})


def _norm(type: str) -> Callable[[Placed, CaffeWriter], None]:
    """A norm whose scale and shift are layers of their own."""

    def norm(layer: Placed, writer: CaffeWriter) -> None:
        writer.add(layer, type)
        if layer.op.gamma:
            bias = {"bias_term": True} if layer.op.beta else {}
            writer.add_behind(layer, "Scale", "scale", {"scale_param": bias})
        elif layer.op.beta:
            writer.add_behind(layer, "Bias", "bias", {})

    return norm


def scale(layer: Placed, writer: CaffeWriter) -> None:
    before = writer.op_of(layer.inputs[0])
    if getattr(before, "name", "") in ("bn", "instancenorm") and not getattr(before, "beta", True):
        raise NotInFormat("in Caffe a scale behind a norm belongs to the norm")
    writer.add(layer, "Scale", {"scale_param": {"bias_term": True} if layer.op.bias else {}})


def _of_one_shape(layer: Placed, writer: CaffeWriter) -> bool:
    """Whether all inputs have the same axes in Caffe, where flat values have two of them, or four."""
    flat = {number in writer.vectors for number in layer.inputs}
    return len(flat) == 1 and all(x == layer.xs[0] for x in layer.xs)


def concat(layer: Placed, writer: CaffeWriter) -> None:
    if len({number in writer.vectors for number in layer.inputs}) > 1:
        raise NotInFormat("Caffe concatenates values of as many axes only")
    writer.add(layer, "Concat")


def add(layer: Placed, writer: CaffeWriter) -> None:
    if not _of_one_shape(layer, writer):
        raise NotInFormat("Caffe adds values of one shape only")
    factors = [layer.op.scale, *[1] * (len(layer.xs) - 1)] if layer.op.scale != 1 else []
    writer.add(layer, "Eltwise", {"eltwise_param": {"coeff": factors} if factors else {}})


def multiply(layer: Placed, writer: CaffeWriter) -> None:
    first, *gates = layer.xs
    if _of_one_shape(layer, writer):
        writer.add(layer, "Eltwise", {"eltwise_param": {"operation": EnumWord("PROD")}})
        return
    (gate, *more) = gates
    if more or gate.channels != first.channels or any(side != 1 for side in gate.spatial):
        raise NotInFormat("Caffe multiplies by one value per channel, or by values of the same shape")
    number = layer.inputs[1]
    blob = writer.blobs[number]
    if number not in writer.vectors:
        flat = writer.free(f"{layer.path}/gate")
        writer.write("Flatten", flat, [blob], [flat])
        blob = flat
    writer.add(layer, "Scale", {"scale_param": {"axis": 0}}, bottoms=[writer.blobs[layer.inputs[0]], blob])


def slice_of(layer: Placed, writer: CaffeWriter) -> None:
    """The parts before and behind it are silenced: else they would be outputs of the net."""
    start, end, channels = layer.op.start, layer.op.start + layer.op.channels, layer.xs[0].channels
    points = [point for point in (start, end) if 0 < point < channels]
    if not points:
        raise NotInFormat("Caffe has no slice of all channels")
    blob = writer.blobs[layer.inputs[0]]
    rest = [writer.free(f"{layer.path}/rest") for _ in points]
    tops = [*rest[: int(start > 0)], layer.path, *rest[int(start > 0) :]]
    writer.blobs[layer.number] = layer.path
    writer.write("Slice", layer.path, [blob], tops, {"slice_param": {"slice_point": points}})
    writer.write("Silence", writer.free(f"{layer.path}/silence"), rest, [])


def crop(layer: Placed, writer: CaffeWriter) -> None:
    if len(layer.inputs) != 2:
        raise NotInFormat("Caffe crops to the size of another layer only")
    x, like = layer.xs
    starts = per_axis(layer.op.start, x.rank)
    if isinstance(layer.op.start, str):
        starts = tuple((side - part) // 2 for side, part in zip(x.spatial, like.spatial, strict=True))
    offsets = [starts[0]] if len(set(starts)) == 1 else list(starts)
    writer.add(layer, "Crop", {"crop_param": {"axis": 2, "offset": offsets}})


def reshape(layer: Placed, writer: CaffeWriter) -> None:
    dims = [0, layer.y.channels, *layer.y.spatial]
    writer.add(layer, "Reshape", {"reshape_param": {"shape": {"dim": dims}}})


def clip(layer: Placed, writer: CaffeWriter) -> None:
    low, high = (0, 6) if layer.op.name == "relu6" else (layer.op.low, layer.op.high)
    writer.add(layer, "Clip", {"clip_param": {"min": low, "max": high}})


def leaky_relu(layer: Placed, writer: CaffeWriter) -> None:
    if layer.op.slope == 0:
        raise NotInFormat("Caffe has no leaky ReLU with a slope of 0")
    writer.add(layer, "ReLU", {"relu_param": {"negative_slope": layer.op.slope}})


def prelu(layer: Placed, writer: CaffeWriter) -> None:
    options = {"channel_shared": True} if layer.op.slopes == "shared" else {}
    writer.add(layer, "PReLU", {"prelu_param": options})


def _plain(type: str, message: str = "", **fields: str) -> Callable[[Placed, CaffeWriter], None]:
    """A layer whose fields are options of the op."""

    def translate(layer: Placed, writer: CaffeWriter) -> None:
        options = {field: getattr(layer.op, name) for field, name in fields.items()}
        writer.add(layer, type, {message: options})

    return translate


def input_of(layer: Placed, writer: CaffeWriter) -> None:
    writer.input(layer)


LAYERS: Mapping[str, Callable[[Placed, CaffeWriter], None]] = {
    "input": input_of,
    "conv": conv,
    "deconv": deconv,
    "fc": fc,
    "maxpool": _pool("MAX"),
    "avgpool": _pool("AVE"),
    "adaptive_avgpool": _adaptive_pool("AVE"),
    "adaptive_maxpool": _adaptive_pool("MAX"),
    "lrn": lrn,
    "bn": _norm("BatchNorm"),
    "instancenorm": _norm("MVN"),
    "scale": scale,
    "add": add,
    "multiply": multiply,
    "concat": concat,
    "slice": slice_of,
    "crop": crop,
    "flatten": _plain("Flatten"),
    "reshape": reshape,
    "relu": _plain("ReLU"),
    "leaky_relu": leaky_relu,
    "relu6": clip,
    "hardtanh": clip,
    "prelu": prelu,
    "elu": _plain("ELU", "elu_param", alpha="alpha"),
    "sigmoid": _plain("Sigmoid"),
    "tanh": _plain("TanH"),
    "silu": _plain("Swish"),
    "softplus": _plain("BNLL"),
    "softmax": _plain("Softmax"),
    "dropout": _plain("Dropout", "dropout_param", dropout_ratio="rate"),
}
