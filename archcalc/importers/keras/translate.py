"""The model in a file, from its input to its outputs, and every mistake at once."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Sequence

from archcalc.errors import ArchcalcError, ArchcalcWarning, printable, short
from archcalc.importers.as_input import CHANNELS_LAST, ModelInput, shapes_of_inputs, warn_unused
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
from archcalc.network import Network
from archcalc.ops.base import Volume

_AUTOMATIC = re.compile(r"(sequential|functional|model)(_\d+)?")
"""Names that Keras gives by itself."""


def network_in(path: str, input: str = "") -> Network:
    """The network in a model of Keras; ``input`` has the shapes of its inputs, if the user gave them.

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
        shapes = _shapes(file, model, input)
        volumes = {name: _volume(model, place, dims) for place, (name, dims) in enumerate(shapes.items())}
        reader = KerasReader(volumes)
        given = [KerasTensor(number, tuple(dims[1:])) for number, dims in enumerate(shapes.values())]
        outputs = ModelWalk(reader, problems).outputs(model, given, ())
    problems.raise_any()
    assert reader is not None
    numbers = [one.number for one in outputs if isinstance(one, KerasTensor) and not reader.is_input(one)]
    if not numbers:
        raise ArchcalcError(f"{file}: no layer of the model leads to an output")
    warn_unused(file, reader.layers, numbers)
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


def _shapes(file: str, model: KerasLayer, given: str) -> dict[str, list[int]]:
    """The shape of each input in the order of the model, batch first. Raises ArchcalcError."""
    inputs = []
    for name, declared in _inputs(model):
        dims = (
            None if declared is None else ["batch", *("?" if size is None else size for size in declared[1:])]
        )
        inputs.append(ModelInput(name, dims))
    shapes = shapes_of_inputs(file, inputs, given, CHANNELS_LAST)
    for one in inputs:
        channels, found = one.dims[-1] if one.dims else "?", shapes[one.name][-1]
        if len(shapes[one.name]) > 2 and isinstance(channels, int) and channels != found:
            says = f"the input '{printable(one.name)}' has {channels} channels, not {found}"
            raise ArchcalcError(f"{file}: {says} (the channels come last: {CHANNELS_LAST})")
    return shapes


def _volume(model: KerasLayer, place: int, dims: Sequence[int]) -> Volume:
    """An input of the network. A sequence of numbers, which a table reads, has one channel."""
    *spatial, channels = dims[1:]
    if not spatial and _reads_numbers(model, place, 0):
        return Volume((channels,), 1)
    return Volume(tuple(spatial), channels)


def _reads_numbers(model: KerasLayer, place: int, depth: int) -> bool:
    """Whether the first layer that reads an input of a model is a table of words."""
    layers = [layer for layer in layers_in(model) if layer.type != INPUT_LAYER]
    readers = [(layer, 0) for layer in layers]
    if model.type != "Sequential":
        entries = [ref.layer for ref in tensors_at(model.config, "input_layers")][place : place + 1]
        readers = [
            (layer, at) for layer in layers
            for call in layer.calls for at, ref in enumerate(call.refs()) if ref.layer in entries
        ]  # fmt: skip
    tables = [
        (layer, at) for layer, at in readers if layer.type in ("Embedding", "Masking") or layer.is_model
    ]
    if not tables:
        return False
    first, at = tables[0]
    return first.type == "Embedding" or (
        first.is_model and depth < MOST_DEPTH and _reads_numbers(first, at, depth + 1)
    )


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
