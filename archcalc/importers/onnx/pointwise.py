"""Nodes that work value by value: sums, products, and activations (files write some in several steps)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archcalc.importers.as_activations import Pending, X, joined, steps_of
from archcalc.importers.as_calls import pointwise, reductions
from archcalc.importers.as_calls.spreading import spread_dims
from archcalc.importers.as_calls.values import Computed
from archcalc.importers.as_network import ImportProblem, fraction, made
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.sums import narrow_sum, sum_of, with_stored
from archcalc.importers.onnx.values import Known, Made, Value, dims_of_value


def _one(name: str) -> Callable[[OnnxNode, GraphReader], Made]:
    """A step that may be a part of an activation."""

    def step(node: OnnxNode, graph: GraphReader) -> Made:
        return _with_last(pointwise.step(name)(_on_one(node, graph), graph), (name, X))

    return step


def _on_one(node: OnnxNode, graph: GraphReader, **args: Any) -> Any:
    return graph.as_call(node, graph.dims(node, 0), input=graph.argument(node, 0), **args)


def _with_last(value: Made, last: Any) -> Made:
    if isinstance(value, Pending):
        value.last = last
    return value


def clip(node: OnnxNode, graph: GraphReader) -> Made:
    low, high = node.attributes.get("min"), node.attributes.get("max")
    if len(node.inputs) > 1:
        low, high = (known.scalar if (known := graph.known(node, place)) else None for place in (1, 2))
    if isinstance(graph.value(node, 0), Known) or low is high is None:
        raise ImportProblem("its limits are not stored in the file")
    high = None if high is not None and high > 1e30 else high
    value = pointwise.clamp(_on_one(node, graph, min=low, max=high), graph)
    if low is None or high is None:
        return value
    return _with_last(value, ("clip", float(low), float(high), X))


def power(node: OnnxNode, graph: GraphReader) -> Made:
    return pointwise.power(_on_one(node, graph, exponent=graph.argument(node, 1)), graph)


def _function(name: str) -> Callable[[OnnxNode, GraphReader], Made]:
    return lambda node, graph: pointwise.function(name)(_on_one(node, graph), graph)


def _direct(name: str, **renamed: str) -> Callable[[OnnxNode, GraphReader], Made]:
    """An activation that is one node, with the options that its attributes mean."""

    def layer(node: OnnxNode, graph: GraphReader) -> Made:
        given = {ours: node.attributes.get(theirs) for theirs, ours in renamed.items()}
        options = {ours: fraction(value) for ours, value in given.items() if isinstance(value, float)}
        return graph.add(graph.as_call(node), made(name, **options), graph.read(node))

    return layer


def gelu(node: OnnxNode, graph: GraphReader) -> Made:
    form = "tanh" if node.attributes.get("approximate") == "tanh" else "exact"
    return graph.add(graph.as_call(node), made("gelu", form=form), graph.read(node))


def is_nan(node: OnnxNode, graph: GraphReader) -> Made:
    """A guard of an attention whose mask hides a whole row: it only says when not to take its values."""
    return Known(graph.dims(node, 0))


def where(node: OnnxNode, graph: GraphReader) -> Made:
    condition, a, b = (graph.argument(node, place) for place in range(3))
    dims = spread_dims(spread_dims(graph.dims(node, 0), graph.dims(node, 1)), graph.dims(node, 2))
    return reductions.where(graph.as_call(node, dims, condition=condition, input=a, other=b), graph)


# --- sums and products --------------------------------------------------------------------------------------


def _pair(kind: str) -> Callable[[OnnxNode, GraphReader], Made]:
    """A sum, difference, product or quotient."""

    def step(node: OnnxNode, graph: GraphReader) -> Made:
        a, b = graph.value(node, 0), graph.value(node, 1)
        if a is None or b is None:
            raise ImportProblem("it has one input only")
        if kind in ("add", "mul"):
            for known, layer in ((a, b), (b, a)):
                if isinstance(layer, Known) or not isinstance(known, Known):
                    continue
                if (made_by := with_stored(node, graph, kind, layer, known)) is not None:
                    return made_by
        dims = spread_dims(dims_of_value(a), dims_of_value(b))
        if graph.batch > 1 and dims[:1] == (graph.batch,) and len(dims) > 1:
            raise ImportProblem("a stored tensor has values for each image of a batch")
        args = {"input": graph.argument(node, 0), "other": graph.argument(node, 1)}
        call = graph.as_call(node, dims, **args)
        if kind == "add" and not isinstance(a, Known) and not isinstance(b, Known):
            made_by = _with_factor(node, graph, a, b) or narrow_sum(node, graph, a, b)
            if made_by is not None:
                return made_by
        value = pointwise.binary(kind)(call, graph)
        return _with_last(value, _last(kind, a, b)) if kind in ("add", "mul") else value

    return step


def _base(value: Pending | Computed) -> Any:
    return value.base if isinstance(value, Pending) else value


def _with_factor(
    node: OnnxNode, graph: GraphReader, a: Pending | Computed, b: Pending | Computed
) -> Computed | None:
    """A sum of which one part has a factor; None for other sums."""
    if _base(a) == _base(b) or dims_of_value(a) != dims_of_value(b):
        return None
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Pending) and one.parts and (factor := _factor(one.last)):
            call = graph.as_call(node)
            op = made("add", scale=fraction(factor))
            first, second = graph.signal(one.parts[0]), graph.signal(other)
            if first.axes == second.axes and graph.volume(first) == graph.volume(second):
                return graph.add(call, op, first, second)
    return None


def _factor(step: Any) -> float:
    """The number by which a step multiplies; 0 if it does something else."""
    is_factor = isinstance(step, tuple) and len(step) == 3 and step[:2] == ("mul", X)
    return step[2] if is_factor and isinstance(step[2], float) else 0.0


def _last(kind: str, a: Value, b: Value) -> Any:
    """A sum or product of two results as an activation of the first one; None if it is none."""
    for known in (a, b):
        if isinstance(known, Known):
            return joined(kind, X, float(known.scalar)) if known.scalar is not None else None
    trees = sorted((one.tree if isinstance(one, Pending) else X for one in (a, b)), key=steps_of)
    return _step(kind, *trees)


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


POINTWISE: Mapping[str, Callable[[OnnxNode, GraphReader], Made]] = {
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
    "Neg": _function("negative"),
    "Sqrt": _function("sqrt"),
    "Exp": _function("exp"),
    "Log": _function("log"),
    "Abs": _function("abs"),
    "Sin": _function("sin"),
    "Cos": _function("cos"),
    "Reciprocal": _function("reciprocal"),
    "Add": _pair("add"),
    "Mul": _pair("mul"),
    "Sub": _pair("sub"),
    "Div": _pair("div"),
    "Max": _pair("maximum"),
    "Min": _pair("minimum"),
    "Sum": sum_of,
    "Where": where,
    "IsNaN": is_nan,
}
