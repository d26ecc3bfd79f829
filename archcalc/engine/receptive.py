"""Receptive fields: which input values a value sees.

Through a window of extent F and step S the field grows by (F - 1)·jump and the jump by S; where
branches meet, the largest field counts. Fully connected layers and global pooling have no window: they
see the whole map, and their row repeats the field of the windows up to them.
Source: Araujo et al. 2019, Computing receptive fields of convolutional neural networks, equation 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from archcalc.engine.walk import Step
from archcalc.network import Network
from archcalc.ops.base import Volume

Size: TypeAlias = int | Fraction


class Field(NamedTuple):
    """Along each spatial axis of the network's input: how many values are seen, and how far the next field lies."""

    size: tuple[Size, ...]
    jump: tuple[Size, ...]


def receptive_fields(network: Network, steps: Sequence[Step]) -> dict[int, Field]:
    """The receptive field of every layer, by number; plain ints only."""
    start = (1,) * network.input.rank
    fields = {0: Field(start, start)}
    for step in steps:
        fields[step.number] = _through(step, _widest([fields[source] for source in step.node.inputs]))
    return fields


def _widest(fields: Sequence[Field]) -> Field:
    if len(fields) == 1:
        return fields[0]
    sizes = zip(*(field.size for field in fields), strict=True)
    jumps = zip(*(field.jump for field in fields), strict=True)
    return Field(tuple(max(size) for size in sizes), tuple(max(jump) for jump in jumps))


def _through(step: Step, field: Field) -> Field:
    x: Volume = step.x[0] if step.node.op.many else step.x
    if x.rank != len(field.size):  # behind a flat vector there is no map to see
        return field
    reach = step.node.op.reach(step.x)
    if reach is None:
        return field
    pairs = list(zip(reach, field.size, field.jump, strict=True))
    size = tuple(_whole(size + (axis.extent - 1) * jump) for axis, size, jump in pairs)
    jump = tuple(
        _whole(jump * axis.step if axis.finer == 1 else Fraction(jump * axis.step, axis.finer))
        for axis, _, jump in pairs
    )
    return Field(size, jump)


def _whole(size: Size) -> Size:
    return size.numerator if size.denominator == 1 else size
