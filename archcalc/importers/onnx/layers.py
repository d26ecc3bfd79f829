"""Nodes with windows or norms: each becomes one layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.importers.as_calls import sizes
from archcalc.importers.as_calls.axes import CHANNELS, placed, whole
from archcalc.importers.as_calls.pools import over_all
from archcalc.importers.as_calls.values import Computed
from archcalc.importers.as_calls.windows import as_map, windowed
from archcalc.importers.as_network import ImportProblem, collapsed, fraction, made
from archcalc.importers.onnx.attributes import int_of, ints_of, whole_numbers
from archcalc.importers.onnx.forms import place_of
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.values import Made

# --- windows ------------------------------------------------------------------------------------------------


def _window(
    node: OnnxNode, spatial: Sequence[int], kernel: Sequence[int], dilation: Sequence[int]
) -> dict[str, Any]:
    """The options of a window. Raises ImportProblem."""
    rank = len(kernel)
    strides = ints_of(node, "strides", (1,) * rank)
    if min((*kernel, *strides, *dilation), default=0) < 1 or len(strides) != rank != 0:
        raise ImportProblem("its kernel and its strides do not fit together")
    pads = _pads(node, spatial, kernel, strides, dilation)
    return {"kernel": collapsed(kernel), "stride": collapsed(strides), "pad": pads}


def _pads(
    node: OnnxNode,
    spatial: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> Any:
    auto = node.attributes.get("auto_pad") or "NOTSET"
    rank = len(kernel)
    if auto == "SAME_UPPER":
        return "same"
    if auto == "SAME_LOWER":
        totals = [
            max((-(-side // stride) - 1) * stride + step * (taps - 1) + 1 - side, 0)
            for side, taps, stride, step in zip(spatial, kernel, strides, dilation, strict=True)
        ]
        return collapsed([(total - total // 2, total // 2) for total in totals])
    pads = ints_of(node, "pads", (0,) * (2 * rank)) if auto == "NOTSET" else (0,) * (2 * rank)
    if len(pads) != 2 * rank or min(pads, default=0) < 0:
        raise ImportProblem("its pads do not fit its kernel")
    return collapsed(list(zip(pads[:rank], pads[rank:], strict=True)))


def conv(node: OnnxNode, graph: GraphReader) -> Made:
    x, weight, bias = graph.read(node), graph.weight(node, 1), graph.trained(node, 2)
    groups = int_of(node, "group", 1)
    filters, reads, *kernel = weight.dims if len(weight.dims) > 2 else (0, 0)
    channels, *spatial = x.dims[1:]
    if groups < 1 or reads * groups != channels or filters < 1:
        raise ImportProblem(f"its weights {list(weight.dims)} do not fit {channels} channels")
    if len(kernel) != len(spatial):
        raise ImportProblem(f"its kernel has {len(kernel)} axes, but its input has {len(spatial)}")
    call, volume = graph.as_call(node), graph.volume(x)
    if not volume.rank and set(kernel) == {1} and groups == 1 and whole(volume, CHANNELS) == x.axes[1]:
        # On maps of one value a convolution is a fully connected layer.
        op = made("fc", units=filters, bias=bias is not None)
        y = graph.add(call, op, x, weights=[weight, bias], axes=())
        return Computed(y.number, placed(graph.volume(y), [], [1], (1, filters, *spatial)))
    x = as_map(call, graph, x, len(kernel))
    dilation = ints_of(node, "dilations", (1,) * len(kernel))
    options = _window(node, spatial, kernel, dilation)
    options |= {"bias": bias is not None, "dilation": collapsed(dilation)}
    if groups == channels > 1 and filters % groups == 0:
        options |= {"filters": "depthwise", "multiplier": filters // groups}
    else:
        options |= {"filters": filters, "groups": groups}
    return windowed(call, graph, x, "conv", len(kernel), weight=weight, bias_values=bias, **options)


def deconv(node: OnnxNode, graph: GraphReader) -> Made:
    x, weight, bias = graph.read(node), graph.weight(node, 1), graph.trained(node, 2)
    groups = int_of(node, "group", 1)
    reads, filters, *kernel = weight.dims if len(weight.dims) > 2 else (0, 0)
    channels, *spatial = x.dims[1:]
    if reads != channels or "output_shape" in node.attributes or len(kernel) != len(spatial):
        raise ImportProblem("its weights do not fit its input, or it states the shape of its output")
    dilation = ints_of(node, "dilations", (1,) * len(kernel))
    options = _window(node, spatial, kernel, dilation)
    pad = options["pad"]
    if isinstance(pad, str) or (isinstance(pad, tuple) and any(isinstance(side, tuple) for side in pad)):
        raise ImportProblem("its padding differs at the two sides of an axis")
    more = collapsed(ints_of(node, "output_padding", (0,) * len(kernel)))
    options |= {"filters": filters * groups, "groups": groups, "output_pad": more}
    options |= {"dilation": collapsed(dilation), "bias": bias is not None}
    call = graph.as_call(node)
    x = as_map(call, graph, x, len(kernel))
    return windowed(call, graph, x, "deconv", len(kernel), weight=weight, bias_values=bias, **options)


def _pool(name: str) -> Callable[[OnnxNode, GraphReader], Made]:
    def pool(node: OnnxNode, graph: GraphReader) -> Made:
        x = graph.read(node)
        kernel, spatial = ints_of(node, "kernel_shape", ()), x.dims[2:]
        if len(kernel) != len(spatial) or not kernel:
            raise ImportProblem(f"its window has {len(kernel)} axes, but its input has {len(spatial)}")
        dilation = ints_of(node, "dilations", (1,) * len(kernel))
        if set(dilation) != {1} or (len(node.outputs) > 1 and graph.readers[node.outputs[1]]):
            raise ImportProblem("archcalc has no pooling with dilation or with indices")
        options = _window(node, spatial, kernel, dilation)
        if int_of(node, "ceil_mode", 0):
            options["rounding"] = "ceil"
        call = graph.as_call(node)
        x = as_map(call, graph, x, len(kernel))
        return windowed(call, graph, x, name, len(kernel), **options)

    return pool


def _over_all(name: str) -> Callable[[OnnxNode, GraphReader], Made]:
    def pool(node: OnnxNode, graph: GraphReader) -> Made:
        x = graph.read(node)
        if not graph.volume(x).rank:
            return x
        call = graph.as_call(node)
        return over_all(call, graph, as_map(call, graph, x, len(x.axes) - 2), name)

    return pool


# --- norms --------------------------------------------------------------------------------------------------


def _norm(name: str, options: Callable[[OnnxNode], Mapping[str, Any]] = lambda node: {}) -> Any:
    """A norm over the channels, with a scale and a shift that may be trained."""

    def norm(node: OnnxNode, graph: GraphReader) -> Made:
        x, gamma, beta = graph.read(node), graph.trained(node, 1), graph.trained(node, 2)
        call = graph.as_call(node)
        op = made(name, gamma=gamma is not None, beta=beta is not None, **options(node))
        return graph.add(call, op, graph.around(call, x, [place_of(1, len(x.axes))]), weights=[gamma, beta])

    return norm


def _last_axes(name: str) -> Callable[[OnnxNode, GraphReader], Made]:
    """A norm over the last axes."""

    def norm(node: OnnxNode, graph: GraphReader) -> Made:
        x, gamma, beta = graph.read(node), graph.trained(node, 1), graph.trained(node, 2)
        options = {"gamma": gamma is not None} | ({"beta": beta is not None} if name == "layernorm" else {})
        first = place_of(int_of(node, "axis", -1), len(x.axes))
        call = graph.as_call(node)
        x = graph.around(call, x, range(first, len(x.axes)))
        return graph.add(call, made(name, **options), x, weights=[gamma, beta])

    return norm


def lrn(node: OnnxNode, graph: GraphReader) -> Made:
    call, x = graph.as_call(node), graph.read(node)
    return graph.add(call, made("lrn", size=int_of(node, "size", 5)), graph.around(call, x, [1]))


def _over_channels(name: str) -> Callable[[OnnxNode, GraphReader], Made]:
    def softmax(node: OnnxNode, graph: GraphReader) -> Made:
        x = graph.read(node)
        is_new = graph.model.opset >= 13
        first = place_of(int_of(node, "axis", -1 if is_new else 1), len(x.axes))
        # Before opset 13 it works over all axes from that one on.
        places = [first] if is_new else range(first, len(x.axes))
        call = graph.as_call(node)
        return graph.add(call, made(name), graph.around(call, x, places))

    return softmax


def prelu(node: OnnxNode, graph: GraphReader) -> Made:
    x, slopes = graph.read(node), graph.weight(node, 1)
    call = graph.as_call(node)
    op = made("prelu", slopes="shared" if slopes.size == 1 else "per-channel")
    return graph.add(call, op, graph.around(call, x, [1]) if slopes.size > 1 else x, weights=[slopes])


def dropout(node: OnnxNode, graph: GraphReader) -> Made:
    known = graph.known(node, 1)
    rate = known.scalar if known is not None else node.attributes.get("ratio", 0.5)
    op = made("dropout", rate=fraction(0.5 if rate is None else rate))
    return graph.add(graph.as_call(node), op, graph.read(node))


# --- other sizes --------------------------------------------------------------------------------------------


def resize(node: OnnxNode, graph: GraphReader) -> Made:
    """Resize and the older Upsample, by a whole factor."""
    x = graph.read(node)
    known = [graph.known(node, place) for place in range(1, len(node.inputs))]
    factors = [size for one in known[-2:] if one is not None and one.values for size in one.values]
    if len(known) > 2 and known[2] is not None:  # the sizes themselves
        factors = [size / dim for size, dim in zip(whole_numbers(known[2]), x.dims, strict=False) if dim]
    mode = node.attributes.get("mode", "nearest")
    whole = [int(factor) for factor in factors if math.isfinite(factor) and factor == int(factor) >= 1]
    if len(whole) != len(x.axes) or whole[:2] != [1, 1] or mode not in ("nearest", "linear"):
        raise ImportProblem("archcalc enlarges maps by whole factors only, nearest or linear")
    call, rank = graph.as_call(node), len(x.axes) - 2
    x = as_map(call, graph, x, rank)
    return windowed(call, graph, x, "upsample", rank, factor=collapsed(whole[2:]), mode=mode)


def depth_to_space(node: OnnxNode, graph: GraphReader) -> Made:
    if node.attributes.get("mode", "DCR") != "CRD":
        raise ImportProblem("archcalc has no shuffle of pixels in this order of channels (mode DCR)")
    call = graph.as_call(node, input=graph.read(node), factor=int_of(node, "blocksize", 1))
    return sizes.shuffled("pixel_shuffle")(call, graph)


LAYERS: Mapping[str, Callable[[OnnxNode, GraphReader], Made]] = {
    "Conv": conv,
    "ConvTranspose": deconv,
    "MaxPool": _pool("maxpool"),
    "AveragePool": _pool("avgpool"),
    "GlobalAveragePool": _over_all("avgpool"),
    "GlobalMaxPool": _over_all("maxpool"),
    "BatchNormalization": _norm("bn"),
    "InstanceNormalization": _norm("instancenorm"),
    "GroupNormalization": _norm("groupnorm", lambda node: {"groups": int_of(node, "num_groups", 1)}),
    "LayerNormalization": _last_axes("layernorm"),
    "RMSNormalization": _last_axes("rmsnorm"),
    "LRN": lrn,
    "Softmax": _over_channels("softmax"),
    "LogSoftmax": _over_channels("logsoftmax"),
    "PRelu": prelu,
    "Dropout": dropout,
    "Resize": resize,
    "Upsample": resize,
    "DepthToSpace": depth_to_space,
}
