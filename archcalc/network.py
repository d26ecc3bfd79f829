"""A network: a checked, ordered graph of ops, in scopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, overload

from archcalc.dims import Dim
from archcalc.errors import Mark, Problem
from archcalc.ops.base import Cost, Inputs, Op, Volume, operation
from archcalc.ops.frozen import Frozen, record
from archcalc.ops.option_types import Count, PerAxis
from archcalc.ops.options import option

INPUT = 0
"""The number of the network's input among its nodes; the layers follow from 1."""

INPUT_NAME = "input"
"""The name of the input of a network that has one."""

UNKNOWN = -1
"""Stands for a node that could not be built; a layer that reads it is left out."""


Uses: TypeAlias = tuple[tuple[str, Mark], ...]
"""The uses of the blocks around a layer, each with a phrase for a message and its place."""


@operation
class Input(Op):
    """A further input of a network: what comes from outside is its output.

    It is not an op of the language, which writes all inputs above the layers. In the graph it stands before
    the layers that read others.
    """

    name = "input"
    source = "the spec states its sizes"

    spatial: tuple[Dim, ...] = option(PerAxis(), "its spatial sizes, rows first")
    channels: Dim = option(Count(), "its channels")

    @property
    def given(self) -> Volume:
        """The volume that comes from outside."""
        return Volume(self.spatial, self.channels)

    def shape(self, xs: Inputs) -> Volume:
        return xs[0] if xs else self.given  # the walk hands it what is given

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {}

    def connections(self, xs: Inputs, y: Volume) -> Dim:
        return 0

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Identity()


class Gate(NamedTuple):
    """A branch that runs in a training step only with some probability (stochastic depth)."""

    path: str
    survival: Fraction | int


class Node(NamedTuple):
    """One layer: an op at a place.

    The comments say what each field holds.
    """

    path: str  # unique; its parts are the scopes
    op: Op
    inputs: tuple[int, ...]  # the numbers of earlier nodes; 0 is the network's input. An Input has none
    follower: bool = False  # written in a ``then``
    aux: bool = False  # part of an auxiliary head
    gates: tuple[Gate, ...] = ()  # the branches around it that run with some probability
    marks: Mapping[str, Mark] = MappingProxyType({})  # where each option is written; "" for the layer itself
    uses: Uses = ()  # the uses of the blocks in which it is written
    same_as: int = 0  # the number of the earlier layer whose arrays it uses; 0: it has its own

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def signals(self) -> tuple[int, ...]:
        """The inputs that belong to a path: the signal that a gate scales, but not the gate."""
        return self.inputs[:1] if self.op.gates else self.sources

    @property
    def sources(self) -> tuple[int, ...]:
        """The inputs whose values count: not a layer whose size alone is taken."""
        return self.inputs[:1] if self.op.second_input == "size" else self.inputs


class Use(NamedTuple):
    """One use of a segment: its layers stand here, under the path of a scope.

    ``inputs`` are the nodes that the segment reads, its entry first. What the surroundings give to every
    layer of the segment stands here once.
    """

    segment: Segment
    path: str
    inputs: tuple[int, ...]
    aux: bool = False
    gates: tuple[Gate, ...] = ()
    uses: Uses = ()


@record
class Segment(Frozen):
    """Layers that stand together and may be used many times: a block with its arguments, or a stage.

    Its nodes have the numbers from 1 to ``size``, as if it were a network; 0 is its entry. The nodes of its
    surroundings that it also reads are -2, -3 and so on: the places of ``Use.inputs`` behind the entry.
    Segments are compared by identity: what one use costs, every use with the same input costs.
    """

    parts: Sequence[Node | Use]
    size: int
    output: int
    has_aux: bool = False
    has_gates: bool = False
    worked: dict[Any, Any] = field(default_factory=dict)
    """What the engine has worked out of it so far, by its inputs."""

    def nodes(self) -> list[Node]:
        """All layers, with paths and numbers as of a network."""
        nodes: list[Node] = []
        _add_nodes(self, "", (INPUT,), Use(self, "", ()), nodes)
        return nodes


def _add_nodes(segment: Segment, above: str, sources: Sequence[int], around: Use, nodes: list[Node]) -> None:
    """Add the layers of a segment; ``above`` is put before their paths, ``around`` gives what they inherit.

    ``sources`` are the numbers, in the network, of the nodes that the segment reads.
    """
    before, is_network = len(nodes), not above
    for part in segment.parts:
        if is_network and isinstance(part, Node):
            nodes.append(part)  # it has its place already
            continue
        inputs = tuple([placed(number, before, sources) for number in part.inputs])
        gates, uses = around.gates, around.uses + part.uses
        if part.gates:
            gates += tuple([Gate(above + gate.path, gate.survival) for gate in part.gates])
        if isinstance(part, Node):
            path, op, _, follower, aux, _, marks, _, _ = part
            nodes.append(Node(above + path, op, inputs, follower, aux or around.aux, gates, marks, uses))
        else:
            inner = part._replace(aux=part.aux or around.aux, gates=gates, uses=uses)
            _add_nodes(part.segment, f"{above}{part.path}/", inputs, inner, nodes)


