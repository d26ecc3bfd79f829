"""Calls that work value by value, sums over axes, and softmax."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from archcalc.dims import Dim
from archcalc.importers.as_activations import MOST_STEPS, Pending, X, joined, plus, steps_of, times
from archcalc.importers.as_calls.axes import (
    CHANNELS,
    all_positions,
    whole,
)
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.spreading import aligned, divided, spread_dims, widened
from archcalc.importers.as_calls.values import Call, Computed, Stored, Value
from archcalc.importers.as_network import ImportProblem, fraction, made


def activation(name: str, **renamed: str) -> Callable[[Call, CallReader], Value]:
    """An activation that is one call, with the options that its arguments mean."""

    def layer(call: Call, graph: CallReader) -> Value:
        given = {ours: call[theirs] for theirs, ours in renamed.items()}
        options = {ours: fraction(value) for ours, value in given.items() if value is not None}
        return graph.add(call, made(name, **options), graph.signal(call["input"]))

    return layer


def step(name: str) -> Callable[[Call, CallReader], Value]:
    """A step that may be a part of an activation."""

    def layer(call: Call, graph: CallReader) -> Value:
        value = _operand(graph, call["input"])

        def alone(call: Call, graph: CallReader, x: Computed) -> Computed:
            made_by = made(name) if name != "erf" else made("elementwise", function="erf")
            return graph.add(call, made_by, x)

        return Pending(_base(value), (name, _tree(value)), call, (value,), alone)

    return layer


def _operand(graph: CallReader, value: Any) -> Computed | Pending:
    # A tree does not grow without end: what is too long for an activation is none.
    if isinstance(value, Pending) and value.signal is None and steps_of(value.tree) <= 3 * MOST_STEPS:
        return value
    return graph.signal(value)


def _base(value: Pending | Computed) -> Computed:
    base: Computed = value.base if isinstance(value, Pending) else value
    return base


def _tree(value: Pending | Computed) -> Any:
    return value.tree if isinstance(value, Pending) else X


def gelu(call: Call, graph: CallReader) -> Value:
    form = "tanh" if call["approximate"] == "tanh" else "exact"
    return graph.add(call, made("gelu", form=form), graph.signal(call["input"]))


def clamp(call: Call, graph: CallReader) -> Value:
    low, high = call["min"], call["max"]
    value = _operand(graph, call["input"])
    if low == 0 and high is None:
        return graph.add(call, made("relu"), graph.signal(value))
    if isinstance(low, int | float) and isinstance(high, int | float):
        limits = float(low), float(high)

        def alone(call: Call, graph: CallReader, x: Computed) -> Computed:
            op = (
                made("relu6")
                if limits == (0, 6)
                else made("hardtanh", low=fraction(low), high=fraction(high))
            )
            return graph.add(call, op, x)

        return Pending(_base(value), ("clip", *limits, _tree(value)), call, (value,), alone)
    return elementwise(call, graph, "clip", graph.signal(value))


def power(call: Call, graph: CallReader) -> Value:
    value, exponent = _operand(graph, call["input"]), _number(call["exponent"])
    if exponent is None:
        return elementwise(call, graph, "power", graph.signal(value))
    function = {2.0: "square", 0.5: "sqrt", -0.5: "rsqrt"}.get(exponent, "power")
    return Pending(_base(value), ("pow", _tree(value), exponent), call, (value,), _alone(function))


def function(name: str) -> Callable[[Call, CallReader], Value]:
    """A function of single values."""

    def layer(call: Call, graph: CallReader) -> Value:
        return elementwise(call, graph, name, graph.signal(call["input"]))

    return layer


_WITH_CONSTANT = {
    "add": "shift",
    "sub": "shift",
    "mul": "scale",
    "div": "scale",
    "maximum": "clip",
    "minimum": "clip",
}
"""The functions of one value, where the other value of a sum, product and so on is a constant."""


def elementwise(call: Call, graph: CallReader, name: str, *signals: Computed) -> Computed:
    return graph.add(call, made("elementwise", function=name), *signals)


def _alone(name: str) -> Callable[[Call, CallReader, Computed], Computed]:
    return lambda call, graph, x: elementwise(call, graph, name, x)


def scaled(call: Call, graph: CallReader, x: Computed) -> Computed:
    """The values times a constant."""
    return elementwise(call, graph, "scale", x)


def _number(value: Any) -> float | None:
    if isinstance(value, bool | int | float):
        return float(value)
    return value.number if isinstance(value, Stored) and not value.params else None


# --- sums and products ------------------------------------------------------------------------------------


def binary(kind: str, swapped: bool = False) -> Callable[[Call, CallReader], Value]:
    """A sum, difference, product or quotient, of two tensors or with a constant."""

    def layer(call: Call, graph: CallReader) -> Value:
        a, b = call["input"], call["other"]
        turned = swapped
        if isinstance(a, bool | int | float | Stored):
            a, b, turned = b, a, not turned
        number = _number(b)
        value = _operand(graph, a)
        if number is not None:
            return _with_number(kind, turned, call, graph, value, number)
        if isinstance(b, Stored):
            return with_stored(call, graph, kind, graph.signal(value), b)
        other = _operand(graph, b)
        is_step = isinstance(value, Pending) or isinstance(other, Pending)
        if is_step and kind in ("add", "mul") and _base(value) == _base(other):
            tree = joined(kind, _tree(value), _tree(other))
            return Pending(_base(value), tree, call, (value, other), merging(kind))
        return merging(kind)(call, graph, graph.signal(value), graph.signal(other))

    return layer


def _with_number(
    kind: str, swapped: bool, call: Call, graph: CallReader, value: Computed | Pending, number: float
) -> Value:
    base, tree = _base(value), _tree(value)
    if (kind, number) in (("mul", 1.0), ("add", 0.0), ("sub", 0.0), ("div", 1.0)) and not swapped:
        return value
    if kind == "div" and (swapped or number == 0):
        return elementwise(call, graph, "reciprocal", graph.signal(value))
    function = _WITH_CONSTANT[kind]
    if kind in ("maximum", "minimum"):
        return elementwise(call, graph, function, graph.signal(value))
    if kind == "sub":
        tree = plus(times(-1.0, tree), number) if swapped else plus(tree, -number)
    elif kind == "div":
        tree = times(tree, 1 / number)
    else:
        tree = joined(kind, tree, number)
    return Pending(base, tree, call, (value,), _alone(function))


def merging(kind: str) -> Callable[[Call, CallReader, Computed, Computed], Computed]:
    def merge(call: Call, graph: CallReader, a: Computed, b: Computed) -> Computed:
        dims = spread_dims(a.dims, b.dims)
        x, other = aligned(call, graph, *divided(a, b), flat=kind == "mul")
        op = made({"add": "add", "mul": "multiply"}[kind]) if kind in ("add", "mul") else None
        y = graph.add(call, op or made("elementwise", function=kind), x, other)
        return y if y.dims == dims else graph.viewed(call, y, dims)

    return merge


def with_stored(call: Call, graph: CallReader, kind: str, x: Computed, stored: Stored) -> Computed:
    """A sum or a product with values that do not depend on the input."""
    dims = spread_dims(x.dims, stored.dims)
    if dims != x.dims:
        x = widened(call, graph, x, dims)
    new = graph.new_params(stored)
    if not stored.params or (not new and not stored.plain):
        return elementwise(call, graph, _WITH_CONSTANT[kind], x)
    how = {"add": "add", "sub": "add", "mul": "multiply", "div": "multiply"}.get(kind)
    if how is None:
        raise ImportProblem(f"archcalc has no {kind} of trained values")
    shape = _shape_in_owner(graph, stored) if stored.plain else ()
    if len(shape) == 2 and not graph.volume(x).rank and len(x.axes) > 1:
        # A class token is a row of tokens where it was put before others, so it is one here, too.
        x = graph.gathered(call, x, [[len(x.axes) - 2]], [len(x.axes) - 1])
    per = _per(graph, x, stored, shape) if stored.plain else ""
    if per:
        return graph.add(call, made("parameter", how=how, per=per), x, weights=[stored])
    values = sum(graph.sizes[name] for name in stored.params)
    rest = stored if not new else stored._replace(params=stored.params - set(graph.owners))
    if new:
        values = new
    return graph.add(
        call, made("derived_parameter", how=how, values=values, macs=stored.macs), x, weights=[rest]
    )


def _shape_in_owner(graph: CallReader, stored: Stored) -> tuple[Dim, ...]:
    """The shape of stored values in the layer that has them; empty if no layer has them yet."""
    owners = [graph.owners[name] for name in stored.params if name in graph.owners]
    arrays = graph.layers.trained(owners[0]) if owners else []
    return next((tuple(array.shape) for array in arrays if array.count == stored.size), ())


def _per(graph: CallReader, x: Computed, stored: Stored, shape: Sequence[Dim]) -> str:
    """What has a trained value of its own; empty if it is neither every value, position nor channel.

    ``shape`` is that of the array in another layer, which shares it; empty if there is none.
    """
    volume = graph.volume(x)
    dims = (1,) * (len(x.axes) - len(stored.dims)) + stored.dims
    if len(dims) != len(x.axes):
        return ""
    if any(size not in (1, own) for size, own in zip(dims, x.dims, strict=True)):
        return ""
    covered = [part for axis, size in zip(x.axes, dims, strict=True) if size > 1 for part in axis]
    channels, positions = whole(volume, CHANNELS), all_positions(volume)
    if stored.size == volume.size > 1 and shape in ((), (*volume.spatial, volume.channels)):
        return "value"
    if volume.rank and stored.size == math.prod(volume.spatial) and set(covered) == set(positions):
        return "position"
    return "channel" if tuple(covered) == channels and stored.size == volume.channels else ""
