"""The model in a file, from its input to its outputs, and every mistake at once."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Sequence

from archcalc.errors import ArchcalcError, ArchcalcWarning, printable, short
from archcalc.importers.as_input import check_axes, given_dims, needs_sizes
from archcalc.importers.as_network import spelled
from archcalc.importers.keras.config_file import config_in, config_text
from archcalc.importers.keras.fields import KerasProblems
from archcalc.importers.keras.graph import KerasReader, KerasTensor
from archcalc.importers.keras.model import (
    INPUT_LAYER,
    MOST_DEPTH,
    KerasLayer,
    layer_at,
    layers_in,
    shape_at,
    tensors_at,
)
from archcalc.importers.keras.walk import ModelWalk
from archcalc.network import INPUT, Network
from archcalc.ops.base import Volume

_AUTOMATIC = re.compile(r"(sequential|functional|model)(_\d+)?")
"""Names that Keras gives by itself."""


def network_in(path: str, input: str = "") -> Network:
    """The network in a model of Keras; ``input`` is the shape of its input, if the user gave it.

    Raises ArchcalcError with every mistake of the file.
    """
    source = config_text(path)
    values, file = config_in(source), printable(path)
    if not isinstance(values, dict) or not {"class_name", "config"} <= values.keys():
        says = "the file is no model of Keras, which has 'class_name' and 'config'"
        hint = " (a spec in JSON is YAML, too: let its name end in .yaml)" if path.endswith(".json") else ""
        raise ArchcalcError(f"{file}: {says}{hint}")
    problems = KerasProblems(source)
    outputs: list[KerasTensor] = []
    reader = None
    with problems.noted("the model", ()):
        model = layer_at(values, ())
        inputs = _inputs(model)
        if len(inputs) > 1:
            names = printable(", ".join(name for name, _ in inputs[:10]))
            raise ArchcalcError(
                f"{file}: a network has one input, and this model has {len(inputs)} ({names})"
            )
        dims = _input_dims(file, *inputs[0], input)
        reader = KerasReader(_volume(model, dims))
        given = KerasTensor(INPUT, tuple(dims[1:]))
        outputs = ModelWalk(reader, problems).outputs(model, [given], ())
    problems.raise_any()
    assert reader is not None
    numbers = [one.number for one in outputs if isinstance(one, KerasTensor) and one.number != INPUT]
    if not numbers:
        raise ArchcalcError(f"{file}: no layer of the model leads to an output")
    version = values.get("keras_version")
    written = f"Keras {short(version, 20)}" if isinstance(version, str) else "Keras"
    text = printable(f"{os.path.basename(path)}: {written}")
    network = reader.layers.network(_name(path, model), list(dict.fromkeys(numbers)), text)
    _warn(file, reader)
    return network


def _name(path: str, model: KerasLayer) -> str:
    stem = os.path.splitext(os.path.basename(path))[0]
    name = "" if _AUTOMATIC.fullmatch(model.name) else model.name
    return spelled(name).strip("_") or spelled(stem).strip("_") or "model"


# --- the input ----------------------------------------------------------------------------------------------


def _inputs(model: KerasLayer) -> list[tuple[str, list[int | None] | None]]:
    """The name of each input, and its shape where the file states it. Raises KerasProblem."""
    layers = layers_in(model)
    if model.type != "Sequential":
        names = [ref.layer for ref in tensors_at(model.config, "input_layers")]
        by_name = {layer.name: layer for layer in layers}
        return [(name, _shape_of(by_name[name]) if name in by_name else None) for name in names]
    shape = None
    for value in (model.config.get("build_input_shape"), model.config.get("batch_input_shape")):
        shape = shape or shape_at(value)
    first, depth = (layers[0] if layers else None), 0
    while first is not None and shape is None and depth < MOST_DEPTH:
        shape = _shape_of(first)
        inner = layers_in(first) if first.is_model else []
        first, depth = (inner[0] if inner else None), depth + 1
    name = layers[0].name if layers and layers[0].type == INPUT_LAYER else "input"
    return [(name, shape)]


def _shape_of(layer: KerasLayer) -> list[int | None] | None:
    """The shape of the input of a layer, batch first."""
    return shape_at(layer.config.get("batch_shape", "batch_input_shape"))


def _input_dims(file: str, name: str, declared: list[int | None] | None, given: str) -> Sequence[int]:
    """The shape of the input in the order of the model, batch first. Raises ArchcalcError."""
    shown = None if declared is None else ["batch", *("?" if size is None else size for size in declared[1:])]
    if given:
        order = "batch, height, width, channels"
        dims = given_dims(file, name, shown, given, order)
        channels = declared[-1] if declared and len(declared) > 2 else None
        if channels is not None and dims[-1] != channels:
            says = f"the input '{printable(name)}' has {channels} channels, not {dims[-1]}"
            raise ArchcalcError(f"{file}: {says} (the channels come last: {order})")
    elif declared is None or shown is None:
        says = f"the file does not state the shape of the input '{printable(name)}'"
        raise needs_sizes(file, says, "1x224x224x3")
    elif None in declared[1:]:
        says = f"the input '{printable(name)}' is {'x'.join(map(str, shown))}"
        raise needs_sizes(file, says, _example(declared))
    else:
        dims = [1, *(int(size) for size in declared[1:] if size is not None)]
    check_axes(file, name, dims)
    return dims


def _example(declared: Sequence[int | None]) -> str:
    sides = (224,) * (len(declared) - 2) if len(declared) > 3 else (128,)
    sizes = [size or side for size, side in zip(declared[1:], (*sides, 3), strict=False)]
    return "x".join(map(str, (1, *sizes)))


def _volume(model: KerasLayer, dims: Sequence[int]) -> Volume:
    """The input of the network. A sequence of numbers, which a table reads, has one channel."""
    *spatial, channels = dims[1:]
    if not spatial and _reads_numbers(model, 0):
        return Volume((channels,), 1)
    return Volume(tuple(spatial), channels)


def _reads_numbers(model: KerasLayer, depth: int) -> bool:
    """Whether the first layer of a model is a table of words."""
    layers = [layer for layer in layers_in(model) if layer.type != INPUT_LAYER]
    if model.type != "Sequential":
        names = {ref.layer for ref in tensors_at(model.config, "input_layers")}
        layers = [
            layer for layer in layers
            if any(ref.layer in names for call in layer.calls for ref in call.refs())
        ]  # fmt: skip
    kinds = [layer for layer in layers if layer.type in ("Embedding", "Masking") or layer.is_model]
    if not kinds:
        return False
    first = kinds[0]
    return first.type == "Embedding" or (
        first.is_model and depth < MOST_DEPTH and _reads_numbers(first, depth + 1)
    )


# --- what is to be known ------------------------------------------------------------------------------------


def _warn(file: str, reader: KerasReader) -> None:
    """Say what the network has not of the file, or counts in another way."""
    notes = [f"{says} ({count})" for says, count in reader.notes.items() if count > 0]
    layers = reader.layers
    untrained = 0
    for number in reader.frozen:
        node = layers.nodes[number - 1]
        xs = tuple(layers.volumes[source] for source in node.inputs)
        weights = node.op.weights(xs, layers.volumes[number])
        untrained += 0 if node.same_as else sum(one.count for one in weights if one.role != "buffer")
    if untrained:
        notes.append(f"{untrained:,} of the params are not trained in this file (trainable: false)")
    for note in notes:
        warnings.warn(f"{file}: {note}", ArchcalcWarning, stacklevel=4)
