"""Nodes with windows, weights or norms: each becomes one layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.importers.as_network import ImportProblem, collapsed, fraction, made
from archcalc.importers.onnx.constants import axes_of, whole_numbers
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.values import AxisRole, Signal, Value


def _ints(node: OnnxNode, name: str, default: Sequence[int]) -> tuple[int, ...]:
    given = node.attributes.get(name)
    if given is None:
        return tuple(default)
    if not isinstance(given, tuple) or not all(isinstance(value, int) for value in given):
        raise ImportProblem(f"its attribute '{name}' is not a list of whole numbers")
    return given


def _int(node: OnnxNode, name: str, default: int) -> int:
    given = node.attributes.get(name, default)
    if not isinstance(given, int):
        raise ImportProblem(f"its attribute '{name}' is not a whole number")
    return given


def _window(node: OnnxNode, x: Signal, kernel: Sequence[int], dilation: Sequence[int]) -> dict[str, Any]:
    """The options of a window that are not their defaults. Raises ImportProblem."""
    rank = len(kernel)
    strides = _ints(node, "strides", (1,) * rank)
    pads = _pads(node, x, kernel, strides, dilation)
    if min((*kernel, *strides, *dilation), default=0) < 1 or len(strides) != rank != 0:
        raise ImportProblem("its kernel and its strides do not fit together")
    return {"kernel": collapsed(kernel), "stride": collapsed(strides), "pad": pads}


def _pads(
    node: OnnxNode, x: Signal, kernel: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> Any:
    auto = node.attributes.get("auto_pad") or "NOTSET"
    rank = len(kernel)
    if auto == "SAME_UPPER":
        return "same"
    if auto == "SAME_LOWER":
        sizes = sorted(x.spatial, key=lambda axis: axis.place)
        totals = [
            max((-(-axis.size // stride) - 1) * stride + step * (taps - 1) + 1 - axis.size, 0)
            for axis, taps, stride, step in zip(sizes, kernel, strides, dilation, strict=True)
        ]
        return collapsed([(total - total // 2, total // 2) for total in totals])
    pads = _ints(node, "pads", (0,) * (2 * rank)) if auto == "NOTSET" else (0,) * (2 * rank)
    if len(pads) != 2 * rank or min(pads, default=0) < 0:
        raise ImportProblem("its pads do not fit its kernel")
    return collapsed(list(zip(pads[:rank], pads[rank:], strict=True)))


def _in_order(x: Signal) -> Signal:
    """The input of a window. Raises ImportProblem if its axes are not batch, channels, space."""
    kinds = [axis.kind for axis in x.axes]
    places = [axis.place for axis in x.spatial]
    if kinds[:2] != ["batch", "channels"] or "part" in kinds or places != sorted(places):
        raise ImportProblem("its input does not have the order batch, channels, space")
    return x


def conv(node: OnnxNode, graph: GraphReader) -> Value:
    x, weight = _in_order(graph.signal(node)), graph.weight(node, 1)
    groups = _int(node, "group", 1)
    filters, reads, *kernel = weight.dims if len(weight.dims) > 2 else (0, 0)
    if groups < 1 or reads * groups != x.channels or filters < 1:
        raise ImportProblem(f"its weights {list(weight.dims)} do not fit {x.channels} channels")
    bias = graph.is_trained(node, 2)
    if not x.spatial and set(kernel) == {1} and groups == 1:
        # On maps of one value a convolution is a fully connected layer.
        return graph.add(node, made("fc", units=filters, bias=bias), x, weights=(1, 2))
    if len(kernel) != len(x.spatial):
        raise ImportProblem(f"its kernel has {len(kernel)} axes, but its input has {len(x.spatial)}")
    dilation = _ints(node, "dilations", (1,) * len(kernel))
    options = _window(node, x, kernel, dilation) | {"bias": bias, "dilation": collapsed(dilation)}
    if groups == x.channels > 1 and filters % groups == 0:
        options |= {"filters": "depthwise", "multiplier": filters // groups}
    else:
        options |= {"filters": filters, "groups": groups}
    return graph.add(node, made("conv", **options), x, weights=(1, 2))


def deconv(node: OnnxNode, graph: GraphReader) -> Value:
    x, weight = _in_order(graph.signal(node)), graph.weight(node, 1)
    groups = _int(node, "group", 1)
    reads, filters, *kernel = weight.dims if len(weight.dims) > 2 else (0, 0)
    if reads != x.channels or "output_shape" in node.attributes or len(kernel) != len(x.spatial):
        raise ImportProblem("its weights do not fit its input, or it states the shape of its output")
    dilation = _ints(node, "dilations", (1,) * len(kernel))
    options = _window(node, x, kernel, dilation)
    pad = options["pad"]
    if isinstance(pad, str) or (isinstance(pad, tuple) and any(isinstance(side, tuple) for side in pad)):
        raise ImportProblem("its padding differs at the two sides of an axis")
    more = collapsed(_ints(node, "output_padding", (0,) * len(kernel)))
    options |= {"filters": filters * groups, "groups": groups, "output_pad": more}
    options |= {"dilation": collapsed(dilation), "bias": graph.is_trained(node, 2)}
    return graph.add(node, made("deconv", **options), x, weights=(1, 2))


def gemm(node: OnnxNode, graph: GraphReader) -> Value:
    x, weight = graph.signal(node), graph.weight(node, 1)
    if len(weight.dims) != 2 or len(x.axes) != 2 or _int(node, "transA", 0):
        raise ImportProblem("only a product of a flat vector and a matrix is a layer")
    units, reads = weight.dims if _int(node, "transB", 0) else weight.dims[::-1]
    return _product(node, graph, x, reads, units, graph.is_trained(node, 2))


def matmul(node: OnnxNode, graph: GraphReader) -> Value:
    x, weight = graph.signal(node), graph.weight(node, 1)
    if len(weight.dims) != 2:
        raise ImportProblem("only a product with a stored matrix is a layer")
    return _product(node, graph, x, *weight.dims, bias=False)


def _product(node: OnnxNode, graph: GraphReader, x: Signal, reads: int, units: int, bias: bool) -> Value:
    """A matrix times the channels of every position."""
    if x.place("channels") != len(x.axes) - 1 or reads != x.channels or units < 1:
        raise ImportProblem(f"its matrix of {reads}x{units} does not fit the last axis of its input")
    if x.spatial:
        return graph.add(node, made("conv", filters=units, kernel=1, bias=bias), x, weights=(1, 2))
    return graph.add(node, made("fc", units=units, bias=bias), x, weights=(1, 2))


def _pool(name: str) -> Callable[[OnnxNode, GraphReader], Value]:
    def pool(node: OnnxNode, graph: GraphReader) -> Value:
        x = _in_order(graph.signal(node))
        kernel = _ints(node, "kernel_shape", ())
        if len(kernel) != len(x.spatial) or not kernel:
            raise ImportProblem(f"its window has {len(kernel)} axes, but its input has {len(x.spatial)}")
        dilation = _ints(node, "dilations", (1,) * len(kernel))
        if set(dilation) != {1} or (len(node.outputs) > 1 and graph.readers[node.outputs[1]]):
            raise ImportProblem("archcalc has no pooling with dilation or with indices")
        options = _window(node, x, kernel, dilation)
        if _int(node, "ceil_mode", 0):
            options["rounding"] = "ceil"
        return graph.add(node, made(name, **options), x)

    return pool


def _over_all(name: str) -> Callable[[OnnxNode, GraphReader], Value]:
    def pool(node: OnnxNode, graph: GraphReader) -> Value:
        x = graph.signal(node)
        return graph.add(node, made(name, kernel="global"), x) if x.spatial else x

    return pool


def reduce_mean(node: OnnxNode, graph: GraphReader) -> Value:
    """A mean over all of space: global average pooling."""
    x = graph.signal(node)
    axes = axes_of(node, graph.known(node, 1), len(x.axes))
    kinds = {x.axes[axis].kind for axis in axes}
    if not kinds <= {"space", "one"} or sum(x.axes[axis].kind == "space" for axis in axes) != len(x.spatial):
        raise ImportProblem("archcalc has no mean over these axes, only over all of space")
    y = graph.add(node, made("avgpool", kernel="global"), x) if x.spatial else x
    if _int(node, "keepdims", 1):
        return y
    return y._replace(axes=tuple(axis for place, axis in enumerate(y.axes) if place not in axes))


def batch_norm(node: OnnxNode, graph: GraphReader) -> Value:
    x = graph.signal(node)
    op = made("bn", gamma=graph.is_trained(node, 1), beta=graph.is_trained(node, 2))
    if len(x.axes) < 2 or x.axes[1].kind != "channels":
        raise ImportProblem("it does not normalise the channels")
    return graph.add(node, op, x, weights=(1, 2))


def layer_norm(node: OnnxNode, graph: GraphReader) -> Value:
    x = graph.signal(node)
    last = len(x.axes) - 1
    if _int(node, "axis", -1) % len(x.axes) != last or x.place("channels") != last:
        raise ImportProblem("archcalc has no layer norm over other axes than the channels")
    op = made("layernorm", gamma=graph.is_trained(node, 1), beta=graph.is_trained(node, 2))
    return graph.add(node, op, x, weights=(1, 2))


def group_norm(node: OnnxNode, graph: GraphReader) -> Value:
    op = made("groupnorm", groups=_int(node, "num_groups", 1))
    return graph.add(node, op, _in_order(graph.signal(node)), weights=(1, 2))


def instance_norm(node: OnnxNode, graph: GraphReader) -> Value:
    op = made("instancenorm", gamma=graph.is_trained(node, 1), beta=graph.is_trained(node, 2))
    return graph.add(node, op, _in_order(graph.signal(node)), weights=(1, 2))


def lrn(node: OnnxNode, graph: GraphReader) -> Value:
    return graph.add(node, made("lrn", size=_int(node, "size", 5)), _in_order(graph.signal(node)))


def _over_channels(name: str) -> Callable[[OnnxNode, GraphReader], Value]:
    def softmax(node: OnnxNode, graph: GraphReader) -> Value:
        x = graph.signal(node)
        axis = _int(node, "axis", -1 if graph.model.opset >= 13 else 1) % len(x.axes)
        if x.axes[axis].kind != "channels":
            raise ImportProblem("archcalc has no softmax over other axes than the channels")
        return graph.add(node, made(name), x)

    return softmax


def prelu(node: OnnxNode, graph: GraphReader) -> Value:
    slopes = "shared" if graph.weight(node, 1).size == 1 else "per-channel"
    return graph.add(node, made("prelu", slopes=slopes), graph.signal(node), weights=(1,))


def dropout(node: OnnxNode, graph: GraphReader) -> Value:
    known = graph.known(node, 1)
    rate = known.scalar if known is not None else node.attributes.get("ratio", 0.5)
    return graph.add(node, made("dropout", rate=fraction(0.5 if rate is None else rate)), graph.signal(node))


def resize(node: OnnxNode, graph: GraphReader) -> Value:
    """Resize and the older Upsample, by a whole factor."""
    x = _in_order(graph.signal(node))
    known = [graph.known(node, place) for place in range(1, len(node.inputs))]
    factors = [size for one in known[-2:] if one is not None and one.values for size in one.values]
    if len(known) > 2 and known[2] is not None:  # the sizes themselves
        factors = [size / dim for size, dim in zip(whole_numbers(known[2]), x.dims, strict=False) if dim]
    mode = node.attributes.get("mode", "nearest")
    whole = [int(factor) for factor in factors if math.isfinite(factor) and factor == int(factor) >= 1]
    if len(whole) != len(x.axes) or whole[:2] != [1, 1] or mode not in ("nearest", "linear"):
        raise ImportProblem("archcalc enlarges maps by whole factors only, nearest or linear")
    return graph.add(node, made("upsample", factor=collapsed(whole[2:]), mode=mode), x)


def one_size(axes: Sequence[AxisRole]) -> bool:
    """Whether every spatial axis has one value."""
    return all(axis.size == 1 for axis in axes if axis.kind == "space")


LAYERS: Mapping[str, Callable[[OnnxNode, GraphReader], Value]] = {
    "Conv": conv,
    "ConvTranspose": deconv,
    "Gemm": gemm,
    "MatMul": matmul,
    "MaxPool": _pool("maxpool"),
    "AveragePool": _pool("avgpool"),
    "GlobalAveragePool": _over_all("avgpool"),
    "GlobalMaxPool": _over_all("maxpool"),
    "ReduceMean": reduce_mean,
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "GroupNormalization": group_norm,
    "InstanceNormalization": instance_norm,
    "LRN": lrn,
    "Softmax": _over_channels("softmax"),
    "LogSoftmax": _over_channels("logsoftmax"),
    "PRelu": prelu,
    "Dropout": dropout,
    "Resize": resize,
    "Upsample": resize,
}
