"""Layers with several inputs or outputs: concat, sums and products, scales, slices, crops."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from archcalc.importers.as_network import made
from archcalc.importers.caffe.fields import CaffeProblem, scalar
from archcalc.importers.caffe.graph import CaffeBlob, CaffeReader, axis_of
from archcalc.importers.caffe.layers import Translator
from archcalc.importers.caffe.model import CaffeLayer


def concat(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    inputs = reader.inputs(layer)
    options = layer.options("concat_param")
    axis = int(options.number("axis", options.number("concat_dim", 1)))
    if len(inputs) == 1:
        return inputs[0]
    if axis_of(axis, inputs[0]) != 0:
        raise CaffeProblem("archcalc concatenates channels only")
    y = reader.add(layer, made("concat"), *inputs)
    return y._replace(dims=(y.dims[0], *inputs[0].dims[1:]))


def eltwise(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    inputs = reader.inputs(layer, 2)
    options = layer.options("eltwise_param")
    kinds = {"SUM": "add", "PROD": "multiply", "MAX": "", "1": "add", "0": "multiply", "2": ""}
    name = options.word("operation", kinds, "add")
    if not name:
        raise CaffeProblem("archcalc has no layer for the largest of several inputs")
    if any(blob.dims != inputs[0].dims for blob in inputs):
        shapes = " and ".join(dict.fromkeys(_shown(blob) for blob in inputs))
        raise CaffeProblem(f"its inputs have different shapes: {shapes}")
    factors = list(options.numbers("coeff"))
    if factors and (len(factors) != len(inputs) or name != "add"):
        raise CaffeProblem("it must have one 'coeff' for each input of a sum", options.place)
    if any(abs(factor) != 1 for factor in factors[1:]):
        # The first input may have a factor; which one is first does not matter.
        places = [place for place, factor in enumerate(factors) if abs(factor) != 1]
        if len(places) > 1:
            raise CaffeProblem("archcalc has sums with a factor on one input only", options.place)
        inputs.insert(0, inputs.pop(places[0]))
        factors.insert(0, factors.pop(places[0]))
    # A difference takes as many operations as a sum.
    scaled = {"scale": factors[0]} if factors and abs(factors[0]) != 1 else {}
    return reader.add(layer, made(name, **scaled), *inputs)._replace(dims=inputs[0].dims)


def _shown(blob: CaffeBlob) -> str:
    return "x".join(map(str, blob.dims))


def scale(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    """A trained scale per channel, which belongs to the norm before it; with two inputs, a product."""
    inputs = reader.inputs(layer, 1, 2)
    options = layer.options("scale_param")
    bias = options.flag("bias_term", False)
    axis = axis_of(int(options.number("axis", 1)), inputs[0])
    x = inputs[0]
    if len(inputs) == 2:
        gate = _gate(inputs[1], reader)
        if bias or axis > 0:
            raise CaffeProblem("archcalc multiplies by an input without a bias, from the channels on")
        return reader.add(layer, made("multiply"), x, gate)._replace(dims=x.dims)
    if axis != 0 or options.number("num_axes", 1) != 1:
        raise CaffeProblem("archcalc scales channels only")
    if _trains(x, reader, gamma=True, beta=bias):
        return x
    return reader.add_same(layer, made("scale", bias=bias), x)


def _gate(blob: CaffeBlob, reader: CaffeReader) -> CaffeBlob:
    """The gate of a product. Caffe needs it flat, so a flatten of maps of one value belongs to it."""
    if reader.layers.is_input(blob.number):
        return blob
    node = reader.layers.nodes[blob.number - 1]
    if node.op.name != "flatten" or any(side != 1 for side in reader.layers.volumes[node.inputs[0]].spatial):
        return blob
    return blob._replace(number=node.inputs[0])


def bias(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    """A trained shift per channel; only as a part of a norm."""
    x = reader.input(layer)
    options = layer.options("bias_param")
    over_channels = axis_of(int(options.number("axis", 1)), x) == 0 and options.number("num_axes", 1) == 1
    if over_channels and _trains(x, reader, gamma=False, beta=True):
        return x
    raise CaffeProblem("archcalc has a trained shift only as a part of a norm before it")


_TRAINED = ("bn", "instancenorm")
"""Norms whose scale and shift are layers of their own in Caffe."""


def _trains(x: CaffeBlob, reader: CaffeReader, *, gamma: bool, beta: bool) -> bool:
    """Give the norm before a layer its scale and shift, if it lacks them and nothing else reads it."""
    if reader.layers.is_input(x.number) or not reader.read_once(x):
        return False
    op = reader.layers.nodes[x.number - 1].op
    had_gamma, had_beta = getattr(op, "gamma", True), getattr(op, "beta", True)
    if op.name not in _TRAINED or had_beta or (gamma and had_gamma):
        return False
    reader.layers.replace(x.number, made(op.name, gamma=gamma or had_gamma, beta=beta))
    return True


def slices(layer: CaffeLayer, reader: CaffeReader) -> list[CaffeBlob]:
    """A slice of the channels for each output."""
    x = reader.input(layer)
    options = layer.options("slice_param")
    if axis_of(int(options.number("axis", options.number("slice_dim", 1))), x) != 0:
        raise CaffeProblem("archcalc slices channels only")
    channels, parts = x.dims[0], len(layer.tops)
    points = options.counts("slice_point", least=1)
    if not points and parts and channels % parts == 0:
        points = list(range(channels // parts, channels, channels // parts))
    edges = [0, *points, channels]
    if len(edges) != parts + 1 or any(start >= end for start, end in pairwise(edges)):
        raise CaffeProblem(f"its points do not share out {channels} channels among {parts} outputs")
    if parts == 1:
        return [x]
    used = [place for place, top in enumerate(layer.tops) if reader.readers[reader.place, scalar(top)]]
    blobs = []
    for place, (start, end) in enumerate(pairwise(edges)):
        name = layer.name if used == [place] else scalar(layer.tops[place])
        y = reader.add(layer, made("slice", channels=end - start, start=start), x, name=name)
        blobs.append(y._replace(dims=(end - start, *x.dims[1:])))
    return blobs


def split(layer: CaffeLayer, reader: CaffeReader) -> list[CaffeBlob]:
    """Every output is the input."""
    return [reader.input(layer)] * len(layer.tops)


def crop(layer: CaffeLayer, reader: CaffeReader) -> CaffeBlob:
    x, like = reader.inputs(layer, 2, 2)
    options = layer.options("crop_param")
    axis = axis_of(int(options.number("axis", 2)), x)
    offsets = options.counts("offset")
    if axis != 1 or len(like.dims) != len(x.dims):
        raise CaffeProblem("archcalc crops maps only, along all their axes")
    if len(offsets) > 1 and len(offsets) != len(x.dims) - 1:
        raise CaffeProblem("it must have one 'offset', or one for each axis", options.place)
    start = tuple(offsets) if len(set(offsets)) > 1 else offsets[0] if offsets else 0
    return reader.add(layer, made("crop", start=start), x, like)


JOINS: Mapping[str, Translator] = {
    "concat": concat,
    "eltwise": eltwise,
    "scale": scale,
    "bias": bias,
    "slice": slices,
    "split": split,
    "crop": crop,
}
