"""Calls that pool, and recurrent layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archcalc.importers.as_calls.axes import (
    CHANNELS,
    all_positions,
    whole,
)
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.values import Call, Computed, Stored, Value
from archcalc.importers.as_calls.windows import as_map, per_axis, windowed
from archcalc.importers.as_network import ImportProblem, collapsed, fraction, made


def pool(name: str, rank: int) -> Callable[[Call, CallReader], Value]:
    def layer(call: Call, graph: CallReader) -> Value:
        x = as_map(call, graph, graph.signal(call["input"]), rank)
        kernel = per_axis(call["kernel_size"], rank)
        options = {
            "kernel": collapsed(kernel),
            "stride": collapsed(per_axis(call["stride"] or kernel, rank)),
            "pad": collapsed(per_axis(call["padding"] or 0, rank)),
            "rounding": "ceil" if call["ceil_mode"] else "floor",
        }
        if set(per_axis(call["dilation"] or 1, rank)) != {1}:
            raise ImportProblem("archcalc has no pooling with dilation")
        return windowed(call, graph, x, name, rank, **options)

    return layer


def adaptive_pool(name: str, rank: int) -> Callable[[Call, CallReader], Value]:
    """Pooling to an output size; to one value it is the global pooling."""

    def layer(call: Call, graph: CallReader) -> Value:
        x = graph.signal(call["input"])
        given = call["output_size"]
        wanted = list(given) if isinstance(given, list | tuple) else [given] * rank
        sizes = [
            side if size is None else int(size) for size, side in zip(wanted, x.dims[-rank:], strict=True)
        ]
        if tuple(sizes) == x.dims[-rank:]:
            return x  # every window has one value
        x = as_map(call, graph, x, rank)
        if set(sizes) == {1} and graph.volume(x).rank == rank:
            return over_all(call, graph, x, name)
        if graph.volume(x).rank > rank:
            sizes = [graph.volume(x).spatial[0], *sizes]
        return windowed(call, graph, x, f"adaptive_{name}", rank, output=collapsed(sizes))

    return layer


def over_all(call: Call, graph: CallReader, x: Computed, name: str) -> Computed:
    """One window over all positions; their axes have one value then."""
    if not graph.volume(x).rank:
        return x
    y = graph.add(call, made(name, kernel="global"), x, axes=())
    positions = {part.axis for part in all_positions(graph.volume(x))}
    axes = tuple(tuple(part for part in axis if part.axis not in positions) for axis in x.axes)
    return Computed(y.number, axes)


# --- recurrent layers -------------------------------------------------------------------------------------


def recurrent(name: str) -> Callable[[Call, CallReader], Sequence[Value]]:
    def layer(call: Call, graph: CallReader) -> Sequence[Value]:
        x = graph.signal(call["input"])
        batch_first = bool(call["batch_first"])
        tokens = 1 if batch_first else 0
        params: Sequence[Stored] = [one for one in call["params"] if one is not None]
        if len(x.axes) != 3 or x.dims[1 - tokens] != 1:
            raise ImportProblem(
                "it reads a packed sequence, or its batch is not the axis that archcalc expects"
            )
        x = graph.gathered(call, graph.around(call, x, [2]), [[tokens]], [2])
        layers, both = int(call["num_layers"]), bool(call["bidirectional"])
        gates = {"lstm": 4, "gru": 3}.get(name, 1)
        units = params[0].dims[0] // gates
        options = {"units": units, "layers": layers, "bidirectional": both, "bias": bool(call["has_biases"])}
        width = params[1].dims[-1]
        if width != units:
            options["projection"] = width
        y = graph.add(call, made(name, **options), x, axes=(), weights=list(params))
        axes = list(x.axes)
        axes[2] = whole(graph.volume(y), CHANNELS)
        return [Computed(y.number, tuple(axes))]

    return layer


def dropout(call: Call, graph: CallReader) -> Value:
    rate = 0.5 if call["p"] is None else call["p"]
    x = graph.signal(call["input"])
    return graph.add(call, made("dropout", rate=fraction(rate)), x) if rate else x
