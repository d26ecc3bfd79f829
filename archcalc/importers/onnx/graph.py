"""The graph while it is read: what each tensor is, the layers so far, and their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

from archcalc.importers.as_activations import Pending
from archcalc.importers.as_network import ImportProblem, LayerList, spelled
from archcalc.importers.onnx.model import OnnxModel, OnnxNode
from archcalc.importers.onnx.values import (
    AxisRole,
    Known,
    Signal,
    Value,
    input_axes,
    layer_axes,
)
from archcalc.ops.base import Op, Volume, Weight

# Names that torch makes up for weights that it has changed, such as a conv with its norm worked in.
_MADE_UP = re.compile(r"onnx::\w+_\d+\Z")


class GraphReader:
    """The tensors and layers of a graph."""

    def __init__(self, model: OnnxModel, inputs: Mapping[str, Sequence[int]]) -> None:
        self.model = model
        self.inputs = inputs
        """The shape of each input of the network."""

        self.layers = LayerList({name: Volume(tuple(dims[2:]), dims[1]) for name, dims in inputs.items()})
        self.values: dict[str, Value] = {
            name: Signal(number, input_axes(dims)) for number, (name, dims) in enumerate(inputs.items())
        }

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
            tensor = self.model.tensors[name]
            return Known(tensor.dims, tensor.values, name)
        raise ImportProblem(f"reads '{name}', which no node before it gives")

    def known(self, node: OnnxNode, place: int) -> Known | None:
        """An input that must be a constant; None if the node has no such input. Raises ImportProblem."""
        value = self.value(node, place)
        if value is None or isinstance(value, Known):
            return value
        raise ImportProblem(f"its input {place + 1} is computed from the image, and not stored in the file")

    def weight(self, node: OnnxNode, place: int) -> Known:
        """An input that must be a constant. Raises ImportProblem."""
        known = self.known(node, place)
        if known is None:
            raise ImportProblem(f"it has no input {place + 1}")
        return known

    def is_trained(self, node: OnnxNode, place: int) -> bool:
        """Whether an input is stored in the file: what nodes compute is no parameter."""
        known = self.known(node, place)
        return known is not None and known.name != ""

    def signal(self, node: OnnxNode, place: int = 0) -> Signal:
        """An input that must be computed by a layer. Raises ImportProblem."""
        value = self.value(node, place)
        if isinstance(value, Signal):
            return value
        if isinstance(value, Pending):
            return self.whole(value)
        raise ImportProblem("it works on constants only" if value else f"it has no input {place + 1}")

    def whole(self, pending: Pending) -> Signal:
        """The layer of an activation. Raises ImportProblem."""
        raise NotImplementedError

    @cached_property
    def readers(self) -> Counter[str]:
        """How many nodes read each tensor."""
        return Counter(name for node in self.model.nodes for name in node.inputs)

    # --- layers ------------------------------------------------------------------------------------------

    def add(
        self,
        node: OnnxNode,
        op: Op,
        *inputs: Signal,
        axes: Sequence[AxisRole] | None = None,
        weights: Sequence[int] = (),
    ) -> Signal:
        """A layer for a node; ``weights`` are the places of its stored inputs. Raises DoesNotFit.

        Without ``axes``, the output has the axes of the first input, with the sizes of the layer.
        """
        for signal in inputs:
            if len(signal.spatial) != self.layers.volumes[signal.number].rank:
                raise ImportProblem("archcalc cannot read its input after the reshape before it")
        stored = [self.weight(node, place) for place in weights if self.is_trained(node, place)]
        names = [known.name for known in stored]
        number = self.layers.add(
            self.path(node, op, names), op, [signal.number for signal in inputs], arrays=names
        )
        y = self.layers.volumes[number]
        xs = tuple(self.layers.volumes[signal.number] for signal in inputs)
        trained = [weight for weight in op.weights(xs, y) if weight.role != "buffer"]
        for known, weight in zip(stored, trained, strict=False):
            _check_weight(known, weight)
        made = layer_axes(inputs[0], y.spatial, y.channels) if axes is None else axes
        return Signal(number, tuple(made))

    # --- names -------------------------------------------------------------------------------------------

    @cached_property
    def scopes(self) -> set[tuple[str, ...]]:
        """The paths of modules that contain other modules."""
        found = set()
        for node in self.model.nodes:
            parts = module_path(node)
            found |= {parts[:end] for end in range(len(parts))}
        return found

    def path(self, node: OnnxNode, op: Op, weights: Sequence[str]) -> Sequence[str]:
        """The path of a layer: from the name of its node, else from that of its weights, else from its op."""
        parts = module_path(node)
        if not parts and weights and not _MADE_UP.match(weights[0]):
            parts = tuple(map(spelled, re.split(r"[./]", weights[0])[:-1]))
            return parts or (op.name,)
        if parts and parts not in self.scopes:
            return parts
        return (*parts, op.name)

    @property
    def made_up(self) -> int:
        """The convolutions whose weights have no name of the model."""
        return sum(
            node.type == "Conv" and len(node.inputs) > 1 and bool(_MADE_UP.match(node.inputs[1]))
            for node in self.model.nodes
        )


def _check_weight(known: Known, weight: Weight) -> None:
    """The file stores as many values as the layer has. Raises ImportProblem."""
    if known.size != weight.count:
        raise ImportProblem(
            f"its {weight.name} has {weight.count:,} values, but '{known.name}' has {known.size:,}"
        )


def module_path(node: OnnxNode) -> tuple[str, ...]:
    """The modules around a node, from its name: each part without what it repeats of the part before.

    >>> module_path(OnnxNode("/layer1/layer1.0/conv1/Conv", "Conv", (), (), {}))
    ('layer1', '0', 'conv1')
    >>> module_path(OnnxNode("Conv_12", "Conv", (), (), {})), module_path(OnnxNode("", "Relu", (), (), {}))
    ((), ())
    """
    parts = [part for part in node.name.split("/") if part]
    if parts and re.fullmatch(rf"(node_)?{re.escape(node.type)}(_\d+)?", parts[-1]):
        parts = parts[:-1]
    path, above = [], ""
    for part in parts:
        path.append(spelled(part.removeprefix(f"{above}.")) or "_")
        above = part
    # A path has a limit; its end says the most.
    return tuple(path[-8:])
