"""The nodes of a file one after the other, and every mistake at once."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from archcalc.errors import ArchcalcError, ArchcalcWarning, printable
from archcalc.importers.as_activations import Pending
from archcalc.importers.as_calls.input_channels import with_channels
from archcalc.importers.as_calls.values import Computed
from archcalc.importers.as_input import ModelInput, shapes_of_inputs, warn_unused
from archcalc.importers.as_network import DoesNotFit, ImportProblem, problem_list, spelled
from archcalc.importers.as_shared import tie_layers
from archcalc.importers.onnx.constants import evaluated
from archcalc.importers.onnx.forms import FORMS
from archcalc.importers.onnx.graph import GraphReader
from archcalc.importers.onnx.layers import LAYERS
from archcalc.importers.onnx.model import OnnxModel, OnnxNode, read_model_file
from archcalc.importers.onnx.pointwise import POINTWISE
from archcalc.importers.onnx.products import PRODUCTS
from archcalc.importers.onnx.reductions import REDUCTIONS
from archcalc.importers.onnx.values import BROKEN, Made, Value
from archcalc.network import Network

WAY_OUT = "The way out: describe these layers in a spec, with ops of `archcalc ops`."

OURS = "archcalc"
"""The producer of the files that archcalc writes: it stores every array once, and equal ones apart."""

MANY_IMAGES = "The way out: this file is for {} images at once; export the model for one image."

TRANSLATORS: Mapping[str, Callable[[OnnxNode, GraphReader], Made | Sequence[Made]]] = {
    **LAYERS,
    **FORMS,
    **POINTWISE,
    **PRODUCTS,
    **REDUCTIONS,
}


def network_in(path: str, input: str = "") -> Network:
    """The network in an ONNX file; ``input`` has the shapes of its inputs, if the user gave them.

    Raises ArchcalcError with every node that cannot be read.
    """
    model = read_model_file(path)
    name = printable(path)
    nodes = _needed(model)
    inputs = _inputs(name, model, nodes, input)
    reader, problems = with_channels(lambda channels: _read(nodes, GraphReader(model, inputs, channels)))
    outputs = [] if problems else _outputs(model, reader, problems)
    if problems:
        way_out = WAY_OUT if reader.batch == 1 else MANY_IMAGES.format(reader.batch)
        raise ArchcalcError(problem_list(name, problems, "node", way_out))
    if not outputs:
        raise ArchcalcError(f"{name}: no layer leads to an output of the graph")
    warn_unused(name, reader.layers, outputs)
    _warn(name, reader, tie_layers(reader.layers, merged=model.producer != OURS))
    source = f"{os.path.basename(path)}: ONNX, opset {model.opset}, written by {model.producer or 'unknown'}"
    stem = os.path.splitext(os.path.basename(path))[0]
    return reader.layers.network(spelled(stem) or "model", outputs, printable(source))


# --- the inputs ---------------------------------------------------------------------------------------------


def _inputs(
    name: str, model: OnnxModel, nodes: Sequence[OnnxNode], given: str
) -> Mapping[str, Sequence[int]]:
    """The shape of each input, batch first. Raises ArchcalcError if one is not known."""
    read = {source for node in nodes for source in node.inputs}
    inputs = [ModelInput(info.name, info.dims, is_read=info.name in read) for info in model.inputs]
    return shapes_of_inputs(name, inputs, given)


# --- the nodes ----------------------------------------------------------------------------------------------


def _needed(model: OnnxModel) -> Sequence[OnnxNode]:
    """The nodes that lead to an output, in the order of the file, which is the order in which they run."""
    needed = {info.name for info in model.outputs}
    kept = []
    for node in reversed(model.nodes):
        if needed.intersection(node.outputs):
            kept.append(node)
            needed.update(node.inputs)
    return kept[::-1]


def _read(nodes: Sequence[OnnxNode], reader: GraphReader) -> tuple[GraphReader, dict[str, str]]:
    """The reader after all nodes, and what is wrong with some of them."""
    problems: dict[str, str] = {}
    for node in nodes:
        if all(reader.values.get(name) is not BROKEN for name in node.inputs):
            _translate(node, reader, problems)
        else:
            reader.values.update(dict.fromkeys(node.outputs, BROKEN))
    return reader, problems


def _translate(node: OnnxNode, reader: GraphReader, problems: dict[str, str]) -> None:
    """Give the outputs of a node their values, or note why it has none."""
    try:
        values = _values_of(node, reader)
    except (ImportProblem, DoesNotFit) as error:
        problems.setdefault(node.label, str(error))
        values = [BROKEN] * len(node.outputs)
    for name, value in zip(node.outputs, values, strict=False):
        reader.values[name] = value
        if isinstance(value, Computed) and (says := _disagreement(name, value, reader)):
            problems.setdefault(node.label, says)


def _values_of(node: OnnxNode, reader: GraphReader) -> list[Value]:
    """The value of each output. Raises ImportProblem and DoesNotFit."""
    inputs = reader.constants(node)
    constants = evaluated(node, inputs) if inputs is not None else None
    if constants is not None:
        return [*constants]
    translator = TRANSLATORS.get(node.type)
    if translator is None or node.domain not in ("", "ai.onnx"):
        raise ImportProblem("archcalc has no layer for this op")
    try:
        made = translator(node, reader)
    except (LookupError, ValueError, TypeError, ArithmeticError, AttributeError, AssertionError):
        raise ImportProblem("its inputs and its attributes do not fit together") from None
    return cast("list[Value]", made if isinstance(made, list) else [made])


def _disagreement(name: str, value: Computed, reader: GraphReader) -> str:
    """What is wrong if the file declares another shape for a value: it was read in another way than meant."""
    info = reader.model.shapes.get(name)
    if info is None or info.dims is None or not reader.is_as_declared or value.dims == info.dims:
        return ""
    if any(isinstance(size, str) for size in info.dims):
        return ""
    if reader.batch > 1 and info.dims in _of_many(value.dims, reader.batch):
        return ""
    return f"its output is {list(value.dims)}, but the file says {list(info.dims)}"


def _of_many(dims: Sequence[int], batch: int) -> list[tuple[int, ...]]:
    """The shapes that a tensor of one image may have in a file for several."""
    return [(*dims[:at], size * batch, *dims[at + 1 :]) for at, size in enumerate(dims)]


def _outputs(model: OnnxModel, reader: GraphReader, problems: dict[str, str]) -> list[int]:
    """The numbers of the layers that give the outputs."""
    numbers = []
    for info in model.outputs:
        value = reader.values.get(info.name)
        try:
            if isinstance(value, Pending):
                value = reader.signal(value)
        except (ImportProblem, DoesNotFit) as error:
            problems.setdefault(f"the output '{printable(info.name)}'", str(error))
            continue
        if isinstance(value, Computed):
            numbers.append(value.number)
    return [number for number in dict.fromkeys(numbers) if not reader.layers.is_input(number)]


# --- messages -----------------------------------------------------------------------------------------------


def _warn(name: str, reader: GraphReader, shared: Sequence[str]) -> None:
    """Say where the figures of the file are not those of the model that people know."""
    norms = any(node.type == "BatchNormalization" for node in reader.model.nodes)
    if reader.made_up and not norms:
        says = (
            f"{name}: batch normalisation is worked into the convolutions ({reader.made_up}); "
            "params are those of this file, and fewer than those of the trained model"
        )
        warnings.warn(says, ArchcalcWarning, stacklevel=3)
    if shared:
        says = f"{name}: weights that several layers use are counted for each layer ({len(shared)})"
        warnings.warn(says, ArchcalcWarning, stacklevel=3)
