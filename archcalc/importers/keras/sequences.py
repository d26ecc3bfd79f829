"""Layers of sequences: tables of words, recurrent layers, attention."""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.importers.as_network import made
from archcalc.importers.keras.fields import KerasProblem
from archcalc.importers.keras.graph import KerasCall, KerasReader, KerasTensor, tensors_in
from archcalc.importers.keras.layers import KerasTranslator, dense
from archcalc.importers.keras.model import layer_at
from archcalc.importers.keras.pointwise import activation, dropout


def embedding(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x, config = call.input(), call.config
    if not reader.is_input(x):
        raise KerasProblem("archcalc looks up the numbers of the input only, not computed ones")
    op = made("embedding", values=config.whole("output_dim"), vocabulary=config.whole("input_dim"))
    return reader.add(call, op, x)


_RECURRENT = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}


def recurrent(call: KerasCall, reader: KerasReader, *, both_ways: bool = False) -> KerasTensor:
    x, config = call.input(), call.config
    if x.rank != 1:
        raise KerasProblem(f"it reads a sequence, not an input of {len(x.dims)} axes without the batch")
    if len(list(tensors_in([*call.args, *call.kwargs.values()]))) > 1:
        raise KerasProblem("archcalc has no recurrent layer that reads a state")
    config.refuse(["return_state"], "archcalc has no recurrent layer that gives its state beside its output")
    # The GRU of Keras 2 and 3 has two biases, as cuDNN has, unless it resets before the product.
    bias: bool | str = config.flag("use_bias", True) and "single"
    if call.layer.type == "GRU" and bias and config.flag("reset_after", True):
        bias = True
    gives = "sequence" if config.flag("return_sequences", False) else "last"
    op = made(_RECURRENT[call.layer.type], units=config.whole("units"), bias=bias, gives=gives,
              bidirectional=both_ways)  # fmt: skip
    return reader.add(call, op, reader.maps(call, x))


def bidirectional(call: KerasCall, reader: KerasReader) -> KerasTensor:
    config = call.config
    inner = layer_at(config.get("layer"), (*config.path, "layer"))
    if inner.type not in _RECURRENT:
        raise KerasProblem(f"archcalc reads {', '.join(_RECURRENT)} in both directions, not '{inner.type}'")
    if config.text("merge_mode", "concat") != "concat":
        raise KerasProblem("archcalc concatenates both directions", "", (*config.path, "merge_mode"))
    return recurrent(call.of(inner), reader, both_ways=True)


def time_distributed(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """A layer on each step of a sequence: only one that does the same without this wrapper."""
    config = call.config
    inner = layer_at(config.get("layer"), (*config.path, "layer"))
    translators = {"Dense": dense, "Activation": activation, "Dropout": dropout}
    if inner.type not in translators:
        raise KerasProblem(f"archcalc has no '{inner.type}' on each step of a sequence")
    return translators[inner.type](call.of(inner), reader)


def attention(call: KerasCall, reader: KerasReader) -> KerasTensor:
    config = call.config
    inputs = _query_and_values(call)
    axes = config.get("attention_axes")
    if axes not in (None, list(range(1, len(inputs[0].dims)))):
        says = "archcalc attends to all positions only"
        raise KerasProblem(says, "", (*config.path, "attention_axes"))
    width = config.whole("key_dim", "head_dim")
    if config.whole("value_dim", default=width) != width:
        raise KerasProblem("archcalc has heads whose keys and values have one width")
    options = {"bias": config.flag("use_bias", True), "head_width": width}
    if call.layer.type == "GroupQueryAttention":
        options["kv_heads"] = config.whole("num_key_value_heads")
    if config.get("output_shape") is not None:
        options["out_width"] = config.sizes("output_shape", 1)
    op = made("attention", heads=config.whole("num_heads", "num_query_heads"), **options)
    return reader.add(call, op, *(reader.maps(call, tensor) for tensor in inputs))


def _query_and_values(call: KerasCall) -> list[KerasTensor]:
    """The query, and what keys and values are read from if it is another tensor. Raises KerasProblem."""
    tensors = call.inputs()
    named = [call.kwargs.get(name) for name in ("query", "value", "key")]
    tensors += [tensor for tensor in named if isinstance(tensor, KerasTensor)]
    query, *others = tensors
    if len(set(others)) > 1:
        raise KerasProblem("archcalc has an attention whose keys and values are read from one tensor")
    return [query, *(tensor for tensor in others[:1] if tensor != query)]


SEQUENCES: Mapping[str, KerasTranslator] = {
    "Embedding": embedding,
    **dict.fromkeys(_RECURRENT, recurrent),
    "Bidirectional": bidirectional,
    "TimeDistributed": time_distributed,
    "MultiHeadAttention": attention,
    "GroupQueryAttention": attention,
}
