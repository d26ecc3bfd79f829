"""The net while it is read: what each blob is, the layers so far, and their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archcalc.importers.as_network import LayerList, spelled
from archcalc.importers.caffe.fields import CaffeProblem, scalar
from archcalc.importers.caffe.model import CaffeLayer, reader_counts, similar_blob
from archcalc.ops.base import Op, Volume

FOLDED = frozenset(
    {
        "batchnorm",
        "bn",
        "scale",
        "bias",
        "relu",
        "relu6",
        "prelu",
        "elu",
        "sigmoid",
        "tanh",
        "swish",
        "dropout",
    }
)
"""Types that stand in the row of the layer before, so their names make no scopes."""


class CaffeBlob(NamedTuple):
    """The values that a layer gives; ``dims`` is their shape in Caffe, without the batch."""

    number: int
    dims: tuple[int, ...]
    place: int = -1  # of the layer in the file
    top: str = ""


class LeftOut(NamedTuple):
    """Stands for a blob that is no part of the network; ``says`` is why. Empty: its layer has a mistake."""

    says: str


class CaffeReader:
    """The blobs and layers of a net."""

    def __init__(self, layers: Sequence[CaffeLayer], inputs: Mapping[str, Sequence[int]]) -> None:
        self.batch = next(iter(inputs.values()))[0]
        self.layers = LayerList({name: Volume(tuple(dims[2:]), dims[1]) for name, dims in inputs.items()})
        self.blobs: dict[str, CaffeBlob | LeftOut] = {
            name: CaffeBlob(number, tuple(dims[1:])) for number, (name, dims) in enumerate(inputs.items())
        }
        self.readers = reader_counts(layers)
        self.place = 0
        """The place of the layer that is read."""

        self.notes: dict[str, int] = {}
        """What the network has not of the file, with the number of layers."""

        names = [_parts(layer.name) for layer in layers if layer.type not in FOLDED]
        self._scopes = {parts[:end] for parts in names for end in range(len(parts))}

    # --- the inputs of a layer ---------------------------------------------------------------------------

    def inputs(self, layer: CaffeLayer, least: int = 1, most: int | None = None) -> list[CaffeBlob]:
        """All inputs of a layer. Raises CaffeProblem if their number is wrong."""
        count = len(layer.bottoms)
        if not least <= count <= (count if most is None else most):
            wanted = (
                str(least) if most == least else f"{least} or more" if most is None else f"{least} to {most}"
            )
            raise CaffeProblem(f"needs {wanted} inputs (bottoms), and has {count}")
        return [self._input(layer, place) for place in range(count)]

    def input(self, layer: CaffeLayer) -> CaffeBlob:
        """The only input of a layer. Raises CaffeProblem."""
        (blob,) = self.inputs(layer, 1, 1)
        return blob

    def _input(self, layer: CaffeLayer, place: int) -> CaffeBlob:
        bottom = layer.bottoms[place]
        name = scalar(bottom)
        blob = self.blobs.get(name)
        if blob is None:
            says = f"reads '{name}', which no layer before it gives"
            raise CaffeProblem(says, bottom.value_place, similar_blob(name, list(self.blobs)))
        if isinstance(blob, LeftOut):
            raise CaffeProblem(f"reads '{name}', {blob.says}", bottom.value_place)
        return blob

    def is_broken(self, layer: CaffeLayer) -> bool:
        """Whether it reads what a layer with a mistake gives: its own mistake would be the same."""
        blobs = [self.blobs.get(scalar(bottom)) for bottom in layer.bottoms]
        return any(isinstance(blob, LeftOut) and not blob.says for blob in blobs)

    def volume(self, blob: CaffeBlob) -> Volume:
        """The sizes of a blob as archcalc has them: behind a global pooling it is flat."""
        return self.layers.volumes[blob.number]

    def read_once(self, blob: CaffeBlob) -> bool:
        """Whether one layer alone reads a blob."""
        return self.readers[blob.place, blob.top] == 1

    # --- layers ------------------------------------------------------------------------------------------

    def add(self, layer: CaffeLayer, op: Op, *inputs: CaffeBlob, name: str = "") -> CaffeBlob:
        """A layer of the network. Raises DoesNotFit."""
        path = self._path(name or layer.name, op)
        number = self.layers.add(path, op, [blob.number for blob in inputs], arrays=layer.weights)
        volume = self.layers.volumes[number]
        return CaffeBlob(number, (volume.channels, *volume.spatial))

    def add_same(self, layer: CaffeLayer, op: Op, blob: CaffeBlob) -> CaffeBlob:
        """A layer whose output has the shape of its input. Raises DoesNotFit."""
        return blob._replace(number=self.add(layer, op, blob).number)

    def note(self, says: str) -> None:
        """Count a layer that the network has not, or not quite so."""
        self.notes[says] = self.notes.get(says, 0) + 1

    def _path(self, name: str, op: Op) -> Sequence[str]:
        parts = _parts(name)
        return parts if parts and parts not in self._scopes else (*parts, op.name)


def _parts(name: str) -> tuple[str, ...]:
    """The scopes of a name: ``inception_3a/1x1`` is the layer 1x1 of inception_3a."""
    return tuple(spelled(part) for part in name.split("/") if part)[-8:]


def axis_of(given: int, blob: CaffeBlob) -> int:
    """An axis in the shape without the batch: 0 is the channels, -1 the batch. Raises CaffeProblem."""
    count = len(blob.dims) + 1
    if not -count <= given < count:
        raise CaffeProblem(f"its input has no axis {given}")
    return given % count - 1
