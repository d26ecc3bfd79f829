"""A network: a checked, ordered graph of ops, in scopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from archcalc.errors import Mark, Problem
from archcalc.ops.base import Op, Volume

INPUT = 0
"""The number of the network's input among its nodes; the layers follow from 1."""

UNKNOWN = -1
"""Stands for a node that could not be built; whoever reads it is left out."""


class Gate(NamedTuple):
    """A branch that runs in a training step with some probability only (stochastic depth)."""

    path: str
    survival: Fraction | int


class Node(NamedTuple):
    """One layer: an op at a place.

    ``path`` is unique, its parts are the scopes; ``inputs`` are numbers of earlier nodes (0: the
    network's input). ``follower`` is a layer written in a ``then``. ``aux`` is part of an auxiliary head;
    ``gates`` are the surviving branches it stands in. ``marks`` tells where each option was written (""
    for the layer itself), ``uses`` the uses of the blocks it was written in.
    """

    path: str
    op: Op
    inputs: tuple[int, ...]
    follower: bool = False
    aux: bool = False
    gates: tuple[Gate, ...] = ()
    marks: Mapping[str, Mark] = MappingProxyType({})
    uses: tuple[tuple[str, Mark], ...] = ()

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def signals(self) -> tuple[int, ...]:
        """The inputs that a path runs through; a gate is no part of a path, only the signal it scales."""
        return self.inputs[:1] if self.op.gates else self.inputs


@dataclass(frozen=True, eq=False)
class Network:
    """Layers in the order in which they run; every input of a layer stands before it.

    >>> from archcalc.ops import OPS
    >>> conv = OPS["conv"](filters=96, kernel=11, stride=4)
    >>> Network("tiny", Volume((227, 227), 3), [Node("conv1", conv, (0,))]).output
    1
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
    """The number of the node that the network ends with (of several heads, the main one)."""

    problems: tuple[Problem, ...] = ()
    """What went wrong in building it; a network with problems is only good for finding more of them."""

    def __post_init__(self) -> None:
        if self.output is None:
            object.__setattr__(self, "output", len(self.layers))
        for number, node in enumerate(self.layers, 1):
            if not all(source < number for source in node.inputs):
                raise ValueError(f"{node.path}: reads a node that does not stand before it")
