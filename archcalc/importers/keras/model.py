"""The records of a configuration: the layers of a model, and which layer reads what.

Keras 2 writes a call as ``[["conv1", 0, 0, {}]]``: a layer, the number of its call, and that of its output.
Keras 3 writes the arguments of ``call``, with ``keras_history`` for such a tensor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.importers.keras.config_file import JsonPath
from archcalc.importers.keras.fields import KerasConfig, KerasProblem

MODELS = ("Sequential", "Functional", "Model")
INPUT_LAYER = "InputLayer"

MOST_DEPTH = 20
"""Models in models, and lists in arguments."""


class TensorRef(NamedTuple):
    """An output of a layer: the layer's name, the number of the call, and that of the output."""

    layer: str
    call: int
    output: int


class CallRecord(NamedTuple):
    """The arguments of one call: references, constants, and lists of both."""

    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    path: JsonPath

    def refs(self) -> Iterator[TensorRef]:
        """Every tensor that the call reads."""
        return refs_in([*self.args, *self.kwargs.values()])


class KerasLayer(NamedTuple):
    """A layer of the file, and its calls in a functional model."""

    name: str
    type: str
    package: str
    config: KerasConfig
    calls: Sequence[CallRecord]
    path: JsonPath

    @property
    def is_model(self) -> bool:
        return self.type in MODELS or (self.type not in _WRAPPERS and "layers" in self.config.values)


_WRAPPERS = ("StackedRNNCells", "Pipeline")


def layer_at(value: Any, path: JsonPath) -> KerasLayer:
    """The layer in an object with a class and a configuration. Raises KerasProblem."""
    if not isinstance(value, dict):
        raise KerasProblem("a layer must be an object with 'class_name' and 'config'", "", path)
    here = KerasConfig(value, path)
    kind, layers = here.text("class_name"), value.get("config")
    # Before Keras 2.2.3, the configuration of a sequential model was the list of its layers.
    is_list = kind == "Sequential" and isinstance(layers, list)
    config = KerasConfig({"layers": layers}, (*path, "config")) if is_list else here.inner("config")
    name = here.get("name") or config.get("name") or kind.lower()
    if not isinstance(name, str):
        raise KerasProblem("the name of a layer must be a text", "", path)
    # A class that is not from Keras has no module, but a name of its own.
    package = here.get("module", "registered_name")
    inbound = here.get("inbound_nodes")
    calls = [] if inbound is None else _calls(inbound, (*path, "inbound_nodes"))
    return KerasLayer(name, kind, package if isinstance(package, str) else "", config, calls, path)


def layers_in(layer: KerasLayer) -> list[KerasLayer]:
    """The layers of a model. Raises KerasProblem."""
    values = layer.config.values.get("layers")
    if not isinstance(values, list):
        says = f"the file does not have the layers of this model ('{layer.type}'): they are in Python code"
        raise KerasProblem(says, "the way out: build it as a functional model, or describe it in a spec")
    path = (*layer.config.path, "layers")
    return [layer_at(value, (*path, place)) for place, value in enumerate(values)]


def tensors_at(config: KerasConfig, name: str) -> list[TensorRef]:
    """The inputs or outputs of a functional model. Raises KerasProblem."""
    refs = list(refs_in(_argument(config.get(name), 0)))
    if not refs:
        raise KerasProblem(f"the model has no '{name}'", "", (*config.path, name))
    return refs


def shape_at(value: Any) -> list[Any] | None:
    """The shape of an input, batch first, if a value is one; an axis of any size is None."""
    if isinstance(value, dict):  # a tuple of Keras 3
        value = value.get("items")
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    if not isinstance(value, list) or len(value) < 2:
        return None
    is_shape = all(size is None or (type(size) is int and 0 < size < 2**31) for size in value)
    return value if is_shape else None


# --- calls --------------------------------------------------------------------------------------------------


def _calls(value: Any, path: JsonPath) -> list[CallRecord]:
    if not isinstance(value, list):
        raise KerasProblem("'inbound_nodes' must be a list", "", path)
    return [_call(node, (*path, place)) for place, node in enumerate(value)]


def _call(node: Any, path: JsonPath) -> CallRecord:
    if isinstance(node, dict):
        args, kwargs = node.get("args", []), node.get("kwargs", {})
        if isinstance(args, list) and isinstance(kwargs, dict):
            given = {name: _argument(value, 0) for name, value in kwargs.items()}
            return CallRecord([_argument(value, 0) for value in args], given, path)
    elif isinstance(node, list) and node:
        entries = [node] if isinstance(node[0], str) else node
        if all(isinstance(entry, list) and len(entry) >= 3 for entry in entries):
            named = entries[0][3] if len(entries[0]) > 3 and isinstance(entries[0][3], dict) else {}
            given = {name: _argument(value, 0) for name, value in named.items()}
            read = [_argument(entry[:3], 0) for entry in entries]
            return CallRecord(read if len(read) == 1 else [read], given, path)
    raise KerasProblem("this is no list of the tensors that a layer reads", "", path)


def _argument(value: Any, depth: int) -> Any:
    """An argument with its tensors as references."""
    if depth > MOST_DEPTH:
        raise KerasProblem("the arguments of a call are nested too deep")
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            config = value.get("config")
            history = config.get("keras_history") if isinstance(config, dict) else None
            return _ref(history)
        if "items" in value:  # a tuple of Keras 3
            return _argument(value["items"], depth + 1)
        return [_argument(inner, depth + 1) for inner in value.values()]
    if isinstance(value, list):
        if len(value) == 3 and value[0] == "_CONSTANT_VALUE":
            return value[2]
        if len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
            return _ref(value)
        return [_argument(inner, depth + 1) for inner in value]
    return value


def _ref(history: Any) -> TensorRef:
    kinds = (str, int, int)
    if not isinstance(history, list) or len(history) != 3 or not all(map(isinstance, history, kinds)):
        raise KerasProblem("a tensor must be the name of a layer and two numbers")
    return TensorRef(*history)


def refs_in(value: Any) -> Iterator[TensorRef]:
    """The references in an argument."""
    if isinstance(value, TensorRef):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from refs_in(inner)
