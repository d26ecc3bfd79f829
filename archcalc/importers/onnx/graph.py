"""The graph while it is read: what each tensor is, the layers so far, and their names.

A node is read as the call of a function of PyTorch that does the same, so ``importers.as_calls`` says what
the axes of a tensor are, and which layers move, multiply or join tensors.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from archcalc.importers.as_activations import Pending, activation_of
from archcalc.importers.as_calls.axes import Axes
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.input_channels import ChannelAxes
from archcalc.importers.as_calls.values import Call, Computed, ModulePlace, Stored
from archcalc.importers.as_network import ImportProblem, spelled
from archcalc.importers.onnx.model import OnnxModel, OnnxNode
from archcalc.importers.onnx.trained import StoredTensors, is_made_up
from archcalc.importers.onnx.values import Known, Value, dims_of_value
from archcalc.ops.base import Inputs, Op, Volume

MOST_PATHS = 4096
"""Names of nodes whose modules are kept: they are looked up twice."""

_MOVES = ("reshape", "transpose", "rearrange")

_SEVERAL = (
    "Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum", "Softmax", "LayerNormalization", "ReduceMean", "Sqrt"
)  # fmt: skip
"""Nodes that are a layer of their own: a module with two of them has several layers."""


@dataclass(frozen=True, kw_only=True)
class NodeCall(Call):
    """What a node does, as a call of a function of PyTorch."""

    node: OnnxNode


class GraphReader(CallReader):
    """The tensors and layers of a graph."""

    def __init__(
        self, model: OnnxModel, inputs: Mapping[str, Sequence[int]], channels: ChannelAxes | None = None
    ) -> None:
        self.tensors = StoredTensors(model)
        super().__init__(inputs, self.tensors.sizes, channels)
        self.model = model
        self.inputs = inputs
        """The shape of each input of the network."""

        self.batch = next(iter(inputs.values()))[0]
        """The images of the file. The network is that of one of them."""

        self.values: dict[str, Value] = {name: self.input_signal(at) for at, name in enumerate(inputs)}

    @cached_property
    def is_as_declared(self) -> bool:
        """Whether all inputs have the shapes that the file declares."""
        return all(info.dims == tuple(self.inputs[info.name]) for info in self.model.inputs)

    # --- the inputs of a node ----------------------------------------------------------------------------

    def value(self, node: OnnxNode, place: int) -> Value | None:
        """An input of a node; None if it has no such input. Raises ImportProblem."""
        name = node.inputs[place] if place < len(node.inputs) else ""
        if not name:
            return None
        if name in self.values:
            return self.values[name]
        if name in self.model.tensors:
            self.values[name] = self.tensors.known(name)
            return self.values[name]
        raise ImportProblem(f"reads '{name}', which no node before it gives")

    def known(self, node: OnnxNode, place: int) -> Known | None:
        """An input that must be a constant; None if the node has no such input. Raises ImportProblem."""
        value = self.value(node, place)
        if value is None or isinstance(value, Known):
            return value
        raise ImportProblem(f"its input {place + 1} is computed from the image, and not stored in the file")

    def constants(self, node: OnnxNode) -> list[Known | None] | None:
        """The inputs of a node that does not depend on the image; None for others. Raises ImportProblem."""
        inputs: list[Known | None] = []
        for place in range(len(node.inputs)):
            value = self.value(node, place)
            if value is not None and not isinstance(value, Known):
                return None
            inputs.append(value)
        if node.type in ("MatMul", "Gemm") and len(inputs) > 1:
            first, second = inputs[:2]
            if first is not None and second is not None:
                inputs[:2] = self.tensors.of_product(node.inputs[1], first, second)
        return inputs

    def weight(self, node: OnnxNode, place: int) -> Stored:
        """An input that must be a constant, as the weights of a layer. Raises ImportProblem."""
        known = self.known(node, place)
        if known is None:
            raise ImportProblem(f"it has no input {place + 1}")
        if known.params:
            return known.stored
        name = node.inputs[place]
        self.tensors.sizes[name] = known.size
        return Stored(known.dims, frozenset([name]), True)

    def trained(self, node: OnnxNode, place: int) -> Stored | None:
        """An input that is stored in the file; None for what nodes compute: that is no parameter."""
        known = self.known(node, place)
        if known is None or known.params:
            return None if known is None else known.stored
        return self.weight(node, place) if self.tensors.may_train(node.inputs[place]) else None

    def read(self, node: OnnxNode, place: int = 0) -> Computed:
        """An input that must be computed by a layer. Raises ImportProblem."""
        value = self.value(node, place)
        if isinstance(value, Known) or value is None:
            raise ImportProblem("it works on constants only" if value else f"it has no input {place + 1}")
        return self.signal(value)

    def argument(self, node: OnnxNode, place: int) -> Any:
        """An input as the argument of a call. Raises ImportProblem."""
        value = self.value(node, place)
        if value is None:
            raise ImportProblem(f"it has no input {place + 1}")
        return value.stored if isinstance(value, Known) else value

    def dims(self, node: OnnxNode, place: int) -> tuple[int, ...]:
        """The shape of an input. Raises ImportProblem."""
        value = self.value(node, place)
        if value is None:
            raise ImportProblem(f"it has no input {place + 1}")
        return dims_of_value(value)

    def as_call(self, node: OnnxNode, *shapes: Sequence[int], **args: Any) -> NodeCall:
        """What a node does, as a call with these arguments, whose outputs have these shapes."""
        self.call = call = NodeCall(node.type, args, [*map(tuple, shapes)], ModulePlace(), node=node)
        self.call_read = call
        return call

    @cached_property
    def readers(self) -> Counter[str]:
        """How many nodes read each tensor."""
        return Counter(name for node in self.model.nodes for name in node.inputs)

    # --- layers ------------------------------------------------------------------------------------------

    def _finished(self, pending: Pending) -> Computed:
        if activation_of(pending.tree) is None and pending.last is not None:
            # Activations in a row, or two results that only happen to have the same input.
            last, first = activation_of(pending.last), self.signal(pending.parts[0])
            if last is not None and first != pending.base:
                return self.add(pending.node, last, first)
        return super()._finished(pending)

    def add(
        self,
        call: Call,
        op: Op,
        *inputs: Computed,
        axes: Axes | None = None,
        weights: Sequence[Stored | None] = (),
        of_many: bool = False,
    ) -> Computed:
        """A layer for a node; its arrays are noted. Raises DoesNotFit and ImportProblem."""
        y = super().add(call, op, *inputs, axes=axes, weights=weights, of_many=of_many)
        self.note_arrays(y.number, weights)
        return y

    def note_arrays(self, number: int, weights: Sequence[Stored | None]) -> None:
        """Add the names of more arrays to those of a layer."""
        names = [min(stored.params) for stored in weights if stored is not None and stored.plain]
        if names:
            self.layers.arrays[number] = (*self.layers.arrays.get(number, ()), *names)

    def _check_weights(self, op: Op, xs: Inputs, y: Volume, weights: Sequence[Stored | None]) -> None:
        given = [stored for stored in weights if stored is not None and stored.params]
        trained = [weight for weight in op.weights(xs, y) if weight.role != "buffer"]
        for stored, weight in zip(given, trained, strict=False):
            name = min(stored.params)
            if stored.plain and stored.size != weight.count:
                raise ImportProblem(
                    f"its {weight.name} has {weight.count:,} values, but '{name}' has {stored.size:,}"
                )

    def _shared(self, names: Sequence[str]) -> int:
        return 0  # tie_layers finds them: exporters also merge arrays that only happen to be equal

    # --- names -------------------------------------------------------------------------------------------

    @cached_property
    def scopes(self) -> set[tuple[str, ...]]:
        """The paths of modules that contain other modules, or several layers."""
        paths = [(module_path(node), node.type) for node in self.model.nodes]
        layers = Counter(parts for parts, type in paths if type in _SEVERAL)
        found = {parts for parts, count in layers.items() if count > 1}
        for parts in {parts for parts, _ in paths}:
            found |= {parts[:end] for end in range(len(parts))}
        return found

    def _path(self, call: Call, op: Op, names: Sequence[str]) -> Sequence[str]:
        """The path of a layer: from the name of its node, else from that of its weights, else from its op."""
        assert isinstance(call, NodeCall)
        node = call.node
        parts = module_path(node)
        if not parts and names and not is_made_up(names[0]):
            parts = tuple(map(spelled, re.split(r"[./]", names[0])[:-1]))
            return parts or (op.name,)
        is_move = op.name in _MOVES or (op.name == "flatten" and node.type not in ("Flatten", "Reshape"))
        if parts and not is_move and parts not in self.scopes:
            return parts
        return (*parts, op.name)

    @property
    def made_up(self) -> int:
        """The convolutions whose weights have no name of the model."""
        return sum(
            node.type == "Conv" and len(node.inputs) > 1 and is_made_up(node.inputs[1])
            for node in self.model.nodes
        )


def module_path(node: OnnxNode) -> tuple[str, ...]:
    """The modules around a node, from its name: each part without what it repeats of the part before.

    >>> module_path(OnnxNode("/layer1/layer1.0/conv1/Conv", "Conv", (), (), {}))
    ('layer1', '0', 'conv1')
    >>> module_path(OnnxNode("Conv_12", "Conv", (), (), {})), module_path(OnnxNode("", "Relu", (), (), {}))
    ((), ())
    >>> module_path(OnnxNode("conv_3", "Conv", (), (), {}, modules=("layer1", "layer1.0", "layer1.0.conv1")))
    ('layer1', '0', 'conv1')
    """
    return _module_path(node.name, node.type, node.modules)


@lru_cache(maxsize=MOST_PATHS)
def _module_path(name: str, type: str, modules: tuple[str, ...] | None) -> tuple[str, ...]:
    parts = [part for part in name.split("/") if part] if modules is None else [*modules]
    if modules is None and parts and re.fullmatch(rf"(node_)?{re.escape(type)}(_\d+)?", parts[-1]):
        parts = parts[:-1]
    path, above = [], ""
    for part in parts:
        path.append(spelled(part.removeprefix(f"{above}.")) or "_")
        above = part
    # A path has a limit; its end says the most.
    return tuple(path[-8:])
