"""The calls of a model one after the other, also of models inside of models."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from archcalc.errors import closest, did_you_mean, short
from archcalc.importers.keras.fields import KerasProblem, KerasProblems
from archcalc.importers.keras.forms import FORMS
from archcalc.importers.keras.graph import BROKEN, KerasCall, KerasReader, KerasTensor, Nothing, tensors_in
from archcalc.importers.keras.joins import JOINS, OPERATIONS
from archcalc.importers.keras.layers import LAYERS, KerasTranslator
from archcalc.importers.keras.model import (
    INPUT_LAYER,
    MOST_DEPTH,
    CallRecord,
    KerasLayer,
    TensorRef,
    layers_in,
    tensors_at,
)
from archcalc.importers.keras.pointwise import POINTWISE, operation_op
from archcalc.importers.keras.scopes import paths_of
from archcalc.importers.keras.sequences import SEQUENCES

TRANSLATORS: Mapping[str, KerasTranslator] = {**LAYERS, **FORMS, **JOINS, **POINTWISE, **SEQUENCES}

_MASKS = ("notequal", "any", "logicaland")
"""Operations that compute which tokens count: no layer reads them for their values."""

_MASK = Nothing("a mask, which is no part of the network")
_UNREAD = ("mask", "attention_mask", "query_mask", "key_mask", "value_mask", "training", "use_causal_mask")
"""Arguments of a call that change no figure."""


class ModelWalk:
    """Goes through the calls of the models of a file."""

    def __init__(self, reader: KerasReader, problems: KerasProblems) -> None:
        self.reader = reader
        self.problems = problems

    def outputs(self, layer: KerasLayer, inputs: Sequence[Any], scope: Sequence[str]) -> list[Any]:
        """What a model gives for some inputs. Raises KerasProblem and DoesNotFit."""
        if len(scope) > MOST_DEPTH:
            raise KerasProblem("the models are nested too deep")
        layers = layers_in(layer)
        walk = self._sequential if layer.type == "Sequential" else self._functional
        return walk(layer, layers, inputs, scope)

    def _sequential(
        self, model: KerasLayer, layers: Sequence[KerasLayer], inputs: Sequence[Any], scope: Sequence[str]
    ) -> list[Any]:
        if len(inputs) != 1:
            raise KerasProblem(f"a sequential model has one input, not {len(inputs)}")
        outputs: list[Any] = list(inputs)
        paths = paths_of([layer.name for layer in layers])
        for layer in layers:
            if layer.type != INPUT_LAYER:
                call = KerasCall(layer, outputs, {}, (*scope, *paths[layer.name]))
                outputs = self._called(call)
        return outputs

    def _functional(
        self, model: KerasLayer, layers: Sequence[KerasLayer], inputs: Sequence[Any], scope: Sequence[str]
    ) -> list[Any]:
        names = _by_name(layers)
        entries = tensors_at(model.config, "input_layers")
        if len(entries) != len(inputs):
            raise KerasProblem(f"the model has {len(entries)} inputs, and is called with {len(inputs)}")
        values: dict[TensorRef, Any] = dict(zip(entries, inputs, strict=True))
        calls, paths = _Calls(layers, names), paths_of(list(names))
        for layer, number, record in calls.in_order(values):
            with self.problems.noted("/".join([*scope, layer.name]), record.path):
                self._check_refs(record, names)
                *above, last = paths[layer.name]
                path = (*scope, *above, f"{last}_{number + 1}" if number else last)
                args, kwargs = (_resolved(part, values) for part in (record.args, record.kwargs))
                call = KerasCall(layer, args, kwargs, path)
                for place, value in enumerate(self._called(call)):
                    values[TensorRef(layer.name, number + calls.shift(layer.name), place)] = value
        return [self._value(ref, values, names) for ref in tensors_at(model.config, "output_layers")]

    def _value(self, ref: TensorRef, values: Mapping[TensorRef, Any], names: Mapping[str, KerasLayer]) -> Any:
        if ref in values:
            return values[ref]
        if self.problems.problems:
            return BROKEN
        if ref.layer not in names:
            raise _unknown(ref, names)
        raise KerasProblem(f"the output of '{short(ref.layer)}' is not computed from the input")

    def _check_refs(self, record: CallRecord, names: Mapping[str, KerasLayer]) -> None:
        for ref in record.refs():
            if ref.layer not in names:
                raise _unknown(ref, names)

    # --- one call ---

    def _called(self, call: KerasCall) -> list[Any]:
        """What a layer gives; after a mistake, marks of it. Mistakes are noted."""
        layer = call.layer
        outputs: list[Any] = [BROKEN]
        with self.problems.noted("/".join(call.path), layer.path):
            # Before the inputs are looked at: all layers that archcalc does not know are told at once.
            translate = None if layer.is_model else _translator(layer)
            if any(value is BROKEN for value in tensors_in([*call.args, *call.kwargs.values()])):
                return outputs
            self.reader.start(layer)
            if translate is None:
                outputs = self.outputs(layer, list(tensors_in(call.args)), call.path)
            else:
                outputs = [translate(_without_masks(call), self.reader)]
        return outputs


def _without_masks(call: KerasCall) -> KerasCall:
    kwargs = {name: value for name, value in call.kwargs.items() if name not in _UNREAD}
    # Layers may be called with their tensors by name.
    args = call.args or [kwargs.pop(name) for name in ("inputs", "x") if name in kwargs]
    return call._replace(args=args, kwargs=kwargs)


def _resolved(value: Any, values: Mapping[TensorRef, Any]) -> Any:
    if isinstance(value, TensorRef):
        return values.get(value, BROKEN)
    if isinstance(value, Mapping):
        return {name: _resolved(inner, values) for name, inner in value.items()}
    return [_resolved(inner, values) for inner in value] if isinstance(value, list) else value


def _by_name(layers: Sequence[KerasLayer]) -> dict[str, KerasLayer]:
    names: dict[str, KerasLayer] = {}
    for layer in layers:
        if layer.name in names:
            raise KerasProblem(f"two layers are called '{short(layer.name)}'", "", layer.path)
        names[layer.name] = layer
    return names


def _unknown(ref: TensorRef, names: Iterable[str]) -> KerasProblem:
    known = list(names)[-1000:]
    return KerasProblem(f"reads '{short(ref.layer)}', which is not a layer", did_you_mean(ref.layer, known))


# --- the order of the calls ---------------------------------------------------------------------------------


class _Calls:
    """The calls of a functional model."""

    def __init__(self, layers: Sequence[KerasLayer], names: Mapping[str, KerasLayer]) -> None:
        self.names = names
        self.all = [(layer, number, record) for layer in layers for number, record in enumerate(layer.calls)]
        most: dict[str, int] = {}
        for ref in {ref for _, _, record in self.all for ref in record.refs()}:
            most[ref.layer] = max(most.get(ref.layer, 0), ref.call)
        # A model that was called when it was built counts that call, too, though it is not in the file.
        self._shifted = {
            name for name, last in most.items()
            if name in names and names[name].is_model and last >= len(names[name].calls)
        }  # fmt: skip

    def shift(self, name: str) -> int:
        """What is added to the number of a call of a layer where other layers read it."""
        return int(name in self._shifted)

    def in_order(self, given: Iterable[TensorRef]) -> list[tuple[KerasLayer, int, CallRecord]]:
        """Every call after the calls that it reads, else as in the file. Raises KerasProblem for a circle."""
        outputs = {(ref.layer, ref.call) for ref in given}
        makers = {
            (layer.name, number + self.shift(layer.name)): place
            for place, (layer, number, record) in enumerate(self.all)
            if (layer.name, number) not in outputs
        }
        waits: list[int] = []
        readers: dict[int, list[int]] = {}
        for place, (_, _, record) in enumerate(self.all):
            sources = {makers[ref[:2]] for ref in record.refs() if ref[:2] in makers}
            waits.append(len(sources))
            for source in sources:
                readers.setdefault(source, []).append(place)
        ready = [place for place, count in enumerate(waits) if not count]
        order = []
        while ready:
            place = heapq.heappop(ready)
            order.append(self.all[place])
            for reader in readers.get(place, ()):
                waits[reader] -= 1
                if not waits[reader]:
                    heapq.heappush(ready, reader)
        if len(order) < len(self.all):
            layer, _, record = self.all[next(place for place, count in enumerate(waits) if count)]
            says = f"'{short(layer.name)}' reads what is computed from its own output"
            raise KerasProblem(says, "", record.path)
        return [(layer, number, record) for layer, number, record in order if layer.type != INPUT_LAYER]


# --- the translator of a layer ------------------------------------------------------------------------------

WAY_OUT = "the way out: describe the network in a spec, with ops of `archcalc ops`"
_OPERATIONS = ("keras.src.ops", "keras.ops")
_PACKAGES = ("keras", "tf_keras", "tensorflow")
_LAMBDAS = ("TFOpLambda", "TensorFlowOpLayer", "SlicingOpLambda")


def _translator(layer: KerasLayer) -> Callable[[KerasCall, KerasReader], KerasTensor | Nothing]:
    """Raises KerasProblem for a layer that archcalc does not know."""
    if layer.type in _LAMBDAS or layer.package.startswith(_OPERATIONS):
        return _operation(layer)
    if layer.type in TRANSLATORS:
        return TRANSLATORS[layer.type]
    if layer.type == "Lambda":
        says = "a Lambda layer holds Python code, which archcalc never runs"
        hint = "the way out: use a layer such as Rescaling or Activation, or describe the network in a spec"
        raise KerasProblem(says, hint)
    if layer.package and not layer.package.startswith(_PACKAGES):
        says = (
            f"the class '{short(layer.type)}' is not from Keras: its code is not in the file, and is not run"
        )
        raise KerasProblem(says, WAY_OUT)
    close = closest(layer.type, list(TRANSLATORS))
    hint = f"did you mean '{close}'?" if close else WAY_OUT
    raise KerasProblem(f"archcalc has no layer for the class '{short(layer.type)}'", hint)


def _operation(layer: KerasLayer) -> Callable[[KerasCall, KerasReader], KerasTensor | Nothing]:
    """A function that was called in a functional model: ``x + y``, ``keras.ops.relu``, ``tf.nn.relu``."""
    function = layer.config.get("function") if layer.type in _LAMBDAS else layer.type
    name = str(function).rpartition(".")[2]
    plain = name.lower().replace("_", "")
    if plain in _MASKS:
        return lambda call, reader: _MASK
    translator = OPERATIONS.get(plain) or operation_op(name)
    if translator is None:
        raise KerasProblem(f"archcalc has no layer for the operation '{short(name)}'", WAY_OUT)
    return translator
