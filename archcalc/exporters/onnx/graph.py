"""The file while it is written: its nodes so far, and the names of the tensors between them.

The numbers of the fields are those of ``onnx.proto``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.onnx.wire import message
from archcalc.network import INPUT, Network
from archcalc.ops.base import Volume

OPSET, IR_VERSION = 21, 10
"""Opset 21 is the first one with a group norm of one scale per channel."""

FLOAT, INT64 = 1, 7


class OnnxWriter:
    """The nodes of the file so far, and the names of the tensors by the numbers of their layers."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes: list[bytes] = []
        self.shapes: dict[int, bytes] = {}
        self.names = {node.path for node in network.layers}
        self.tensors = {INPUT: self.free(network.input_name)}
        self.infos = [value_info(self.tensors[INPUT], network.input)]
        self.arrays: dict[tuple[str, str], str] = {}
        """The trained arrays that several layers may read, by the path of the first one and their names."""

    def free(self, name: str) -> str:
        """A name that no tensor has."""
        free, copies = name, 1
        while free in self.names:
            copies += 1
            free = f"{name}_{copies}"
        self.names.add(free)
        return free

    def inputs(self, layer: Placed) -> list[str]:
        """The names of the tensors that a layer reads."""
        return [self.tensors[source] for source in layer.inputs]

    def input(self, layer: Placed) -> None:
        """An input after the first."""
        self.tensors[layer.number] = layer.path
        self.infos.append(value_info(layer.path, layer.y))

    def add(self, layer: Placed, type: str, inputs: Sequence[str] | None = None, **attributes: Any) -> None:
        """The node that gives the values of a layer; it has the layer's path as its name."""
        read = self.inputs(layer) if inputs is None else inputs
        self._node(type, layer.path, read, layer.path, attributes)
        self.tensors[layer.number] = layer.path
        self.shapes[layer.number] = value_info(layer.path, layer.y)

    def before(
        self, layer: Placed, type: str, name: str, inputs: Sequence[str] | None = None, **attributes: Any
    ) -> str:
        """A node in front of the node of a layer; the name of the tensor that it gives."""
        output = self.free(f"{layer.path}/{name}")
        read = self.inputs(layer) if inputs is None else inputs
        self._node(type, output, read, output, attributes)
        return output

    def weight(self, layer: Placed, name: str, shape: Sequence[int]) -> str:
        """A trained array: zeros, of which nothing is stored but the shape."""
        number = self.network.layers[layer.number - 1].same_as
        owner = self.network.layers[number - 1].path if number else layer.path
        if (owner, name) in self.arrays:
            return self.arrays[owner, name]
        self.arrays[owner, name] = output = self.free(f"{layer.path}/{name}")
        values, indices = message((1, 0), (2, FLOAT), (8, output)), message((1, 0), (2, INT64))
        sparse = message((1, values), (2, indices), (3, list(shape)))
        self._constant(output, message((1, "sparse_value"), (22, sparse), (20, 11)))
        return output

    def constant(self, layer: Placed, name: str, values: Sequence[int | float]) -> str:
        """Numbers that are no weights: sizes, limits, or what a norm has in the place of a missing array."""
        output = self.free(f"{layer.path}/{name}")
        self._constant(output, message((1, "value"), (5, _tensor(values, (len(values),))), (20, 4)))
        return output

    def scalar(self, layer: Placed, name: str, value: float | Fraction) -> str:
        """One number without axes."""
        output = self.free(f"{layer.path}/{name}")
        self._constant(output, message((1, "value"), (5, _tensor([float(value)], ())), (20, 4)))
        return output

    def filled(self, layer: Placed, name: str, count: int, value: float) -> str:
        """``count`` times the same number, as a norm reads them in the place of an array that it lacks."""
        shape = self.constant(layer, f"{name}/size", [count])
        fill = _tensor([value], (1,))
        output = self.free(f"{layer.path}/{name}")
        self.nodes.append(
            message(
                (1, shape), (2, output), (3, output), (4, "ConstantOfShape"), (5, _attribute("value", fill))
            )
        )
        return output

    def _constant(self, output: str, attribute: bytes) -> None:
        self.nodes.append(message((2, output), (3, output), (4, "Constant"), (5, attribute)))

    def _node(
        self, type: str, name: str, inputs: Sequence[str], output: str, attributes: Mapping[str, Any]
    ) -> None:
        written = [_attribute(key, value) for key, value in attributes.items()]
        self.nodes.append(message((1, _texts(inputs)), (2, output), (3, name), (4, type), (5, written)))

    def file(self, output: int) -> bytes:
        """The whole file; ``output`` is the number of the layer whose values are those of the network.

        What no layer reads is an output, too: readers leave out layers that lead to none.
        """
        network = self.network
        read = {source for node in network.layers for source in node.inputs if not node.aux}
        ends = [output, *(number for number in self.shapes if number not in read and number != output)]
        outputs = [self.shapes[number] for number in ends]
        inner = [shape for number, shape in self.shapes.items() if number not in ends]
        graph = message((1, self.nodes), (2, network.name), (11, self.infos), (12, outputs), (13, inner))
        return message((1, IR_VERSION), (2, "archcalc"), (7, graph), (8, message((2, OPSET))))


def value_info(name: str, volume: Volume) -> bytes:
    """The declared shape of a tensor, for one image."""
    dims = [message((1, size)) for size in (1, volume.channels, *volume.spatial)]
    return message((1, name), (2, message((1, message((1, FLOAT), (2, message((1, dims))))))))


def _texts(names: Sequence[str]) -> list[bytes]:
    return [name.encode() for name in names]


def _tensor(values: Sequence[int | float], dims: Sequence[int]) -> bytes:
    if all(isinstance(value, int) for value in values):
        return message((1, list(dims)), (2, INT64), (9, struct.pack(f"<{len(values)}q", *values)))
    return message((1, list(dims)), (2, FLOAT), (9, struct.pack(f"<{len(values)}f", *values)))


def _attribute(name: str, value: Any) -> bytes:
    """An attribute, with the field and the type that its value has."""
    if isinstance(value, bytes):
        return message((1, name), (5, value), (20, 4))
    if isinstance(value, str):
        return message((1, name), (4, value), (20, 3))
    if isinstance(value, float | Fraction):
        return message((1, name), (2, float(value)), (20, 1))
    if isinstance(value, int):
        return message((1, name), (3, value), (20, 2))
    return message((1, name), (8, list(value)), (20, 7))
