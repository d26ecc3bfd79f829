"""Nodes over axes of a tensor: means, sums, maxima, lengths."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archcalc.importers.as_calls.reductions import length, over
from archcalc.importers.as_calls.values import Call, Computed
from archcalc.importers.onnx.attributes import axes_of, int_of
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.values import Made

Over = Callable[[Call, GraphReader, Computed, list[int]], Computed]


def _reduced(work: Over) -> Callable[[OnnxNode, GraphReader], Made]:
    def layer(node: OnnxNode, graph: GraphReader) -> Made:
        x = graph.read(node)
        given = graph.known(node, 1)
        if given is not None and not given.size and int_of(node, "noop_with_empty_axes", 0):
            return x
        places = axes_of(node, given if given is None or given.size else None, len(x.axes))
        y = work(graph.as_call(node), graph, x, places)
        if int_of(node, "keepdims", 1):
            return y
        return Computed(y.number, tuple(axis for at, axis in enumerate(y.axes) if at not in places))

    return layer


def _named(name: str) -> Over:
    return lambda call, graph, x, places: over(call, graph, name, x, places)


REDUCTIONS: Mapping[str, Callable[[OnnxNode, GraphReader], Made]] = {
    "ReduceMean": _reduced(_named("mean")),
    "ReduceSum": _reduced(_named("reduce_sum")),
    "ReduceMax": _reduced(_named("max")),
    "ReduceL2": _reduced(length),
}
