"""Totals of plain ints from the blocks of a network: what a block adds is worked out once for each input.

The walk gives every layer; a sum or a depth needs only what each block adds to it. A network of 1,000 layers
has a handful of different blocks, and a sweep over its depths meets the same ones again and again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from archcalc.engine.claims import Findings
from archcalc.engine.figures import figures_of
from archcalc.engine.quantities import BY_KEY
from archcalc.engine.reading import Pass
from archcalc.engine.totals import of_input
from archcalc.engine.worked import KNOWN
from archcalc.network import INPUT, Network, Node, Segment, SegmentTotals, Use, placed
from archcalc.ops.base import Inputs, Volume

BY_SEGMENT = ("sum", "input and sum", "longest path", "at the output")
"""The kinds of totals that follow from those of the segments."""

NO_PATH = -(10**9)
"""The length of a path that does not exist: shorter than every path."""


class Asked(NamedTuple):
    """What is asked of every segment: the sums of these quantities, in this pass."""

    sums: tuple[str, ...]
    run: Pass
    aux: bool


def totals_of_segments(
    network: Network, wanted: Collection[str], run: Pass, *, aux: bool = False
) -> dict[str, Any] | None:
    """The totals with these keys; None if one of them needs every layer, or if a layer does not fit."""
    if network.problems or not all(BY_KEY[key].total in BY_SEGMENT for key in wanted):
        return None
    asked = Asked(tuple([key for key in wanted if BY_KEY[key].additive]), run, aux)
    found = _totals_of(network.segment, (KNOWN.shared(network.input),), asked)
    if found is None:
        return None
    totals: dict[str, Any] = {
        key: of_input(BY_KEY[key], network, run) + count
        for key, count in zip(asked.sums, found.sums, strict=True)
    }
    others = {"longest path": max(found.depths[0], 0), "at the output": found.y.dims if found.y else ()}
    return {key: totals[key] if key in totals else others[str(BY_KEY[key].total)] for key in wanted}


def _totals_of(segment: Segment, xs: Inputs, asked: Asked) -> SegmentTotals | None:
    """What a segment adds to the totals; None if a layer does not fit."""
    key = (asked, *map(id, xs))  # the record keeps its inputs alive, so a number stands for one volume
    found = segment.totals.get(key)
    if found is None:
        found = _Adding(xs, asked).up(segment)
        if found is not None:
            segment.totals[key] = found
    return found


class _Adding:
    """Adds up one segment."""

    def __init__(self, xs: Inputs, asked: Asked) -> None:
        self.xs = xs
        self.asked = asked
        self.sums = [0] * len(asked.sums)
        # The nodes around that the segment reads are 0, -2, -3 and so on.
        sources = [INPUT, *range(-2, -1 - len(xs), -1)]
        self.volumes: dict[int, Volume] = dict(zip(sources, xs, strict=True))
        self.depths = {
            source: tuple([0 if source == other else NO_PATH for other in sources]) for source in sources
        }

    def up(self, segment: Segment) -> SegmentTotals | None:
        """The totals of the segment; None if a layer does not fit."""
        number = 0
        for part in segment.parts:
            before, number = number, number + (1 if isinstance(part, Node) else part.segment.size)
            if part.aux and not self.asked.aux:
                continue
            try:
                xs = tuple([self.volumes[source] for source in part.inputs])
            except KeyError:
                continue  # behind a head that is left out
            is_node = isinstance(part, Node)
            if not (self._add_node(part, number, xs) if is_node else self._add_use(part, before, xs)):
                return None
        end = segment.output
        return SegmentTotals(
            self.xs, self.volumes.get(end), tuple(self.sums), self.depths.get(end, (NO_PATH,) * len(self.xs))
        )

    def _add_node(self, node: Node, number: int, xs: Inputs) -> bool:
        worked = KNOWN.find(node.op, xs) or KNOWN.work_out(node, xs, Findings())
        if worked is None:
            return False
        figures = figures_of(worked, self.asked.run)
        self.sums = [so_far + figures[key] for so_far, key in zip(self.sums, self.asked.sums, strict=True)]
        self.volumes[number] = worked.y
        self.depths[number] = self._longest(node.signals, [node.op.depth()] * len(node.signals))
        return True

    def _add_use(self, use: Use, before: int, xs: Inputs) -> bool:
        inner = _totals_of(use.segment, xs, self.asked)
        if inner is None:
            return False
        self.sums = [so_far + more for so_far, more in zip(self.sums, inner.sums, strict=True)]
        end = placed(use.segment.output, before, use.inputs)
        if inner.y is not None and end > before:
            self.volumes[end] = inner.y
            self.depths[end] = self._longest(use.inputs, inner.depths)
        return True

    def _longest(self, inputs: Sequence[int], lengths: Sequence[int]) -> tuple[int, ...]:
        """The longest path from each source over these inputs, each with the length of the way from there."""
        paths = [
            [depth + length for depth in self.depths[source]]
            for source, length in zip(inputs, lengths, strict=True)
        ]
        return tuple(paths[0]) if len(paths) == 1 else tuple(map(max, zip(*paths, strict=True)))
