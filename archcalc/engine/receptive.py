"""Receptive fields: the values of the network's input that one value of a layer sees.

A window of extent F and step S with P zeros before it makes the field of the first value larger: by P·jump to
the left, and by (F - 1 - P)·jump to the right. It multiplies the jump by S. Where branches meet, the field
reaches from the first to the last value that any branch sees. Fully connected layers, attention and global
pooling have no window: they see the whole map, and their row repeats the field of the windows before them.
Source: Araujo et al. 2019, Computing receptive fields of convolutional neural networks, equations 2 to 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from operator import is_
from typing import NamedTuple, TypeAlias

from archcalc.engine.walk import Step
from archcalc.network import INPUT, Network
from archcalc.ops.base import Reach

Size: TypeAlias = int | Fraction


class InputSpan(NamedTuple):
    """The field of the first value of a layer, along one axis of the network's input and its padding.

    The field reaches from ``first`` to ``last``. ``smallest`` is its size by the narrowest path through the
    branches. ``jump`` is the distance to the field of the next value. ``aligned`` says whether the fields of
    all branches on the way had the same centre and the same jump.
    """

    first: Size
    last: Size
    smallest: Size
    jump: Size
    aligned: bool


class ReceptiveField(NamedTuple):
    """The receptive field of a layer along every spatial axis of the network's input."""

    spans: tuple[InputSpan, ...]

    @property
    def size(self) -> tuple[Size, ...]:
        """The number of values from end to end."""
        return tuple([_whole(span.last - span.first + 1) for span in self.spans])

    @property
    def smallest(self) -> tuple[Size, ...]:
        """The number of values by the narrowest path through the branches."""
        return tuple([_whole(span.smallest) for span in self.spans])

    @property
    def jump(self) -> tuple[Size, ...]:
        """The distance between the fields of neighbours (the effective stride)."""
        return tuple([_whole(span.jump) for span in self.spans])

    @property
    def aligned(self) -> bool:
        """Whether the branches have the same centre and jump along every axis."""
        return all(span.aligned for span in self.spans)


def receptive_fields(network: Network, steps: Sequence[Step]) -> dict[int, ReceptiveField]:
    """The receptive field of every layer, by its number; for plain ints only."""
    fields = {INPUT: _of_input(network.input.rank)}
    for step in steps:
        inputs, worked = step.node.sources, step.worked
        if not inputs:
            field = _of_input(worked.y.rank)
        elif len(inputs) == 1:
            field = fields[inputs[0]]
        else:
            field = _together([fields[source] for source in inputs])
        reach = worked.reach
        # A flat vector has no axes. A layer behind it repeats the field of the last map.
        if reach is not None and worked.xs[0].rank == len(field.spans):
            field = _through(reach, field.spans)
        fields[step.number] = field
    return fields


def _of_input(rank: int) -> ReceptiveField:
    """A value of an input sees itself. Several inputs are taken as lying on top of each other."""
    return ReceptiveField((InputSpan(0, 0, 1, 1, True),) * rank)


def on_same_axes(fields: Sequence[ReceptiveField]) -> Sequence[ReceptiveField]:
    """The fields with as many axes as the first: inputs of a network may differ in their axes."""
    return [field for field in fields if len(field.spans) == len(fields[0].spans)]


def _together(fields: Sequence[ReceptiveField]) -> ReceptiveField:
    axes = list(zip(*[field.spans for field in on_same_axes(fields)], strict=True))
    spans: list[InputSpan] = []
    for place, axis in enumerate(axes):
        # Most maps are square: equal axes have one span.
        is_equal = place and all(map(is_, axis, axes[place - 1]))
        spans.append(spans[-1] if is_equal else _union(axis))
    return ReceptiveField(tuple(spans))


def _union(spans: Sequence[InputSpan]) -> InputSpan:
    first, last, smallest, jump, aligned = spans[0]
    for span in spans[1:]:
        # first + last is twice the centre, and needs no fraction.
        is_same = span.jump == spans[0].jump and span.first + span.last == spans[0].first + spans[0].last
        first, last = min(first, span.first), max(last, span.last)
        smallest, jump = min(smallest, span.smallest), max(jump, span.jump)
        aligned = aligned and span.aligned and is_same
    return InputSpan(first, last, smallest, jump, aligned)


def _through(reach: Sequence[Reach], spans: Sequence[InputSpan]) -> ReceptiveField:
    moved: list[InputSpan] = []
    for place, (axis, span) in enumerate(zip(reach, spans, strict=True)):
        # Most windows are square: equal axes have one span.
        is_equal = place and span is spans[place - 1] and axis == reach[place - 1]
        moved.append(moved[-1] if is_equal else _through_axis(axis, span))
    return ReceptiveField(tuple(moved))


def _through_axis(axis: Reach, span: InputSpan) -> InputSpan:
    # Neighbours inside the window lie one jump of the input apart.
    more = (axis.extent - 1) * span.jump
    left = axis.before * span.jump
    # Only an upsampling divides the jump; all others stay with ints, which are faster than fractions.
    jump = span.jump * axis.step if axis.finer == 1 else Fraction(span.jump * axis.step, axis.finer)
    return InputSpan(span.first - left, span.last - left + more, span.smallest + more, jump, span.aligned)


def _whole(size: Size) -> Size:
    return size.numerator if size.denominator == 1 else size
