"""The model while it is read: what each tensor is, the layers so far, and whose arrays they use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError
from archcalc.importers.as_network import LayerList, made
from archcalc.importers.keras.config_file import JsonPath
from archcalc.importers.keras.fields import KerasConfig, KerasProblem
from archcalc.importers.keras.model import KerasLayer
from archcalc.network import INPUT
from archcalc.ops.base import Op, Volume

MOST_CALLS = 150_000
"""Calls of layers. A model that is called in models many times would grow without end."""


class KerasTensor(NamedTuple):
    """The values that a layer gives; ``dims`` is their shape in Keras, without the batch.

    Behind a global pooling the values are flat here, also where Keras keeps axes of one value. ``step`` is
    what was computed of an activation that is written in several steps, and ``base`` what it reads.
    """

    number: int
    dims: tuple[int, ...]
    step: str = ""
    base: int = INPUT

    @property
    def channels(self) -> int:
        return self.dims[-1]

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.dims) - 1


class Nothing(NamedTuple):
    """Stands for values that are no part of the network; ``says`` is why. Empty: a layer has a mistake."""

    says: str


BROKEN = Nothing("")


class KerasCall(NamedTuple):
    """One use of a layer: its arguments, and the path of its layers in the network."""

    layer: KerasLayer
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    path: Sequence[str]

    @property
    def config(self) -> KerasConfig:
        return self.layer.config

    def inputs(self, least: int = 1, most: int | None = None) -> list[KerasTensor]:
        """The tensors that it reads. Raises KerasProblem if their number is wrong."""
        tensors = list(tensors_in(self.args))
        if not least <= len(tensors) <= (len(tensors) if most is None else most):
            others = " or more" if most is None else "" if most == least else f" to {most}"
            wanted = f"{least}{others}"
            raise KerasProblem(f"it needs {wanted} inputs, and has {len(tensors)}")
        for tensor in tensors:
            if isinstance(tensor, Nothing):
                raise KerasProblem(f"it reads {tensor.says}")
        return tensors

    def input(self) -> KerasTensor:
        """The only tensor that it reads. Raises KerasProblem."""
        return self.inputs(1, 1)[0]

    def of(self, layer: KerasLayer) -> KerasCall:
        """The same use of a layer inside of this one, as wrappers have them."""
        return self._replace(layer=layer)


def tensors_in(value: Any) -> Iterator[Any]:
    """The tensors in an argument, in order."""
    if isinstance(value, KerasTensor | Nothing):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from tensors_in(inner)


def _alike(op: Op, other: Op) -> bool:
    return op.name == other.name and vars(op) == vars(other)


class KerasReader:
    """The layers of the network so far."""

    def __init__(self, inputs: Mapping[str, Volume]) -> None:
        self.layers = LayerList(inputs)
        self.notes: Counter[str] = Counter()
        """What the network has not of the file, with the number of layers."""

        self.calls = 0
        self.frozen: set[int] = set()
        """The layers whose arrays are not trained."""

        self._arrays: dict[JsonPath, list[int]] = {}
        self._reused: list[int] | None = None
        self._making: list[int] = []

    def start(self, layer: KerasLayer) -> None:
        """Before a layer of the file is read: it may be one that was used before. Raises ArchcalcError."""
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise ArchcalcError(f"the model has more than {MOST_CALLS:,} layers")
        self._reused = self._arrays.get(layer.path)
        self._making = []
        self._arrays.setdefault(layer.path, self._making)

    def add(self, call: KerasCall, op: Op, *inputs: KerasTensor, part: str = "") -> KerasTensor:
        """A layer of the network; ``part`` is its name in a layer of several. Raises DoesNotFit."""
        path = (*call.path, part) if part else call.path
        number = self.layers.add(path, op, [tensor.number for tensor in inputs], self._same_as(op))
        if type(op).weights is not Op.weights:
            self._making.append(number)
            if call.layer.config.values.get("trainable") is False:
                self.frozen.add(number)
        volume = self.layers.volumes[number]
        return KerasTensor(number, (*volume.spatial, volume.channels))

    def _same_as(self, op: Op) -> int:
        """The layer whose arrays a layer of a later call uses."""
        if self._reused is None or type(op).weights is Op.weights:
            return 0
        place = len(self._making)
        earlier = self._reused[place] if place < len(self._reused) else 0
        if not earlier or not _alike(self.layers.nodes[earlier - 1].op, op):
            raise KerasProblem("it is used twice, for inputs of different kinds")
        return earlier

    def add_same(self, call: KerasCall, op: Op, x: KerasTensor, part: str = "") -> KerasTensor:
        """A layer whose output has the shape of its input. Raises DoesNotFit."""
        return KerasTensor(self.add(call, op, x, part=part).number, x.dims)

    def volume(self, tensor: KerasTensor) -> Volume:
        """The sizes of a tensor as archcalc has them."""
        return self.layers.volumes[tensor.number]

    def is_flat(self, tensor: KerasTensor) -> bool:
        return not self.volume(tensor).spatial

    def maps(self, call: KerasCall, tensor: KerasTensor) -> KerasTensor:
        """The tensor with all axes of Keras. Raises DoesNotFit."""
        if not tensor.rank or not self.is_flat(tensor):
            return tensor
        return self.add(call, made("reshape", to=tensor.dims[:-1]), tensor, part="maps")

    def note(self, says: str) -> None:
        """Count a layer that the network has not, or not quite so."""
        self.notes[says] += 1

    def is_input(self, tensor: KerasTensor) -> bool:
        return self.layers.is_input(tensor.number)