def placed(number: int, before: int, sources: Sequence[int]) -> int:
    """The number of a segment's node in the network, or in the segment, in which it is used.

    ``before`` is the number of the layers before the use; ``sources`` are the nodes that the use reads.
    """
    if number > 0:
        return before + number
    if number == UNKNOWN:
        return UNKNOWN
    # The entry is 0, and -2, -3, ... are the sources behind it.
    return sources[-1 - number if number else 0]


class LayersOf(Sequence[Node]):
    """The layers of a segment as a sequence; they are made when the first one is read."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment

    @cached_property
    def _nodes(self) -> list[Node]:
        return self.segment.nodes()

    def __len__(self) -> int:
        return self.segment.size

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes)

    @overload
    def __getitem__(self, place: int) -> Node: ...
    @overload
    def __getitem__(self, place: slice) -> list[Node]: ...
    def __getitem__(self, place: int | slice) -> Node | list[Node]:
        return self._nodes[place]


@record
class Network(Frozen):
    """Layers in the order in which they run; a layer comes after all layers that it reads.

    >>> from archcalc.ops import OPS
    >>> conv = OPS["conv"](filters=96, kernel=11, stride=4)
    >>> tiny = Network("tiny", Volume((227, 227), 3), [Node("conv1", conv, (0,))])
    >>> tiny, tiny.output
    (Network('tiny', input 227x227x3, layers: 1), 1)
    """

    name: str
    input: Volume
    layers: Sequence[Node]
    title: str = ""
    family: str = ""
    year: int | None = None
    source: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    output: int | None = None
    """The number of the node that gives the output (of several heads, the main one); None: the last."""

    shared: Mapping[str, str] = field(default_factory=dict)
    """The layers and blocks that use the arrays of others, by path, each with the path of the other."""

    input_name: str = INPUT_NAME
    """The name of the first input; the further inputs are the first layers, each an ``Input``."""

    problems: tuple[Problem, ...] = ()
    """The mistakes that were found while it was built. A network with problems only serves to find more."""

    def __post_init__(self) -> None:
        if self.output is None:
            object.__setattr__(self, "output", len(self.layers))
        if isinstance(self.layers, LayersOf):
            return  # a builder reads only what it has built
        for number, node in enumerate(self.layers, 1):
            if not all(source < number for source in node.inputs):
                raise ValueError(f"{node.path}: reads a node that does not stand before it")

    @property
    def further_inputs(self) -> Mapping[int, Volume]:
        """The inputs after the first, by the numbers of their nodes."""
        found: dict[int, Volume] = {}
        for number, node in enumerate(self.segment.parts, 1):
            if isinstance(node, Use) or not isinstance(node.op, Input):
                break
            found[number] = node.op.given
        return found

    @property
    def named_inputs(self) -> Mapping[str, Volume]:
        """All inputs by their names; empty for the one input of most networks, which has no name."""
        if self.input_name == INPUT_NAME:
            return {}
        further = {self.layers[number - 1].path: x for number, x in self.further_inputs.items()}
        return {self.input_name: self.input, **further}

    @property
    def segment(self) -> Segment:
        """The layers as they were built: blocks that are used many times stand there once."""
        if isinstance(self.layers, LayersOf):
            return self.layers.segment
        has_aux = any(node.aux for node in self.layers)
        has_gates = any(node.gates for node in self.layers)
        return Segment(self.layers, len(self.layers), self.output or INPUT, has_aux, has_gates)

    @property
    def open_layers(self) -> tuple[str, ...]:
        """The paths of the layers of which it is not known what they compute."""
        if not _has_open(self.segment, set()):
            return ()
        return tuple(node.path for node in self.layers if node.op.open_cost)

    def titled(self, title: str) -> Network:
        """The network with another title."""
        if title == self.title:
            return self
        return Network(**{name: getattr(self, name) for name in self._names} | {"title": title})

    def __repr__(self) -> str:
        # The layers would fill pages, and their marks are addresses in memory.
        size = "x".join(map(str, self.input.dims))
        return f"Network({self.name!r}, input {size}, layers: {len(self.layers)})"


def _has_open(segment: Segment, seen: set[int]) -> bool:
    """Whether a segment has an open layer; a segment that is used many times is looked at once."""
    if id(segment) in seen:
        return False
    seen.add(id(segment))
    return any(
        part.op.open_cost if isinstance(part, Node) else _has_open(part.segment, seen)
        for part in segment.parts
    )
