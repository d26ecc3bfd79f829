"""Layers that work on each value, and those that only give values another form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from archcalc.importers.as_network import made
from archcalc.importers.caffe.fields import CaffeProblem, Options
from archcalc.importers.caffe.graph import CaffeBlob, CaffeReader, axis_of
from archcalc.importers.caffe.layers import Translator
from archcalc.importers.caffe.model import CaffeLayer
from archcalc.importers.caffe.text_format import CaffeMessage

MOST_AXES = 8


def relu(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    slope = layer.options("relu_param").number("negative_slope", 0)
    op = made("leaky_relu", slope=slope) if slope else made("relu")
    return reader.add_same(layer, op, reader.input(layer))


def prelu(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    shared = layer.options("prelu_param").flag("channel_shared", False)
    op = made("prelu", slopes="shared" if shared else "per-channel")
    return reader.add_same(layer, op, reader.input(layer))


def elu(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    op = made("elu", alpha=layer.options("elu_param").number("alpha", 1))
    return reader.add_same(layer, op, reader.input(layer))


def clip(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    options = layer.options("clip_param")
    low, high = options.number("min", 0), options.number("max", 6)
    op = made("relu6") if (low, high) == (0, 6) else made("hardtanh", low=low, high=high)
    return reader.add_same(layer, op, reader.input(layer))


def dropout(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    rate = layer.options("dropout_param").number("dropout_ratio", Fraction(1, 2))
    if not 0 <= rate <= 1:
        raise CaffeProblem("its 'dropout_ratio' must be a number from 0 to 1")
    return reader.add_same(layer, made("dropout", rate=rate), reader.input(layer))


def softmax(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    x = reader.input(layer)
    if axis_of(int(layer.options("softmax_param").number("axis", 1)), x) != 0:
        raise CaffeProblem("archcalc has a softmax over the channels only")
    return reader.add_same(layer, made("softmax"), x)


def power(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    """(shift + scale·x)^power: without a power, a constant factor and shift, which are no layer here."""
    options = layer.options("power_param")
    if options.number("power", 1) != 1:
        raise CaffeProblem("archcalc has no layer for a power of its input")
    if options.number("scale", 1) != 1 or options.number("shift", 0) != 0:
        reader.note("constant factors and shifts (Power) are left out")
    return reader.input(layer)


def _plain(name: str) -> Callable[[CaffeLayer, CaffeReader], CaffeBlob]:
    """A layer without options that count."""

    def translate(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
        return reader.add_same(layer, made(name), reader.input(layer))

    return translate


def flatten(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    x = reader.input(layer)
    options = layer.options("flatten_param")
    first, last = (axis_of(int(options.number(name, n)), x) for name, n in (("axis", 1), ("end_axis", -1)))
    if first != 0 or last != len(x.dims) - 1:
        raise CaffeProblem("archcalc flattens all axes of an image, and no others")
    return reader.add(layer, made("flatten"), x)


def reshape(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    x = reader.input(layer)
    options = layer.options("reshape_param")
    if options.number("axis", 0) != 0 or options.number("num_axes", -1) != -1:
        raise CaffeProblem("archcalc reads a reshape of all axes only", options.place)
    shape = options.field("shape")
    if shape is None or not isinstance(shape.value, CaffeMessage):
        raise CaffeProblem("it has no 'shape { dim: ... }'", options.place)
    given = Options(shape.value, "shape", shape.place).counts("dim", least=-1)
    dims = _reshaped((reader.batch, *x.dims), given)
    if dims is None:
        says = f"{_sizes((reader.batch, *x.dims))} cannot become {_sizes(given)}"
        raise CaffeProblem(says, shape.place)
    if dims == x.dims:
        return x
    if len(dims) == 1:
        return reader.add(layer, made("flatten"), x)
    if len(dims) > 4:
        raise CaffeProblem(f"archcalc has up to 3 spatial axes, not {len(dims) - 1}", shape.place)
    return reader.add(layer, made("reshape", to=dims[1:]), x)


def _reshaped(dims: Sequence[int], given: Sequence[int]) -> tuple[int, ...] | None:
    """The new shape without the batch: 0 keeps an axis, -1 is what is left over; None if it does not fit."""
    if not 2 <= len(given) <= MOST_AXES or given.count(-1) > 1 or 0 in given[len(dims) :]:
        return None
    sizes = [size or dims[place] for place, size in enumerate(given)]
    total = math.prod(dims)
    if -1 in sizes:
        rest = -math.prod(sizes)
        sizes[sizes.index(-1)] = total // rest
    return tuple(sizes[1:]) if math.prod(sizes) == total and sizes[0] == dims[0] else None


def _sizes(dims: Sequence[int]) -> str:
    return "x".join(map(str, dims[:MOST_AXES]))


def shuffle(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    """The channel shuffle of forks."""
    groups = layer.options("shuffle_channel_param").count("group", 1)
    return reader.add_same(layer, made("shuffle", groups=groups), reader.input(layer))


POINTWISE: Mapping[str, Translator] = {
    "relu": relu,
    "relu6": _plain("relu6"),
    "prelu": prelu,
    "elu": elu,
    "clip": clip,
    "sigmoid": _plain("sigmoid"),
    "tanh": _plain("tanh"),
    "swish": _plain("silu"),
    "bnll": _plain("softplus"),
    "dropout": dropout,
    "softmax": softmax,
    "power": power,
    "flatten": flatten,
    "reshape": reshape,
    "shufflechannel": shuffle,
}
