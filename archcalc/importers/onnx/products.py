"""Nodes that multiply matrices: fully connected layers, products of two layers, attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archcalc.importers.as_calls import products
from archcalc.importers.as_calls.spreading import spread_dims
from archcalc.importers.as_calls.values import Computed, Stored
from archcalc.importers.as_calls.weighted import product
from archcalc.importers.as_network import ImportProblem
from archcalc.importers.onnx.attributes import int_of
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.values import Known, Made


def gemm(node: OnnxNode, graph: GraphReader) -> Made:
    x, second = graph.read(node), graph.value(node, 1)
    if len(x.axes) != 2 or int_of(node, "transA", 0):
        raise ImportProblem("only a product of a flat vector and a matrix is a layer")
    if second is not None and not isinstance(second, Known):
        if len(node.inputs) > 2:
            raise ImportProblem("archcalc has no sum of a product of two layers and a third tensor")
        other = graph.signal(second)
        other = products.swapped(other) if int_of(node, "transB", 0) else other
        call = graph.as_call(node, (x.dims[0], other.dims[-1]))
        return products.multiplied(call, graph, x, other)
    weight = graph.weight(node, 1)
    if len(weight.dims) != 2:
        raise ImportProblem("only a product of a flat vector and a matrix is a layer")
    units, reads = weight.dims if int_of(node, "transB", 0) else weight.dims[::-1]
    return _connected(node, graph, x, weight, reads, units, graph.trained(node, 2))


def matmul(node: OnnxNode, graph: GraphReader) -> Made:
    first, second = graph.value(node, 0), graph.value(node, 1)
    if isinstance(second, Known) and len(second.dims) == 2:
        return _connected(node, graph, graph.read(node), graph.weight(node, 1), *second.dims, None)
    if isinstance(first, Known) and len(first.dims) == 2:
        x = products.swapped(graph.read(node, 1))
        y = _connected(node, graph, x, graph.weight(node, 0), *first.dims[::-1], None)
        return products.swapped(y)
    if isinstance(first, Known) or isinstance(second, Known):
        raise ImportProblem("only a product with a stored matrix is a layer")
    a, b = graph.read(node, 0), graph.read(node, 1)
    if len(a.axes) < 2 or len(b.axes) < 2 or a.dims[-1] != b.dims[-2]:
        raise ImportProblem(f"archcalc cannot multiply {list(a.dims)} and {list(b.dims)}")
    dims = (*spread_dims(a.dims[:-2], b.dims[:-2]), a.dims[-2], b.dims[-1])
    return products.multiplied(graph.as_call(node, dims), graph, a, b)


def _connected(
    node: OnnxNode,
    graph: GraphReader,
    x: Computed,
    weight: Stored,
    reads: int,
    units: int,
    bias: Stored | None,
) -> Computed:
    """A matrix times the last axis of a tensor."""
    if not x.axes or reads != x.dims[-1] or units < 1:
        raise ImportProblem(f"its matrix of {reads}x{units} does not fit the last axis of its input")
    return product(graph.as_call(node), graph, x, weight, units, bias)


def einsum(node: OnnxNode, graph: GraphReader) -> Made:
    equation = str(node.attributes.get("equation", "")).replace(" ", "")
    words, _, out = equation.partition("->")
    sizes: dict[str, int] = {}
    for place, word in enumerate(words.split(",")):
        for letter, size in zip(word, graph.dims(node, place), strict=True):
            if sizes.setdefault(letter, size) != size:
                raise ImportProblem("its inputs do not fit its letters")
    operands = [graph.argument(node, place) for place in range(len(node.inputs))]
    dims = [sizes[letter] for letter in out]
    return products.einsum(graph.as_call(node, dims, equation=equation, operands=operands), graph)


def attention(node: OnnxNode, graph: GraphReader) -> Made | Sequence[Made]:
    """The op of opset 23: of heads (4 axes), or of tokens whose channels the heads share (3 axes)."""
    if any(graph.readers[name] for name in node.outputs[1:]) or any(node.inputs[4:]):
        raise ImportProblem("archcalc has no attention that keeps its keys, values or scores")
    q, k, v = (_in_heads(node, graph, place) for place in range(3))
    mask = graph.argument(node, 3) if len(node.inputs) > 3 and node.inputs[3] else None
    dims = (*q.dims[:-1], v.dims[-1])
    args = {"query": q, "key": k, "value": v, "attn_mask": mask, "enable_gqa": True}
    y = products.attention(graph.as_call(node, dims, **args), graph)
    if len(graph.dims(node, 0)) == 4:
        return y
    y = Computed(graph.signal(y).number, tuple(graph.signal(y).axes[at] for at in (0, 2, 1, 3)))
    return graph.viewed(graph.as_call(node), y, (*y.dims[:2], y.dims[2] * y.dims[3]))


def _in_heads(node: OnnxNode, graph: GraphReader, place: int) -> Computed:
    """The queries, keys or values with the axes batch, heads, tokens, channels."""
    x = graph.read(node, place)
    if len(x.axes) == 4:
        return x
    heads = int_of(node, "kv_num_heads" if place else "q_num_heads", 0)
    if len(x.axes) != 3 or heads < 1 or x.dims[2] % heads:
        raise ImportProblem("its heads do not fit its input")
    batch, tokens, channels = x.dims
    x = graph.viewed(graph.as_call(node), x, (batch, tokens, heads, channels // heads))
    return Computed(x.number, tuple(x.axes[at] for at in (0, 2, 1, 3)))


PRODUCTS: Mapping[str, Callable[[OnnxNode, GraphReader], Made | Sequence[Made]]] = {
    "Gemm": gemm,
    "MatMul": matmul,
    "Einsum": einsum,
    "Attention": attention,
}
