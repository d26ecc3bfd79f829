"""Layers with windows, weights or norms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from archcalc.importers.as_network import made
from archcalc.importers.caffe.fields import CaffeProblem, Options
from archcalc.importers.caffe.graph import CaffeBlob, CaffeReader, axis_of
from archcalc.importers.caffe.model import CaffeLayer

Translator: TypeAlias = Callable[[CaffeLayer, CaffeReader], "CaffeBlob | list[CaffeBlob]"]


def _per_axis(options: Options, name: str, rank: int, default: int | None, least: int) -> Any:
    """A size for every axis: one for all, one for each, or in fields of their own with _h and _w."""
    sides = [options.field(f"{name.removesuffix('_size')}_{side}") for side in "hw"]
    sizes = options.counts(name, least)
    if any(sides):
        if sizes or not all(sides):
            says = f"it needs '{name}', or both '{sides[0] and sides[0].name}' and its partner"
            raise CaffeProblem(says if not sizes else f"it has '{name}' twice", options.place)
        sizes = [options.count(side.name, least=least) for side in sides if side]
    if not sizes and default is None:
        raise CaffeProblem(f"it has no '{name}'", options.place)
    sizes = sizes or [default or 0]
    if len(sizes) not in (1, rank):
        raise CaffeProblem(f"its '{name}' has {len(sizes)} values, but its input has {rank} spatial axes")
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def _window(options: Options, rank: int) -> dict[str, Any]:
    return {
        "kernel": _per_axis(options, "kernel_size", rank, None, 1),
        "stride": _per_axis(options, "stride", rank, 1, 1),
        "pad": _per_axis(options, "pad", rank, 0, 0),
    }


def _convolution(layer: CaffeLayer, reader: CaffeReader) -> tuple[CaffeBlob, Options, dict[str, Any]]:
    """The input, and what convolutions and transposed convolutions have in common."""
    x = reader.input(layer)
    options = layer.options("convolution_param")
    if axis_of(int(options.number("axis", 1)), x) != 0:
        raise CaffeProblem("archcalc convolves the axes behind the channels only")
    window = _window(options, len(x.dims) - 1)
    window["dilation"] = _per_axis(options, "dilation", len(x.dims) - 1, 1, 1)
    return x, options, window | {"bias": options.flag("bias_term", True)}


def conv(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    x, options, window = _convolution(layer, reader)
    filters, groups = options.count("num_output"), options.count("group", 1)
    flat = not reader.volume(x).spatial
    if flat and window["kernel"] == 1 and window["pad"] == 0 and groups == 1:
        # On maps of one value a convolution is a fully connected layer.
        y = reader.add(layer, made("fc", units=filters, bias=window["bias"]), x)
        return y._replace(dims=(filters, *x.dims[1:]))
    if layer.type in DEPTHWISE:
        groups = x.dims[0]
    if groups == x.dims[0] > 1 and filters % groups == 0:
        window |= {"filters": "depthwise", "multiplier": filters // groups}
    else:
        window |= {"filters": filters, "groups": groups}
    return reader.add(layer, made("conv", **window), x)


DEPTHWISE = ("depthwiseconvolution", "convolutiondepthwise", "depthwise")
"""Types of forks: a convolution with a group for each channel."""


def deconv(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    x, options, window = _convolution(layer, reader)
    window |= {"filters": options.count("num_output"), "groups": options.count("group", 1)}
    return reader.add(layer, made("deconv", **window), x)


def inner_product(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    x = reader.input(layer)
    options = layer.options("inner_product_param")
    if axis_of(int(options.number("axis", 1)), x) != 0:
        raise CaffeProblem("archcalc has no inner product over a part of the axes")
    op = made("fc", units=options.count("num_output"), bias=options.flag("bias_term", True))
    return reader.add(layer, op, x)


def pool(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    x = reader.input(layer)
    options = layer.options("pooling_param")
    kinds = {"MAX": "maxpool", "AVE": "avgpool", "0": "maxpool", "1": "avgpool", "STOCHASTIC": "", "2": ""}
    name = options.word("pool", kinds, "maxpool")
    if not name:
        raise CaffeProblem("archcalc has no stochastic pooling")
    if len(x.dims) != 3:
        raise CaffeProblem(f"Caffe pools maps only, and its input has {len(x.dims) + 1} axes and not 4")
    if options.flag("global_pooling", False):
        if not reader.volume(x).spatial:
            return x  # of one value, the mean and the maximum are that value
        return reader.add(layer, made(name, kernel="global"), x)._replace(dims=(x.dims[0], 1, 1))
    rounding = options.word("round_mode", {"CEIL": "caffe", "FLOOR": "floor"}, "caffe")
    return reader.add(layer, made(name, **_window(options, 2), rounding=rounding), x)


def lrn(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    options = layer.options("lrn_param")
    size = options.count("local_size", 5)
    constants = {name: options.number(name, 0) for name in ("alpha", "beta", "k") if options.field(name)}
    within = {"ACROSS_CHANNELS": False, "WITHIN_CHANNEL": True, "0": False, "1": True}
    if options.word("norm_region", within, False):
        # As many squares are summed as a window of the map has values.
        size *= size
        reader.note("LRN within a channel is counted as LRN over as many channels as its window has values")
    x = reader.input(layer)
    return reader.add_same(layer, made("lrn", size=size, **constants), x)


def batch_norm(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    """Caffe's layer has no scale and no shift: those are a layer of their own."""
    trained = layer.type == "bn"  # that of SegNet's fork has both
    return reader.add_same(layer, made("bn", gamma=trained, beta=trained), reader.input(layer))


def mvn(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    options = layer.options("mvn_param")
    if options.flag("across_channels", False) or not options.flag("normalize_variance", True):
        raise CaffeProblem("archcalc has no such norm: only each channel for itself, with its variance")
    return reader.add_same(layer, made("instancenorm"), reader.input(layer))


LAYERS: Mapping[str, Translator] = {
    "convolution": conv,
    **dict.fromkeys(DEPTHWISE, conv),
    "deconvolution": deconv,
    "innerproduct": inner_product,
    "pooling": pool,
    "lrn": lrn,
    "batchnorm": batch_norm,
    "bn": batch_norm,
    "mvn": mvn,
}
