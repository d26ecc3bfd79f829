"""The file while it is written: its layers so far, and the blobs between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.exporters.as_placed import Placed
from archcalc.network import INPUT, INPUT_NAME, Network
from archcalc.ops.base import Op, Volume

IN_PLACE = frozenset(
    {"relu", "leaky_relu", "prelu", "elu", "sigmoid", "tanh", "dropout", "bn", "scale", "instancenorm"}
)
"""Ops that overwrite their input in Caffe, as people write them."""


class CaffeWriter:
    """The layers of the file so far, and the names of the blobs by the numbers of their layers."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes = network.layers
        self.layers: list[Mapping[str, Any]] = []
        self.volumes = {INPUT: network.input}
        self.kept = [number for number, node in enumerate(self.nodes, 1) if not node.aux]
        self.readers = Counter(source for number in self.kept for source in self.nodes[number - 1].inputs)
        self.names = {node.path for node in self.nodes}
        # As people call it, unless the network has a name for it.
        self.blobs = {INPUT: self.free("data" if network.input_name == INPUT_NAME else network.input_name)}
        self.tied = {node.same_as for node in self.nodes} - {0}
        self.vectors: set[int] = set() if network.input.spatial else {INPUT}
        """The flat values that have two axes in Caffe: those behind a global pooling have four."""

    def free(self, name: str) -> str:
        """A name that no blob has."""
        free, copies = name, 1
        while free in self.names:
            copies += 1
            free = f"{name}_{copies}"
        self.names.add(free)
        return free

    def placed(self, number: int) -> Placed:
        """A layer with its volumes; all that it reads has been placed."""
        node = self.nodes[number - 1]
        xs = tuple(self.volumes[source] for source in node.inputs)
        y = self.volumes[number] = node.op.shape(xs)
        return Placed(number, node.path, node.op, node.inputs, xs, y)

    def op_of(self, number: int) -> Op | None:
        """The op that gives a blob; None for the input."""
        return self.nodes[number - 1].op if number != INPUT else None

    def add(
        self,
        layer: Placed,
        type: str,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        bottoms: Sequence[str] | None = None,
    ) -> None:
        """Write a layer that gives the values of a layer of the network."""
        read = [self.blobs[source] for source in layer.inputs] if bottoms is None else bottoms
        source = layer.inputs[0]
        is_input = source == INPUT or self.nodes[source - 1].op.name == "input"
        is_in_place = layer.op.name in IN_PLACE and not is_input and self.readers[source] == 1
        top = self.blobs[source] if is_in_place else layer.path
        self.blobs[layer.number] = top
        self.write(type, layer.path, read, [top], {"param": self._params(layer), **(options or {})})

    def _params(self, layer: Placed) -> list[Mapping[str, Any]]:
        """The names of the arrays of a layer, if others share them."""
        owner = self.nodes[layer.number - 1].same_as or layer.number
        if owner not in self.tied:
            return []
        weights = layer.op.weights(layer.xs, layer.y)
        return [{"name": f"{self.nodes[owner - 1].path}/{weight.name}"} for weight in weights]

    def input(self, layer: Placed) -> None:
        """An input after the first."""
        self.blobs[layer.number] = layer.path
        self.layers.append(input_layer(layer.path, layer.y))
        if not layer.y.spatial:
            self.vectors.add(layer.number)

    def add_behind(self, layer: Placed, type: str, name: str, options: Mapping[str, Any]) -> None:
        """Write one more layer for a layer of the network, in place."""
        blob = self.blobs[layer.number]
        self.write(type, self.free(f"{layer.path}/{name}"), [blob], [blob], options)

    def write(
        self,
        type: str,
        name: str,
        bottoms: Sequence[str],
        tops: Sequence[str],
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a layer."""
        given = {name: message for name, message in (options or {}).items() if message}
        self.layers.append(
            {"name": name, "type": type, "bottom": list(bottoms), "top": list(tops)} | given,
        )


def input_layer(name: str, volume: Volume) -> Mapping[str, Any]:
    """The layer of an input."""
    shape = {"dim": [1, volume.channels, *volume.spatial]}
    return {"name": name, "type": "Input", "top": name, "input_param": {"shape": shape}}
