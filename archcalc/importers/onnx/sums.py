"""Sums and products of layers, and of layers and stored numbers."""

from __future__ import annotations

from dataclasses import replace

from archcalc.importers.as_network import ImportProblem, made
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.layers import one_size
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.values import AxisRole, Signal, Value
from archcalc.ops.base import Op


def with_bias(node: OnnxNode, graph: GraphReader, x: Signal, bias: bool | str = True) -> Signal:
    """Stored numbers are added: the bias of the layer before. Raises ImportProblem."""
    layer = graph.layers.nodes[x.number - 1] if x.number else None
    has_none = layer is not None and getattr(layer.op, "bias", None) is False
    if layer is not None and has_none and _is_read_once(node, graph, x) and bias in (True, *_words(layer.op)):
        graph.layers.replace(x.number, replace(layer.op, bias=bias))  # type: ignore[call-arg]
        stored = [name for name in node.inputs if name in graph.model.tensors]
        graph.layers.arrays[x.number] = (*graph.layers.arrays.get(x.number, ()), *stored)
        return x
    raise ImportProblem("archcalc has no layer that only adds a number to each channel")


def _words(op: Op) -> tuple[str, ...]:
    """What a bias may be beside true and false."""
    return ("per-position",) if op.name == "conv" else ()


def merged(node: OnnxNode, graph: GraphReader, a: Signal, b: Signal) -> Signal:
    """A sum or a product of two layers."""
    if node.type in ("Add", "Sum"):
        if a.dims != b.dims:
            raise ImportProblem(f"archcalc cannot add {list(a.dims)} and {list(b.dims)}")
        for one, other in ((a, b), (b, a)):
            narrow = _without_zeros(node, graph, other)
            if narrow != other:
                return graph.add(node, made("add", channels="zero-pad"), one, narrow, axes=one.axes)
        return graph.add(node, made("add"), a, b)
    x, gate = (a, b) if _count(a) >= _count(b) else (b, a)
    if gate.dims != x.dims and gate.spatial and one_size(gate.axes):
        flat = (gate.axes[0], AxisRole("channels", gate.channels))
        gate = graph.add(node, made("flatten"), gate, axes=flat)
    if gate.spatial and gate.dims != x.dims:
        raise ImportProblem(f"archcalc cannot multiply {list(a.dims)} and {list(b.dims)}")
    return graph.add(node, made("multiply"), x, gate)


def _is_read_once(node: OnnxNode, graph: GraphReader, x: Signal) -> bool:
    name = next((name for name in node.inputs if graph.values.get(name) == x), "")
    return graph.readers[name] == 1


def _without_zeros(node: OnnxNode, graph: GraphReader, x: Signal) -> Signal:
    """What a layer reads that only adds channels of zeros (ResNet's shortcut A); of other layers, x."""
    layer = graph.layers.nodes[x.number - 1] if x.number else None
    if layer is None or layer.op.name != "pad" or not _is_read_once(node, graph, x):
        return x
    (source,) = layer.inputs
    before, after = graph.layers.volumes[source], graph.layers.volumes[x.number]
    if before.spatial != after.spatial:
        return x
    axes = (axis._replace(size=before.channels) if axis.kind == "channels" else axis for axis in x.axes)
    return Signal(source, tuple(axes))


def _count(x: Signal) -> int:
    count = 1
    for size in x.dims:
        count *= size
    return count


def sum_of(node: OnnxNode, graph: GraphReader) -> Value:
    signals = [graph.signal(node, place) for place in range(len(node.inputs))]
    if len(signals) < 2 or any(one.dims != signals[0].dims for one in signals):
        raise ImportProblem("its inputs have different shapes")
    return graph.add(node, made("add"), *signals)
