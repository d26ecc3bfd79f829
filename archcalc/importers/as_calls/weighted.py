"""Calls with weights or windows: convolutions, products with a matrix, norms, pools, recurrent layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.importers.as_calls.axes import CHANNELS, placed, whole
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.values import Call, Computed, Stored, Value
from archcalc.importers.as_calls.windows import as_map, per_axis, windowed
from archcalc.importers.as_network import ImportProblem, collapsed, made


def weight_of(graph: CallReader, call: Call, name: str = "weight") -> Stored:
    stored = graph.stored(call[name])
    if stored is None or not stored.params:
        raise ImportProblem(f"its {name} is not a parameter of the model")
    return stored


def _bias(graph: CallReader, call: Call) -> Stored | None:
    stored = graph.stored(call["bias"])
    return stored if stored is not None and stored.params else None


def _rest(call: Call, graph: CallReader, y: Computed, weight: Stored) -> Computed:
    """The parameters that only scale the weights, such as the gain of a standardised convolution."""
    new = graph.new_params(Stored((), weight.params))
    if not new:
        return y
    rest = Stored((), frozenset(name for name in weight.params if name not in graph.owners))
    return graph.add(call, made("derived_parameter", how="multiply", values=new), y, weights=[rest])


def main_part(graph: CallReader, weight: Stored) -> Stored:
    """Of weights that are computed from several parameters, the one that has as many values."""
    if sum(graph.sizes[name] for name in weight.params) == weight.size:
        return weight
    alike = [name for name in sorted(weight.params) if graph.sizes[name] == weight.size]
    if not alike:
        raise ImportProblem(f"its weights {list(weight.dims)} are computed from parameters of another size")
    return weight._replace(params=frozenset(alike[:1]))


def conv(rank: int) -> Callable[[Call, CallReader], Value]:
    def layer(call: Call, graph: CallReader) -> Value:
        x, weight, bias = graph.signal(call["input"]), weight_of(graph, call), _bias(graph, call)
        filters, _, *kernel = weight.dims
        groups = int(call["groups"] or 1)
        main = main_part(graph, weight)
        options: dict[str, Any] = {"bias": bias is not None}
        volume = graph.volume(x)
        if not volume.rank and set(kernel) == {1} and groups == 1 and whole(volume, CHANNELS) in x.axes:
            # On maps of one value a convolution is a fully connected layer.
            y = graph.add(call, made("fc", units=filters, **options), x, weights=[main, bias], axes=())
            dims = [1] * len(x.axes)
            dims[1] = filters
            y = Computed(y.number, placed(graph.volume(y), [], [1], dims))
            return _rest(call, graph, y, weight)
        x = as_map(call, graph, x, rank)
        channels = graph.volume(x).channels
        if call["padding"] == "same":
            options["pad"] = "same" if set(per_axis(call["stride"] or 1, rank)) == {1} else None
        elif call["padding"] == "valid":
            options["pad"] = 0
        else:
            options["pad"] = collapsed(per_axis(call["padding"] or 0, rank))
        options |= {
            "kernel": collapsed(kernel),
            "stride": collapsed(per_axis(call["stride"] or 1, rank)),
            "dilation": collapsed(per_axis(call["dilation"] or 1, rank)),
        }
        if groups == channels > 1 and filters % groups == 0:
            options |= {"filters": "depthwise", "multiplier": filters // groups}
        else:
            options |= {"filters": filters, "groups": groups}
        y = windowed(call, graph, x, "conv", rank, weight=main, bias_values=bias, **options)
        return _rest(call, graph, y, weight)

    return layer


def deconv(rank: int) -> Callable[[Call, CallReader], Value]:
    def layer(call: Call, graph: CallReader) -> Value:
        x, weight, bias = graph.signal(call["input"]), weight_of(graph, call), _bias(graph, call)
        x = as_map(call, graph, x, rank)
        groups = int(call["groups"] or 1)
        _, filters, *kernel = weight.dims
        return windowed(
            call, graph, x, "deconv", rank,
            weight=weight, bias_values=bias, bias=bias is not None,
            filters=filters * groups, groups=groups, kernel=collapsed(kernel),
            stride=collapsed(per_axis(call["stride"] or 1, rank)),
            pad=collapsed(per_axis(call["padding"] or 0, rank)),
            output_pad=collapsed(per_axis(call["output_padding"] or 0, rank)),
            dilation=collapsed(per_axis(call["dilation"] or 1, rank)),
        )  # fmt: skip

    return layer


def linear(call: Call, graph: CallReader) -> Value:
    x, weight, bias = graph.signal(call["input"]), weight_of(graph, call), _bias(graph, call)
    return product(call, graph, x, weight, weight.dims[0], bias)


def product(
    call: Call,
    graph: CallReader,
    x: Computed,
    weight: Stored,
    units: int,
    bias: Stored | None,
    many: bool = False,
) -> Computed:
    """A matrix times the last axis of a tensor; with ``many``, the weights are a part of a larger array."""
    many = many or bool(weight.part)
    x = graph.around(call, x, [len(x.axes) - 1])
    # Biases that are put together from others, such as those of q and v, are added on their own.
    apart = bias if bias is not None and not many and not bias.plain else None
    own = None if apart is not None else bias
    options: dict[str, Any] = {"units": units, "bias": own is not None}
    if graph.volume(x).size != graph.volume(x).channels:
        options["over"] = "channels"  # with one position, a unit reads all there is
    main = weight if many else main_part(graph, weight)
    y = graph.add(call, made("fc", **options), x, axes=(), weights=[main, own], of_many=many)
    axes = (*x.axes[:-1], whole(graph.volume(y), CHANNELS))
    y = Computed(y.number, axes)
    if apart is not None and (new := graph.new_params(apart)):
        op = made("derived_parameter", how="add", values=new)
        y = graph.add(call, op, y, weights=[apart])
    return y if many else _rest(call, graph, y, weight)


def addmm(call: Call, graph: CallReader) -> Value:
    weight = weight_of(graph, call, "mat2")
    bias = graph.stored(call["input"])
    return product(call, graph, graph.signal(call["mat1"]), weight, weight.dims[-1], bias)


def embedding(call: Call, graph: CallReader) -> Value:
    weight = weight_of(graph, call)
    x = graph.signal(call["input"])
    graph.read_along(x, [])
    rows, width = weight.dims
    op = made("embedding", values=width, vocabulary=rows)
    y = graph.add(call, op, x, axes=(), weights=[weight])
    return Computed(y.number, (*x.axes, whole(graph.volume(y), CHANNELS)))


# --- norms ------------------------------------------------------------------------------------------------


def _trained(graph: CallReader, call: Call) -> tuple[Stored | None, Stored | None]:
    return graph.stored(call["weight"]), _bias(graph, call)


def batch_norm(call: Call, graph: CallReader) -> Value:
    x, (gamma, beta) = graph.signal(call["input"]), _trained(graph, call)
    x = graph.around(call, x, [1])
    options = {"gamma": gamma is not None, "beta": beta is not None}
    if call["running_mean"] is None:
        return graph.add(call, made("instancenorm", **options), x, weights=[gamma, beta])
    return graph.add(call, made("bn", **options), x, weights=[gamma, beta])


def layer_norm(call: Call, graph: CallReader) -> Value:
    return _last_axes("layernorm", call, graph)


def rms_norm(call: Call, graph: CallReader) -> Value:
    return _last_axes("rmsnorm", call, graph)


def _last_axes(name: str, call: Call, graph: CallReader) -> Value:
    x, (gamma, beta) = graph.signal(call["input"]), _trained(graph, call)
    count = len(call["normalized_shape"])
    x = graph.around(call, x, range(len(x.axes) - count, len(x.axes)))
    op = made(name, gamma=gamma is not None, beta=beta is not None)
    return graph.add(call, op, x, weights=[gamma, beta])


def group_norm(call: Call, graph: CallReader) -> Value:
    x, (gamma, beta) = graph.signal(call["input"]), _trained(graph, call)
    op = made("groupnorm", groups=int(call["num_groups"]), gamma=gamma is not None, beta=beta is not None)
    return graph.add(call, op, graph.around(call, x, [1]), weights=[gamma, beta])


def instance_norm(call: Call, graph: CallReader) -> Value:
    x, (gamma, beta) = graph.signal(call["input"]), _trained(graph, call)
    op = made("instancenorm", gamma=gamma is not None, beta=beta is not None)
    return graph.add(call, op, graph.around(call, x, [1]), weights=[gamma, beta])


def prelu(call: Call, graph: CallReader) -> Value:
    x, weight = graph.signal(call["input"]), weight_of(graph, call)
    op = made("prelu", slopes="shared" if weight.size == 1 else "per-channel")
    return graph.add(call, op, graph.around(call, x, [1]) if weight.size > 1 else x, weights=[weight])


def local_response_norm(call: Call, graph: CallReader) -> Value:
    op = made("lrn", size=int(call["size"]))
    return graph.add(call, op, graph.around(call, graph.signal(call["input"]), [1]))
