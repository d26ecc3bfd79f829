"""Calls over axes of a tensor: softmax, means, sums, lengths; and masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from archcalc.importers.as_activations import Pending
from archcalc.importers.as_calls.axes import (
    CHANNELS,
    Axes,
    all_positions,
    merged,
    viewed,
    whole,
)
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.pointwise import binary, elementwise, merging
from archcalc.importers.as_calls.pools import over_all
from archcalc.importers.as_calls.values import Call, Computed, Stored, Value
from archcalc.importers.as_network import ImportProblem, made


def over_channels(name: str) -> Callable[[Call, CallReader], Value]:
    def layer(call: Call, graph: CallReader) -> Value:
        x = graph.signal(call["input"])
        dim = call["dim"] if call["dim"] is not None else -1
        if x.dims[dim] == 1:
            return elementwise(call, graph, "scale", x)
        return graph.add(call, made(name), graph.around(call, x, [dim % len(x.axes)]))

    return layer


def glu(call: Call, graph: CallReader) -> Value:
    x = graph.signal(call["input"])
    place = (-1 if call["dim"] is None else call["dim"]) % len(x.axes)
    x = graph.around(call, x, [place])
    y = graph.add(call, made("glu"), x, axes=())
    return Computed(y.number, (*x.axes[:place], whole(graph.volume(y), CHANNELS), *x.axes[place + 1 :]))


def reduced(name: str) -> Callable[[Call, CallReader], Any]:
    """A mean, sum or maximum over axes of the tensor."""

    def layer(call: Call, graph: CallReader) -> Any:
        x = graph.signal(call["input"])
        given = call["dim"]
        places = list(range(len(x.axes))) if given is None else given
        places = [at % len(x.axes) for at in (places if isinstance(places, list | tuple) else [places])]
        y = over(call, graph, name, x, places)
        if not call["keepdim"]:
            y = Computed(y.number, tuple(axis for at, axis in enumerate(y.axes) if at not in places))
        return [y, Stored(())] if len(call.shapes) == 2 else y  # a maximum comes with its places

    return layer


def over(call: Call, graph: CallReader, name: str, x: Computed, places: Sequence[int]) -> Computed:
    """The axes have one value then."""
    if all(x.dims[at] == 1 for at in places):
        return x
    volume = graph.volume(x)
    parts = [part for at in places for part in x.axes[at]]
    if set(parts) == set(all_positions(volume)) and name in ("mean", "max"):
        return over_all(call, graph, x, {"mean": "avgpool", "max": "maxpool"}[name])
    if merged(parts) != whole(volume, CHANNELS) or not volume.rank:
        others = [at for at in range(len(x.axes)) if at not in places and x.dims[at] > 1]
        groups = [[at] for at in others] if 0 < len(others) <= 3 else [others]
        x = graph.gathered(call, x, groups, places)
    y = graph.add(call, made(name, over="channels"), x, axes=())
    axes: Axes = tuple(() if at in places else axis for at, axis in enumerate(x.axes))
    return Computed(y.number, axes)


def normalize(call: Call, graph: CallReader) -> Value:
    """``F.normalize``: the values divided by their length along an axis."""
    x = graph.signal(call["input"])
    dim = 1 if call["dim"] is None else call["dim"]
    return merging("div")(call, graph, x, length(call, graph, x, [dim % len(x.axes)]))


def norm(call: Call, graph: CallReader) -> Value:
    x = graph.signal(call["input"])
    given = call["dim"]
    if given is None:
        given = list(range(len(x.axes)))
    places = [at % len(x.axes) for at in (given if isinstance(given, list | tuple) else [given])]
    y = length(call, graph, x, places)
    if call["keepdim"]:
        return y
    return Computed(y.number, tuple(axis for at, axis in enumerate(y.axes) if at not in places))


def length(call: Call, graph: CallReader, x: Computed, places: Sequence[int]) -> Computed:
    squares = elementwise(call, graph, "square", x)
    return elementwise(call, graph, "sqrt", over(call, graph, "reduce_sum", squares, places))


def addcmul(call: Call, graph: CallReader) -> Value:
    """A tensor plus the product of two others."""
    product = binary("mul")(replace(call, args={"input": call["tensor1"], "other": call["tensor2"]}), graph)
    return binary("add")(replace(call, args={"input": call["input"], "other": product}), graph)


def spread(root: bool) -> Callable[[Call, CallReader], Value]:
    """The variance over axes, or its root."""

    def layer(call: Call, graph: CallReader) -> Value:
        x = graph.signal(call["input"])
        given = call["dim"] if call["dim"] is not None else list(range(len(x.axes)))
        places = [at % len(x.axes) for at in (given if isinstance(given, list | tuple) else [given])]
        apart = merging("sub")(call, graph, x, over(call, graph, "mean", x, places))
        y = over(call, graph, "mean", elementwise(call, graph, "square", apart), places)
        y = elementwise(call, graph, "sqrt", y) if root else y
        if call["keepdim"]:
            return y
        return Computed(y.number, tuple(axis for at, axis in enumerate(y.axes) if at not in places))

    return layer


def masked(call: Call, graph: CallReader) -> Value:
    """``masked_fill``: some values are replaced by a constant."""
    value: Value = call["input"]
    if isinstance(call["mask"], Computed | Pending):
        raise ImportProblem("archcalc has no mask that is computed from the input")
    return value


def where(call: Call, graph: CallReader) -> Value:
    if isinstance(call["condition"], Computed | Pending):
        raise ImportProblem("archcalc has no choice that is computed from the input")
    a, b = call["input"], call["other"]
    signal = b if isinstance(a, Stored | int | float) else a
    if not isinstance(signal, Computed | Pending):
        raise ImportProblem("it chooses between constants")
    x = graph.signal(signal)
    axes = viewed(x.axes, call.shape)
    if axes is None:
        raise ImportProblem("archcalc cannot choose between tensors of different shapes")
    return Computed(x.number, axes)
