"""Sums and products of layers, and of layers and stored numbers."""

from __future__ import annotations

from dataclasses import replace

from archcalc.importers.as_activations import Pending
from archcalc.importers.as_calls.axes import CHANNELS, whole
from archcalc.importers.as_calls.values import Computed
from archcalc.importers.as_network import ImportProblem, made
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.values import Known, Value
from archcalc.ops.base import Op


def with_stored(
    node: OnnxNode, graph: GraphReader, kind: str, value: Computed | Pending, known: Known
) -> Computed | None:
    """Trained numbers that are a bias of the layer before, or a scale of its channels; None for others."""
    if known.scalar is not None:
        return None
    x = graph.signal(value)
    name = node.inputs[0 if graph.value(node, 0) is known else 1]
    graph.values[name] = known = graph.tensors.operand(name, known, kind, x.dims)
    if not known.plain:
        return None
    if _is_per_channel(graph, x, known):
        if kind == "mul":
            return graph.add(graph.as_call(node), made("scale", bias=False), x, weights=[known.stored])
        return _with_bias(node, graph, x, known, True)
    if kind == "add" and known.dims[-len(x.dims) + 1 :] == x.dims[1:] and known.size == graph.volume(x).size:
        return _with_bias(node, graph, x, known, "per-position")
    return None


def _is_per_channel(graph: GraphReader, x: Computed, known: Known) -> bool:
    volume = graph.volume(x)
    if known.size != volume.channels:
        return False
    dims = (1,) * (len(x.axes) - len(known.dims)) + known.dims
    spread = [axis for axis, size in zip(x.axes, dims, strict=True) if size > 1]
    return spread in ([], [whole(volume, CHANNELS)])


def _with_bias(
    node: OnnxNode, graph: GraphReader, x: Computed, known: Known, bias: bool | str
) -> Computed | None:
    """Stored numbers are added: the bias of the layer before."""
    if graph.layers.is_input(x.number) or not _is_read_once(node, graph, x):
        return None
    op = graph.layers.nodes[x.number - 1].op
    if getattr(op, "bias", None) is not False or bias not in (True, *_words(op)):
        return None
    graph.layers.replace(x.number, replace(op, bias=bias))  # type: ignore[call-arg]
    graph.note_arrays(x.number, [known.stored])
    for name in known.params:
        graph.owners.setdefault(name, x.number)
    return x


def _words(op: Op) -> tuple[str, ...]:
    """What a bias may be beside true and false."""
    return ("per-position",) if op.name == "conv" else ()


def _is_read_once(node: OnnxNode, graph: GraphReader, x: Computed) -> bool:
    name = next((name for name in node.inputs if graph.values.get(name) == x), "")
    return graph.readers[name] == 1


def narrow_sum(
    node: OnnxNode, graph: GraphReader, a: Computed | Pending, b: Computed | Pending
) -> Computed | None:
    """A sum of maps of which one was filled up with channels of zeros (ResNet's shortcut A); else None."""
    if isinstance(a, Pending) or isinstance(b, Pending) or a.dims != b.dims:
        return None
    for one, other in ((a, b), (b, a)):
        source = _without_zeros(node, graph, other)
        if source >= 0:
            op = made("add", channels="zero-pad")
            return graph.add(graph.as_call(node), op, one, Computed(source, ()), axes=one.axes)
    return None


def _without_zeros(node: OnnxNode, graph: GraphReader, x: Computed) -> int:
    """The layer that one reads which only adds channels of zeros; -1 for other layers."""
    if graph.layers.is_input(x.number) or not _is_read_once(node, graph, x):
        return -1
    layer = graph.layers.nodes[x.number - 1]
    if layer.op.name != "pad":
        return -1
    (source,) = layer.inputs
    return source if graph.layers.volumes[source].spatial == graph.volume(x).spatial else -1


def sum_of(node: OnnxNode, graph: GraphReader) -> Value:
    signals = [graph.read(node, place) for place in range(len(node.inputs))]
    first = signals[0] if signals else None
    if first is None or len(signals) < 2 or any(one.dims != first.dims for one in signals):
        raise ImportProblem("its inputs have different shapes")
    call = graph.as_call(node)
    if any(one.axes != first.axes for one in signals):
        signals = [graph.around(call, one, [len(one.axes) - 1]) for one in signals]
    return graph.add(call, made("add"), *signals)
