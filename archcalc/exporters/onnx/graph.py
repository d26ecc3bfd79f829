"""The file while it is written: its nodes so far, and the names of the tensors between them.

The numbers of the fields are those of ``onnx.proto``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import NotInFormat
from archcalc.exporters.onnx.wire import message
from archcalc.network import INPUT, Network
from archcalc.ops.base import Volume

OPSET, IR_VERSION = 21, 10
"""Opset 21 is the first one with a group norm of one scale per channel."""

FLOAT, INT64, BOOL = 1, 7, 9


class OnnxWriter:
    """The nodes of the file so far, and the names of the tensors by the numbers of their layers.

    The axes of a tensor are batch, channels, space; or batch, space, channels, if its number is in
    ``channels_last``. Each op writes the order in which ONNX works: convolutions need the channels first,
    products with a matrix need them last. A tensor is transposed where it is read in the other order.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes: list[bytes] = []
        self.shapes: dict[int, bytes] = {}
        self.names = {node.path for node in network.layers}
        self.channels_last: set[int] = set()
        self.turned: dict[int, str] = {}
        """The same values in the other order of axes, where a layer read them so."""

        self.words = _words(network)
        self.opset = OPSET
        self.tensors = {INPUT: self.free(network.input_name)}
        self.infos = [value_info(self.tensors[INPUT], network.input, is_words=INPUT in self.words)]
        self.arrays: dict[tuple[str, str], tuple[str, Sequence[int]]] = {}
        """The trained arrays that several layers may read, by the path of the first one and their names."""

        self.by_columns: set[str] = set()
        """Those of them that are matrices of the shape [inputs, units]; others are [units, inputs]."""

    def free(self, name: str) -> str:
        """A name that no tensor has."""
        free, copies = name, 1
        while free in self.names:
            copies += 1
            free = f"{name}_{copies}"
        self.names.add(free)
        return free

    # --- what a layer reads -------------------------------------------------------------------------------

    def inputs(self, layer: Placed, last: bool = False) -> list[str]:
        """The names of the tensors that a layer reads, with their channels first or last."""
        pairs = zip(layer.inputs, layer.xs, strict=True)
        return [self._in_order(source, x, last) for source, x in pairs]

    def is_last(self, layer: Placed) -> bool:
        """Whether the first input of a layer has its channels last."""
        return layer.inputs[0] in self.channels_last

    def _in_order(self, source: int, x: Volume, last: bool) -> str:
        name = self.tensors[source]
        if not x.rank or source in self.words or (source in self.channels_last) == last:
            return name
        if source not in self.turned:
            self.turned[source] = output = self.free(f"{name}/Transpose")
            perm = (0, *range(2, x.rank + 2), 1) if last else (0, x.rank + 1, *range(1, x.rank + 1))
            self._node("Transpose", output, [name], output, {"perm": perm})
        return self.turned[source]

    # --- nodes --------------------------------------------------------------------------------------------

    def input(self, layer: Placed) -> None:
        """An input after the first."""
        self.tensors[layer.number] = layer.path
        self.infos.append(value_info(layer.path, layer.y, is_words=layer.number in self.words))

    def add(
        self,
        layer: Placed,
        type: str,
        inputs: Sequence[str] | None = None,
        last: bool = False,
        **attributes: Any,
    ) -> None:
        """The node that gives the values of a layer; it has the layer's path as its name.

        ``last``: it has its channels last. Without ``inputs`` it reads those of the layer in that order.
        """
        read = self.inputs(layer, last) if inputs is None else inputs
        self._node(type, layer.path, read, layer.path, attributes)
        self.tensors[layer.number] = layer.path
        if last and layer.y.rank:
            self.channels_last.add(layer.number)
        self.shapes[layer.number] = value_info(layer.path, layer.y, last)

    def alike(self, layer: Placed, type: str, more: Sequence[str] = (), **attributes: Any) -> None:
        """A node that works value by value: the channels stand where those of the first input stand."""
        last = self.is_last(layer)
        self.add(layer, type, [*self.inputs(layer, last), *more], last, **attributes)

    def before(
        self, layer: Placed, type: str, name: str, inputs: Sequence[str] | None = None, **attributes: Any
    ) -> str:
        """A node in front of the node of a layer; the name of the tensor that it gives."""
        output = self.free(f"{layer.path}/{name}")
        read = self.inputs(layer) if inputs is None else inputs
        self._node(type, output, read, output, attributes)
        return output

    # --- stored values ------------------------------------------------------------------------------------

    def _key(self, layer: Placed, name: str) -> tuple[str, str]:
        """The layer that stores an array, and the name of the array."""
        number = self.network.layers[layer.number - 1].same_as
        return self.network.layers[number - 1].path if number else layer.path, name

    def weight(self, layer: Placed, name: str, shape: Sequence[int]) -> str:
        """A trained array: zeros, of which nothing is stored but the shape."""
        key = self._key(layer, name)
        if key in self.arrays:
            stored, axes = self.arrays[key]
            if sorted(axes) != sorted(shape):
                raise NotInFormat("archcalc writes shared weights in one order of axes only")
            return stored
        output = self.free(f"{layer.path}/{name}")
        self.arrays[key] = output, shape
        values, indices = message((1, 0), (2, FLOAT), (8, output)), message((1, 0), (2, INT64))
        sparse = message((1, values), (2, indices), (3, list(shape)))
        self._constant(output, message((1, "sparse_value"), (22, sparse), (20, 11)))
        return output

    def matrix(self, layer: Placed, name: str, shape: Sequence[int]) -> str:
        """A trained matrix [units, inputs] as MatMul reads it: [inputs, units]."""
        if self._key(layer, name) not in self.arrays:
            self.by_columns.add(self.weight(layer, name, shape[::-1]))
        stored = self.weight(layer, name, shape)
        if stored in self.by_columns:
            return stored
        return self.before(layer, "Transpose", f"{name}/Transpose", [stored], perm=(1, 0))

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

    def filled(self, layer: Placed, name: str, sizes: int | Sequence[int], value: float | bool) -> str:
        """The same number many times, as a norm reads it in the place of an array that it lacks."""
        shape = self.constant(layer, f"{name}/size", [sizes] if isinstance(sizes, int) else sizes)
        fill = message((1, [1]), (2, BOOL), (5, [1])) if value is True else _tensor([value], (1,))
        output = self.free(f"{layer.path}/{name}")
        attribute = _attribute("value", fill)
        self.nodes.append(
            message((1, shape), (2, output), (3, output), (4, "ConstantOfShape"), (5, attribute))
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
        return message((1, IR_VERSION), (2, "archcalc"), (7, graph), (8, message((2, self.opset))))


def _words(network: Network) -> set[int]:
    """The inputs that only embeddings read: sequences of numbers of words, which have no axis of channels."""
    others = {source for node in network.layers if node.op.name != "embedding" for source in node.inputs}
    read = {source for node in network.layers for source in node.inputs if not node.aux}
    inputs = {INPUT: network.input, **network.further_inputs}
    return {number for number, x in inputs.items() if x.rank and number in read and number not in others}


def value_info(name: str, volume: Volume, last: bool = False, is_words: bool = False) -> bytes:
    """The declared shape of a tensor, for one image."""
    channels = () if is_words else (volume.channels,)
    sizes = (1, *volume.spatial, *channels) if last else (1, *channels, *volume.spatial)
    shape = message((1, [message((1, size)) for size in sizes]))
    type = message((1, message((1, INT64 if is_words else FLOAT), (2, shape))))
    return message((1, name), (2, type))


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
