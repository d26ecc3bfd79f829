"""The records of an ONNX file: its nodes, the dims of its tensors, its inputs and outputs."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from archcalc.errors import ArchcalcError, printable
from archcalc.importers.onnx.wire import WireError, fields, message, text, view_of, whole, wholes

MOST_NODES = 200_000
MOST_AXES = 16
MOST_VALUES = 64
"""A tensor with more values than this holds weights: they are not read."""

Number: TypeAlias = int | float

_SCOPES = "pkg.torch.onnx.name_scopes"
_KIND = "pkg.torch.export.graph_signature.InputSpec.kind"
"""What torch notes of nodes and values."""

_FLOATS = (1, 10, 11, 16)
"""The types of weights: float, half, double, bfloat16."""

_FORMS = {1: "f", 2: "B", 3: "b", 5: "h", 6: "i", 7: "q", 9: "?", 10: "e", 11: "d"}
"""The types of values that are read, as ``struct`` writes them: float, ints, bool, half, double."""


class Tensor(NamedTuple):
    """The dims of a stored tensor; its values, if they are few."""

    name: str
    dims: tuple[int, ...]
    values: tuple[Number, ...] | None
    is_float: bool = True


class ValueInfo(NamedTuple):
    """The declared shape of a value; a text is a free size, and None an unknown number of axes.

    ``kind`` is ``PARAMETER`` or ``BUFFER`` where the exporter says it.
    """

    name: str
    dims: tuple[int | str, ...] | None
    kind: str = ""


class OnnxNode(NamedTuple):
    """One node of the graph."""

    name: str
    type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    domain: str = ""
    modules: tuple[str, ...] | None = None
    """The paths of the modules around it, from outside, where the exporter notes them."""

    @property
    def label(self) -> str:
        """How a message names it."""
        name = self.name or f"the node that gives '{self.outputs[0] if self.outputs else ''}'"
        return f"{printable(name)} ({printable(self.type)})"


class OnnxModel(NamedTuple):
    """What a file says about its network."""

    nodes: Sequence[OnnxNode]
    tensors: Mapping[str, Tensor]
    inputs: Sequence[ValueInfo]
    outputs: Sequence[ValueInfo]
    shapes: Mapping[str, ValueInfo]
    producer: str
    opset: int


def read_model_file(path: str) -> OnnxModel:
    """The records of a file, without its weights. Raises ArchcalcError."""
    view = view_of(path)
    try:
        return _model(view)
    except (WireError, struct.error):
        says = "this is not an ONNX file, or it is cut off; export the model again"
        raise ArchcalcError(f"{printable(path)}: {says}") from None


def _model(view: memoryview) -> OnnxModel:
    producer, opset, graph = "", 0, None
    for number, value in fields(view):
        if number == 2:
            producer = text(value)
        elif number == 3 and producer:
            producer = f"{producer} {text(value)}"
        elif number == 8:
            opset = _opset(message(value)) or opset
        elif number == 7:
            graph = message(value)
    if graph is None:
        raise WireError
    return _graph(graph, producer, opset)


def _opset(view: memoryview) -> int:
    domain, version = "", 0
    for number, value in fields(view):
        if number == 1:
            domain = text(value)
        elif number == 2:
            version = whole(value)
    return version if domain in ("", "ai.onnx") else 0


def _graph(view: memoryview, producer: str, opset: int) -> OnnxModel:
    nodes: list[OnnxNode] = []
    tensors: dict[str, Tensor] = {}
    inputs: list[ValueInfo] = []
    outputs: list[ValueInfo] = []
    shapes: dict[str, ValueInfo] = {}
    for number, value in fields(view):
        if number == 1:
            nodes.append(_node(message(value)))
            if len(nodes) > MOST_NODES:
                raise ArchcalcError(f"the graph has more than {MOST_NODES:,} nodes")
        elif number in (5, 15):
            tensor = _tensor(message(value)) if number == 5 else _sparse(message(value))
            tensors[tensor.name] = tensor
        elif number in (11, 12, 13):
            info = _value_info(message(value))
            shapes[info.name] = info
            if number != 13:
                (inputs if number == 11 else outputs).append(info)
    # Old files list the weights among the inputs, too.
    inputs = [info for info in inputs if info.name not in tensors]
    return OnnxModel(nodes, tensors, inputs, outputs, shapes, producer, opset)


def _node(view: memoryview) -> OnnxNode:
    inputs: list[str] = []
    outputs: list[str] = []
    attributes: dict[str, Any] = {}
    name = op_type = domain = ""
    modules = None
    for number, value in fields(view):
        if number == 1:
            inputs.append(text(value))
        elif number == 2:
            outputs.append(text(value))
        elif number == 3:
            name = text(value)
        elif number == 4:
            op_type = text(value)
        elif number == 5:
            key, given = _attribute(message(value))
            attributes[key] = given
        elif number == 7:
            domain = text(value)
        elif number == 9 and modules is None:
            modules = _modules(_noted(message(value), _SCOPES))
    return OnnxNode(name, op_type, tuple(inputs), tuple(outputs), attributes, domain, modules)


def _noted(view: memoryview, key: str) -> str:
    """The text of a note that has this key; empty for another note."""
    note = ""
    for number, value in fields(view):
        if number == 1 and message(value) != key.encode():
            return ""
        if number == 2:
            note = text(value)
    return note


def _modules(note: str) -> tuple[str, ...] | None:
    """The modules of a note such as ``['', 'layer1', 'layer1.0', 'conv2d']``; the last one is the function.

    >>> _modules("['', 'layer1', 'layer1.0', 'conv2d']"), _modules("['conv2d']"), _modules("")
    (('layer1', 'layer1.0'), (), None)
    """
    parts = note.split("'")[1::2]
    return tuple(part for part in parts[:-1] if part) if parts else None


def _attribute(view: memoryview) -> tuple[str, Any]:
    """The name and value; a graph inside an attribute is not read."""
    name, given = "", None
    numbers: list[Number] = []
    for number, value in fields(view):
        if number == 1:
            name = text(value)
        elif number == 2:
            (given,) = struct.unpack("<f", message(value))
        elif number == 3:
            given = whole(value)
        elif number == 4:
            given = text(value)
        elif number == 5:
            given = _tensor(message(value))
        elif number == 22:
            given = _sparse(message(value))
        elif number == 7:
            numbers += _floats(message(value))
        elif number == 8:
            numbers += wholes(value, MOST_VALUES)
        if len(numbers) > MOST_VALUES:
            raise WireError
    return name, tuple(numbers) if given is None and numbers else given


def _floats(view: memoryview) -> list[float]:
    return [number for (number,) in struct.iter_unpack("<f", view)]


def _tensor(view: memoryview) -> Tensor:
    name, kind = "", 0
    dims: list[int] = []
    stored: list[Number] = []
    raw: memoryview | None = None
    for number, value in fields(view):
        if number == 1:
            dims += wholes(value, MOST_AXES)
        elif number == 2:
            kind = whole(value)
        elif number == 8:
            name = text(value)
        elif number == 9:
            raw = message(value)
        elif number in (4, 5, 7) and len(stored) <= MOST_VALUES:
            stored += _numbers(number, value)
    if len(dims) > MOST_AXES or any(dim < 0 for dim in dims):
        raise WireError
    count = math.prod(dims)
    if raw is not None and kind in _FORMS and count <= MOST_VALUES:
        form = _FORMS[kind]
        stored = [number for (number,) in struct.iter_unpack(f"<{form}", raw)]
    values = tuple(stored) if len(stored) == count <= MOST_VALUES else None
    return Tensor(name, tuple(dims), values, kind in _FLOATS)


def _sparse(view: memoryview) -> Tensor:
    """A tensor of which the file stores some values only; they are not read."""
    name = ""
    dims: list[int] = []
    for number, value in fields(view):
        if number == 1:
            name = _tensor(message(value)).name
        elif number == 3:
            dims += wholes(value, MOST_AXES)
    if len(dims) > MOST_AXES or any(dim < 0 for dim in dims):
        raise WireError
    return Tensor(name, tuple(dims), None)


def _numbers(number: int, value: int | memoryview) -> Sequence[Number]:
    """The values in the field of a type. Long fields hold weights."""
    if isinstance(value, memoryview) and len(value) > 10 * MOST_VALUES:
        return ()
    return _floats(message(value)) if number == 4 else wholes(value, 10 * MOST_VALUES)


def _value_info(view: memoryview) -> ValueInfo:
    name, dims, noted = "", None, ""
    for number, value in fields(view):
        if number == 1:
            name = text(value)
        elif number == 2:
            for kind, tensor_type in fields(message(value)):
                if kind == 1:
                    dims = _shape(message(tensor_type))
        elif number == 4:
            noted = noted or _noted(message(value), _KIND)
    return ValueInfo(name, dims, noted)


def _shape(view: memoryview) -> tuple[int | str, ...] | None:
    for number, value in fields(view):
        if number == 2:
            dims = [_dim(message(dim)) for place, dim in fields(message(value)) if place == 1]
            if len(dims) > MOST_AXES:
                raise WireError
            return tuple(dims)
    return None


def _dim(view: memoryview) -> int | str:
    for number, value in fields(view):
        if number == 1:
            size = whole(value)
            return size if size > 0 else "?"
        if number == 2:
            return text(value)
    return "?"
