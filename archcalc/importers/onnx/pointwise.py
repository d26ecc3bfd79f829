"""Nodes that work value by value: sums, products, and activations (files write some in several steps)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from archcalc.importers.as_activations import (
    MOST_STEPS,
    Pending,
    X,
    activation_of,
    joined,
    plus,
    steps_of,
    times,
)
from archcalc.importers.as_network import ImportProblem, fraction, made
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.layers import one_size
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.values import AxisRole, Known, Signal, Value


class PointwiseReader(GraphReader):
    """A graph whose activations become layers when something else reads them."""

    def whole(self, pending: Pending) -> Signal:
        if pending.signal is None:
            pending.signal = self._made(pending)
        signal: Signal = pending.signal
        return signal

    def _made(self, pending: Pending) -> Signal:
        op = activation_of(pending.tree)
        if op is not None:
            return self.add(pending.node, op, pending.base)
        # Activations in a row, or two results that only happen to have the same input.
        parts = [self.whole(part) if isinstance(part, Pending) else part for part in pending.parts]
        last = activation_of(pending.step) if pending.step and parts else None
        if last is not None and parts[0] != pending.base:
            return self.add(pending.node, last, parts[0])
        if len(parts) == 2:
            return merged(pending.node, self, *parts)
        raise ImportProblem("archcalc has no layer that computes this of single values")


def _operand(node: OnnxNode, graph: GraphReader, place: int = 0) -> Pending | Signal | Known:
    value = graph.value(node, place)
    if value is None:
        raise ImportProblem(f"it has no input {place + 1}")
    # A tree does not grow without end: what is too long for an activation is none.
    if isinstance(value, Pending) and steps_of(value.tree) > 3 * MOST_STEPS:
        return graph.whole(value)
    return value


def _base(value: Pending | Signal) -> Signal:
    return value.base if isinstance(value, Pending) else value


def _tree(value: Pending | Signal) -> Any:
    return value.tree if isinstance(value, Pending) else X


def _one(name: str) -> Callable[[OnnxNode, GraphReader], Value]:
    def step(node: OnnxNode, graph: GraphReader) -> Value:
        value = _operand(node, graph)
        if isinstance(value, Known):
            raise ImportProblem("it works on constants only")
        return Pending(_base(value), (name, _tree(value)), node, (value,), (name, X))

    return step


def clip(node: OnnxNode, graph: GraphReader) -> Value:
    value = _operand(node, graph)
    low, high = node.attributes.get("min"), node.attributes.get("max")
    if len(node.inputs) > 1:
        low, high = (known.scalar if (known := graph.known(node, place)) else None for place in (1, 2))
    if isinstance(value, Known) or low is None:
        raise ImportProblem("its limits are not stored in the file")
    tree = _tree(value)
    if high is None or high > 1e30:
        if low != 0:
            raise ImportProblem("archcalc has no limit below only, except 0 (relu)")
        return Pending(_base(value), ("relu", tree), node, (value,), ("relu", X))
    limits = float(low), float(high)
    return Pending(_base(value), ("clip", *limits, tree), node, (value,), ("clip", *limits, X))


def power(node: OnnxNode, graph: GraphReader) -> Value:
    value, known = _operand(node, graph), graph.known(node, 1)
    if isinstance(value, Known) or known is None or known.scalar is None:
        raise ImportProblem("archcalc has no powers of computed values")
    return Pending(_base(value), ("pow", _tree(value), float(known.scalar)), node)


def _direct(name: str, **renamed: str) -> Callable[[OnnxNode, GraphReader], Value]:
    """An activation that is one node, with the options that its attributes mean."""

    def layer(node: OnnxNode, graph: GraphReader) -> Value:
        given = {ours: node.attributes.get(theirs) for theirs, ours in renamed.items()}
        options = {ours: fraction(value) for ours, value in given.items() if isinstance(value, float)}
        return graph.add(node, made(name, **options), graph.signal(node))

    return layer


def gelu(node: OnnxNode, graph: GraphReader) -> Value:
    form = "tanh" if node.attributes.get("approximate") == "tanh" else "exact"
    return graph.add(node, made("gelu", form=form), graph.signal(node))


# --- sums and products --------------------------------------------------------------------------------------


def _pair(kind: str) -> Callable[[OnnxNode, GraphReader], Value]:
    def step(node: OnnxNode, graph: GraphReader) -> Value:
        a, b = _operand(node, graph, 0), _operand(node, graph, 1)
        if isinstance(a, Known) and not isinstance(b, Known):
            a, b = b, a
        if isinstance(a, Known):
            raise ImportProblem("its constants do not fit together")
        if isinstance(b, Known):
            return _with_constant(kind, node, graph, a, b)
        if _base(a) == _base(b) and (isinstance(a, Pending) or isinstance(b, Pending)):
            first, second = (a, b) if _steps(_tree(a)) <= _steps(_tree(b)) else (b, a)
            step = _step(kind, _tree(first), _tree(second))
            return Pending(_base(a), joined(kind, _tree(a), _tree(b)), node, (first, second), step)
        first, second = (graph.whole(one) if isinstance(one, Pending) else one for one in (a, b))
        return merged(node, graph, first, second)

    return step


def _step(kind: str, first: Any, second: Any) -> Any:
    """A sum or product of two results as an activation of the first one; None if it is none.

    >>> _step("mul", ("tanh", X), ("sigmoid", ("tanh", X)))
    ('mul', 'x', ('sigmoid', 'x'))
    """
    rest = _replaced(second, first, "y")
    return joined(kind, X, _replaced(rest, "y", X)) if X not in _leaves(rest) else None


def _replaced(tree: Any, part: Any, other: Any) -> Any:
    if tree == part:
        return other
    return tuple(_replaced(one, part, other) for one in tree) if isinstance(tree, tuple) else tree


def _leaves(tree: Any) -> set[Any]:
    return set().union(*map(_leaves, tree)) if isinstance(tree, tuple) else {tree}


def _scaled(sign: str) -> Callable[[OnnxNode, GraphReader], Value]:
    """A difference or a quotient with one stored number."""

    def step(node: OnnxNode, graph: GraphReader) -> Value:
        value, known = _operand(node, graph), graph.value(node, 1)
        number = known.scalar if isinstance(known, Known) else None
        if isinstance(value, Known) or number is None or (sign == "div" and number == 0):
            raise ImportProblem("archcalc has no differences and no quotients of computed values")
        if sign == "div":
            return Pending(_base(value), times(_tree(value), 1 / number), node)
        return Pending(_base(value), plus(_tree(value), float(-number)), node)

    return step


def _with_constant(
    kind: str, node: OnnxNode, graph: GraphReader, value: Pending | Signal, known: Known
) -> Value:
    if known.scalar is not None:
        return Pending(_base(value), joined(kind, _tree(value), float(known.scalar)), node)
    x = graph.whole(value) if isinstance(value, Pending) else value
    place = x.place("channels")
    behind = known.dims[len(known.dims) - len(x.axes) + place :] if place >= 0 else ()
    if not behind or behind[0] != known.size or known.size != x.channels or not known.name:
        raise ImportProblem(f"archcalc has no layer for a stored tensor of the shape {list(known.dims)} here")
    if kind == "mul":
        return graph.add(node, made("scale", bias=False), x)
    return _with_bias(node, graph, x)


def _with_bias(node: OnnxNode, graph: GraphReader, x: Signal) -> Signal:
    """A number for each channel is added: the bias of the layer before."""
    layer = graph.layers.nodes[x.number - 1] if x.number else None
    output = next((name for name in node.inputs if graph.values.get(name) == x), "")
    if layer is not None and graph.readers[output] == 1 and getattr(layer.op, "bias", None) is False:
        graph.layers.replace(x.number, replace(layer.op, bias=True))  # type: ignore[call-arg]
        return x
    raise ImportProblem("archcalc has no layer that only adds a number to each channel")


def merged(node: OnnxNode, graph: GraphReader, a: Signal, b: Signal) -> Signal:
    """A sum or a product of two layers."""
    if node.type in ("Add", "Sum"):
        if a.dims != b.dims:
            raise ImportProblem(f"archcalc cannot add {list(a.dims)} and {list(b.dims)}")
        return graph.add(node, made("add"), a, b)
    x, gate = (a, b) if _count(a) >= _count(b) else (b, a)
    if gate.dims != x.dims and gate.spatial and one_size(gate.axes):
        flat = (gate.axes[0], AxisRole("channels", gate.channels))
        gate = graph.add(node, made("flatten"), gate, axes=flat)
    if gate.spatial and gate.dims != x.dims:
        raise ImportProblem(f"archcalc cannot multiply {list(a.dims)} and {list(b.dims)}")
    return graph.add(node, made("multiply"), x, gate)


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


POINTWISE: Mapping[str, Callable[[OnnxNode, GraphReader], Value]] = {
    "Relu": _direct("relu"),
    "LeakyRelu": _direct("leaky_relu", alpha="slope"),
    "Elu": _direct("elu", alpha="alpha"),
    "Celu": _direct("celu", alpha="alpha"),
    "Selu": _direct("selu"),
    "HardSwish": _direct("hardswish"),
    "Mish": _direct("mish"),
    "Gelu": gelu,
    "Sigmoid": _one("sigmoid"),
    "HardSigmoid": _one("hardsigmoid"),
    "Tanh": _one("tanh"),
    "Softplus": _one("softplus"),
    "Erf": _one("erf"),
    "Clip": clip,
    "Pow": power,
    "Add": _pair("add"),
    "Mul": _pair("mul"),
    "Sub": _scaled("sub"),
    "Div": _scaled("div"),
    "Sum": sum_of,
}
