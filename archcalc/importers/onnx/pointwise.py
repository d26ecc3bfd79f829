"""Nodes that work value by value: sums, products, and activations (files write some in several steps)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.sums import merged, sum_of, with_bias
from archcalc.importers.onnx.values import Known, Signal, Value


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
        last = activation_of(pending.step) if pending.step and pending.parts else None
        if last is not None and (first := _whole(self, pending.parts[0])) != pending.base:
            return self.add(pending.node, last, first)
        if len(pending.parts) == 2:
            return _joined_layers(pending.node, self, *pending.parts)
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
            first, second = (a, b) if steps_of(_tree(a)) <= steps_of(_tree(b)) else (b, a)
            step = _step(kind, _tree(first), _tree(second))
            return Pending(_base(a), joined(kind, _tree(a), _tree(b)), node, (first, second), step)
        return _joined_layers(node, graph, a, b)

    return step


def _joined_layers(node: OnnxNode, graph: GraphReader, a: Pending | Signal, b: Pending | Signal) -> Signal:
    """A sum or a product; of a sum, one part may have a factor."""
    for one, other in ((a, b), (b, a)):
        if node.type == "Add" and isinstance(one, Pending) and one.parts and (factor := _factor(one.step)):
            first = _whole(graph, one.parts[0])
            return graph.add(node, made("add", scale=fraction(factor)), first, _whole(graph, other))
    return merged(node, graph, _whole(graph, a), _whole(graph, b))


def _factor(step: Any) -> float:
    """The number by which a step multiplies; 0 if it does something else."""
    is_factor = isinstance(step, tuple) and len(step) == 3 and step[:2] == ("mul", X)
    return step[2] if is_factor and isinstance(step[2], float) else 0.0


def _whole(graph: GraphReader, value: Pending | Signal) -> Signal:
    return graph.whole(value) if isinstance(value, Pending) else value


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
        step = joined(kind, X, float(known.scalar))
        return Pending(_base(value), joined(kind, _tree(value), float(known.scalar)), node, (value,), step)
    x = _whole(graph, value)
    place = x.place("channels")
    behind = known.dims[len(known.dims) - len(x.axes) + place :] if place >= 0 else ()
    if kind == "add" and known.name and known.dims == x.dims[1:] and known.size > x.channels:
        return with_bias(node, graph, x, "per-position")
    if not behind or behind[0] != known.size or known.size != x.channels or not known.name:
        raise ImportProblem(f"archcalc has no layer for a stored tensor of the shape {list(known.dims)} here")
    if kind == "mul":
        return graph.add(node, made("scale", bias=False), x)
    return with_bias(node, graph, x)


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
