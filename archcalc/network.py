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
"""Stands for a node that could not be built; a layer that reads it is left out."""


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
    inputs: tuple[int, ...]  # the numbers of earlier nodes; 0 is the network's input
    follower: bool = False  # written in a ``then``
    aux: bool = False  # part of an auxiliary head
    gates: tuple[Gate, ...] = ()  # the branches around it that run with some probability
    marks: Mapping[str, Mark] = MappingProxyType({})  # where each option is written; "" for the layer itself
    uses: tuple[tuple[str, Mark], ...] = ()  # the uses of the blocks in which it is written

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def signals(self) -> tuple[int, ...]:
        """The inputs that belong to a path: the signal that a gate scales, but not the gate."""
        return self.inputs[:1] if self.op.gates else self.inputs


@dataclass(frozen=True, eq=False)
class Network:
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

    problems: tuple[Problem, ...] = ()
    """The mistakes that were found while it was built. A network with problems only serves to find more."""

    def __post_init__(self) -> None:
        if self.output is None:
            object.__setattr__(self, "output", len(self.layers))
        for number, node in enumerate(self.layers, 1):
            if not all(source < number for source in node.inputs):
                raise ValueError(f"{node.path}: reads a node that does not stand before it")

    def __repr__(self) -> str:
        # The layers would fill pages, and their marks are addresses in memory.
        size = "x".join(map(str, self.input.dims))
        return f"Network({self.name!r}, input {size}, layers: {len(self.layers)})"
