"""Receptive fields: which input values a value sees, through every branch.

Through a window of extent F and step S with P zeros before, the first value sees from P·jump further left
to (F - 1 - P)·jump further right, and the jump grows by S. Where branches meet, a value sees what any of
them sees. Fully connected layers and global pooling have no window: they see the whole map, and their
row repeats the field of the windows up to them.
Source: Araujo et al. 2019, Computing receptive fields of convolutional neural networks, equations 2 to 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from archcalc.engine.walk import Step
from archcalc.network import INPUT, Network
from archcalc.ops.base import Reach

Size: TypeAlias = int | Fraction


class InputSpan(NamedTuple):
    """Along one axis of the network's input: what the first value sees, from ``first`` to ``last`` (padding included).

    ``smallest`` is the size by the narrowest path through the branches, ``jump`` how far the next value's
    field lies. ``aligned``: the fields of all branches that met on the way had one centre and one jump.
    """

    first: Size
    last: Size
    smallest: Size
    jump: Size
    aligned: bool


class ReceptiveField(NamedTuple):
    """The receptive field of a layer along every spatial axis of the network's input.

    ``size``: how many values are seen, from end to end; ``smallest``: how many by the narrowest path;
    ``jump``: the step between the fields of neighbours, the effective stride; ``aligned``: whether the
    branches agreed on centre and jump along every axis.
    """

    spans: tuple[InputSpan, ...]
    size: tuple[Size, ...]
    smallest: tuple[Size, ...]
    jump: tuple[Size, ...]
    aligned: bool


def _field(spans: tuple[InputSpan, ...]) -> ReceptiveField:
    return ReceptiveField(
        spans,
        tuple([_whole(span.last - span.first + 1) for span in spans]),
        tuple([_whole(span.smallest) for span in spans]),
        tuple([_whole(span.jump) for span in spans]),
        all(span.aligned for span in spans),
    )


def receptive_fields(network: Network, steps: Sequence[Step]) -> dict[int, ReceptiveField]:
    """The receptive field of every layer, by number; plain ints only."""
    fields = {INPUT: _field((InputSpan(0, 0, 1, 1, True),) * network.input.rank)}
    reaches: dict[int, Sequence[Reach] | None] = {}  # the same op on the same input is asked once
    for step in steps:
        seen = [fields[source] for source in step.node.inputs]
        field = seen[0] if len(seen) == 1 else _together(seen)
        if step.like not in reaches:
            reaches[step.like] = step.node.op.reach(step.xs)
        reach = reaches[step.like]
        # Behind a flat vector there is no map to see.
        if reach is not None and step.xs[0].rank == len(field.spans):
            field = _field(
                tuple([_through(axis, span) for axis, span in zip(reach, field.spans, strict=True)])
            )
        fields[step.number] = field
    return fields


def _together(fields: Sequence[ReceptiveField]) -> ReceptiveField:
    return _field(tuple(_union(spans) for spans in zip(*(field.spans for field in fields), strict=True)))


def _union(spans: Sequence[InputSpan]) -> InputSpan:
    one = spans[0]
    same = all(span.jump == one.jump and span.first + span.last == one.first + one.last for span in spans)
    return InputSpan(
        min(span.first for span in spans),
        max(span.last for span in spans),
        min(span.smallest for span in spans),
        max(span.jump for span in spans),
        same and all(span.aligned for span in spans),
    )


def _through(axis: Reach, span: InputSpan) -> InputSpan:
    more = (axis.extent - 1) * span.jump
    left = axis.before * span.jump
    jump = span.jump * axis.step if axis.finer == 1 else Fraction(span.jump * axis.step, axis.finer)
    return InputSpan(span.first - left, span.last - left + more, span.smallest + more, jump, span.aligned)


def _whole(size: Size) -> Size:
    return size.numerator if size.denominator == 1 else size
