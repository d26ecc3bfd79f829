"""Segments: how they are built, and what their layers depend on.

What the layers of a block or stage depend on are the values that its expressions read. With the same values
it gives the same layers, so they are built once and used wherever the values come again, also in another
network of the same spec.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from archcalc.language.evaluators import Read, Scope
from archcalc.language.tokens import ExprError
from archcalc.network import Node, Segment, Use, placed
from archcalc.ops.frozen import Record, State, record, state

Key: TypeAlias = tuple[Any, ...]
"""Values in a form that can be looked up."""


@state
class SegmentBuilder(State):
    """The layers of one segment so far, and how near to the limits building it came.

    ``depth`` is the deepest nesting of its items, ``blocks`` the most blocks inside each other, ``path`` the
    length of the longest path of a scope. ``failed`` says that a layer is missing, ``shares`` that one uses
    the arrays of another.
    """

    nesting: int = 0  # of the items around it
    parts: list[Node | Use] = field(default_factory=list)
    size: int = 0
    outside: list[str] = field(default_factory=list)  # the names of the nodes around that it reads
    has_aux: bool = False
    has_gates: bool = False
    failed: bool = False
    shares: bool = False
    depth: int = 0
    blocks: int = 0
    path: int = 0

    def number_of(self, name: str) -> int:
        """The number, in this segment, of a node around it."""
        if name not in self.outside:
            self.outside.append(name)
        return -2 - self.outside.index(name)

    def use(self, segment: Segment, use: Use) -> int:
        """Add the layers of a segment; the number of the node that gives its output."""
        before = self.size
        if segment.size:
            self.parts.append(use)
            self.size += segment.size
            self.has_aux = self.has_aux or segment.has_aux or use.aux
            self.has_gates = self.has_gates or segment.has_gates or bool(use.gates)
        return placed(segment.output, before, use.inputs)

    def made(self, output: int, steps: int) -> BuiltSegment:
        """The segment, when all its layers are there."""
        segment = Segment(tuple(self.parts), self.size, output, self.has_aux, self.has_gates)
        return BuiltSegment(
            segment,
            tuple(self.outside),
            steps,
            self.depth,
            self.blocks,
            self.path,
            self.failed,
            self.shares,
        )


class BuiltSegment(NamedTuple):
    """A segment, and what a second use of it must respect: names to read, steps to count, limits."""

    segment: Segment
    outside: tuple[str, ...]
    steps: int
    depth: int
    blocks: int
    path: int
    failed: bool
    shares: bool


def key_of(values: Iterable[Any]) -> Key | None:
    """The values as a key; None if one of them is a dimension that is free, which no key can hold.

    >>> key_of([64, "same", True]), key_of([1]) == key_of([True])
    ((64, 'same', (<class 'bool'>, True)), False)
    """
    key: list[Any] = []
    for value in values:
        kind = type(value)
        if kind is int or kind is str:
            key.append(value)
        elif kind is bool or kind is Fraction:
            # In Python 1, true and 1/1 are equal, but a spec may treat them differently.
            key.append((kind, value))
        elif kind is list or kind is tuple:
            items = key_of(value)
            if items is None:
                return None
            key.append((list, items))
        else:
            return None
    return tuple(key)


@record
class Dependence(Record):
    """What items read: ``here`` in their own scope, and ``settings`` in the blocks that they use."""

    here: tuple[Read, ...]
    settings: tuple[Read, ...]

    def key(self, values: Scope, settings: Scope) -> Key | None:
        """The values that are read; None if they cannot be looked up, or if one of them has no value."""
        try:
            here = [read.evaluate(values) for read in self.here]
            return key_of([*here, *[read.evaluate(settings) for read in self.settings]])
        except ExprError:
            return None  # the layers may never need it; if they do, they report it at its place
