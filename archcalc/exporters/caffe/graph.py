"""The file while it is written: its layers so far, and the blobs between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.exporters.as_placed import Placed
from archcalc.network import INPUT, Network
from archcalc.ops.base import Op

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
        self.blobs = {INPUT: self.free("data")}
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
        is_in_place = layer.op.name in IN_PLACE and source != INPUT and self.readers[source] == 1
        top = self.blobs[source] if is_in_place else layer.path
        self.blobs[layer.number] = top
        self.write(type, layer.path, read, [top], options)

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
        options: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Write a layer."""
        given = {name: message for name, message in (options or {}).items() if message}
        self.layers.append(
            {"name": name, "type": type, "bottom": list(bottoms), "top": list(tops)} | given,
        )
