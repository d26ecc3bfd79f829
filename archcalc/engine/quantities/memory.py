"""Quantities of memory: output values, and bytes."""

from __future__ import annotations

from archcalc.dims import Dim
from archcalc.engine.moved import moved_values
from archcalc.engine.quantities.record import Quantity, in_bytes
from archcalc.engine.quantities.stored import PARAMS
from archcalc.engine.reading import LayerReading
from archcalc.network import Input


def _in_lectures(layer: LayerReading) -> Dim:
    if isinstance(layer.layer.op, Input):  # the memory of the lectures includes the inputs
        return layer.of_batch(layer.layer.y.size)
    return layer["activations"] if layer.layer.op.counts_as_memory else 0


ACTIVATIONS = Quantity(
    key="activations",
    label="activations",
    meaning="output values of every layer in the row",
    group="memory",
    unit="values",
    # An input is not the output of a layer.
    of=lambda layer: layer.of_batch(layer.layer.y.size) if not isinstance(layer.layer.op, Input) else 0,
    follows=("output",),
    words=("memory", "values", "neurons", "activation", "activation size", "memory values"),
    views=("shares", "formulas"),
    priority=50,
    locked="totals",  # a lock holds the output of every layer
    asked=True,
    asked_as="activations are the values of the output volume; the total includes those of the input",
)
SLIDE_ACTIVATIONS = Quantity(
    key="slide_activations",
    label="memory",
    meaning=(
        "values as CS231n counts them: input, conv, pool, norm and fc rows; ReLU and the like work in place"
    ),
    group="memory",
    unit="values",
    of=_in_lectures,
    total="input and sum",
    follows=("activations",),
    shown=True,
    views=("changes",),
    priority=75,
    explained="totals",  # of a layer it repeats the activations
    locked="totals",
)
CONV_FC_OUTPUTS = Quantity(
    key="conv_fc_outputs",
    label="conv and fc outputs",
    meaning="output values of weighted layers",
    group="memory",
    unit="values",
    of=lambda layer: layer["activations"] if layer.layer.op.weighted else 0,
    follows=("activations",),
    in_layers=False,
    compared=False,
    locked="totals",
)
PEAK_ACTIVATIONS = Quantity(
    key="peak_activations",
    label="peak",
    meaning="the most values that must be in memory at once in a forward pass",
    group="memory",
    unit="values",
    total="maximum alive",
    words=("peak memory",),
    priority=45,
    locked="totals",
)
PEAK_LAYER = Quantity(
    key="peak_layer",
    label="peak layer",
    meaning="the layer during which the most values are in memory",
    group="memory",
    unit="name",
    total="layer of the maximum",
    compared=False,
    any_kind=False,
    locked="",
)
ACTIVATION_BYTES = in_bytes(
    ACTIVATIONS,
    "activation_bytes",
    "activation bytes",
    "bytes of the activations",
    words=("bytes", "memory bytes", "memory in bytes", "activation memory"),
    priority=45,
    compared=False,
    asked=True,
    asked_as="each output value takes 4 bytes (float32); the total includes the input",
)
SLIDE_ACTIVATION_BYTES = in_bytes(
    SLIDE_ACTIVATIONS,
    "slide_activation_bytes",
    "memory bytes",
    "bytes of the memory as CS231n counts it",
    words=("bytes", "memory in bytes"),
    in_layers=False,
    shown=True,
    priority=58,
    compared=False,
    locked="",
)
PEAK_ACTIVATION_BYTES = in_bytes(
    PEAK_ACTIVATIONS,
    "peak_activation_bytes",
    "peak bytes",
    "bytes of the peak",
    compared=False,
)
PARAM_BYTES = in_bytes(
    PARAMS,
    "param_bytes",
    "param bytes",
    "bytes of the params",
    group="memory",
    words=("params bytes", "bytes of params"),
    in_layers=False,
    priority=30,
    locked="totals",
    asked=True,
    asked_as="each parameter takes 4 bytes (float32)",
)
MOVED_BYTES = Quantity(
    key="moved_bytes",
    label="moved bytes",
    meaning="bytes that a layer reads and writes: its inputs, its stored arrays and its output, each once",
    group="memory",
    unit="bytes",
    of=lambda layer: layer.value_bytes * moved_values([layer]),
    follows=("output", "params"),
    words=("bytes moved", "memory traffic"),
    explained="",  # its formula is wider than a terminal
    priority=8,
    locked="totals",
)

INT32 = 4
"""The bytes of an int32, in which an 8-bit network keeps its biases and adds up its products."""

QUANTISED_PARAM_BYTES = Quantity(
    key="quantised_param_bytes",
    label="quantised param bytes",
    meaning="bytes of the params of an 8-bit network: weights in int8, biases and norm in int32",
    group="memory",
    unit="bytes",
    of=lambda layer: layer["weights"] + INT32 * (layer["biases"] + layer["norm_params"]),
    with_batch=False,
    follows=("params",),
    words=("quantized param bytes", "int8 param bytes"),
    any_kind=False,  # closed forms and sweeps stay short
    explained="",
    compared=False,
    locked="",
    priority=5,
)
ACCUMULATOR_BYTES = Quantity(
    key="accumulator_bytes",
    label="accumulator bytes",
    meaning=(
        "bytes of the int32 sums of an 8-bit conv or fc layer, before they become int8 outputs; "
        "one layer at a time needs them"
    ),
    group="memory",
    unit="bytes",
    of=lambda layer: INT32 * layer["activations"] if layer.layer.op.weighted else 0,
    follows=("output",),
    words=("accumulators",),
    any_kind=False,
    explained="",
    compared=False,
    locked="",
    priority=4,
)

QUANTITIES = (
    ACTIVATIONS,
    SLIDE_ACTIVATIONS,
    CONV_FC_OUTPUTS,
    PEAK_ACTIVATIONS,
    PEAK_LAYER,
    ACTIVATION_BYTES,
    SLIDE_ACTIVATION_BYTES,
    PEAK_ACTIVATION_BYTES,
    PARAM_BYTES,
    MOVED_BYTES,
    QUANTISED_PARAM_BYTES,
    ACCUMULATOR_BYTES,
)
