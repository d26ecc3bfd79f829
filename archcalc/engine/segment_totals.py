"""Totals of plain ints from the blocks of a network: what a block adds is worked out once for each input.

The walk gives every layer; a sum or a depth needs only what each block adds to it. A network of 1,000 layers
has a handful of different blocks, and a sweep over its depths meets the same ones again and again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from operator import add
from typing import Any

from archcalc.engine.claims import Findings
from archcalc.engine.figures import figures_of
from archcalc.engine.quantities import BY_KEY
from archcalc.engine.reading import Pass
from archcalc.engine.totals import of_input
from archcalc.engine.worked import KNOWN, Worked
from archcalc.network import INPUT, Network, Node, Segment, SegmentTotals, Use, placed
from archcalc.ops.base import Inputs, Volume

BY_SEGMENT = ("sum", "input and sum", "longest path", "at the output")
"""The kinds of totals that follow from those of the segments."""

NO_PATH = -(10**9)
"""The length of a path that does not exist: shorter than every path."""


class SegmentQuestion:
    """What is asked of every segment: the sums of these quantities in this pass, and the depth.

    Questions are compared by identity: the same one is asked of thousands of segments.
    """

    def __init__(self, sums: tuple[str, ...], depth: bool, run: Pass, aux: bool) -> None:
        self.sums = sums
        self.depth = depth
        self.run = run
        self.aux = aux


the_question = lru_cache(256)(SegmentQuestion)
"""The one question with these parts."""


def totals_of_segments(
    network: Network, wanted: Collection[str], run: Pass, *, aux: bool = False
) -> dict[str, Any] | None:
    """The totals with these keys; None if one of them needs every layer, or if a layer does not fit."""
    kinds = {key: BY_KEY[key].total for key in wanted}
    if network.problems or not all(kind in BY_SEGMENT for kind in kinds.values()):
        return None
    sums = tuple([key for key in wanted if BY_KEY[key].additive])
    asked = the_question(sums, "longest path" in kinds.values(), run, aux)
    found = _totals_of(network.segment, (KNOWN.shared(network.input),), asked)
    if found is None:
        return None
    totals: dict[str, Any] = {
        key: of_input(BY_KEY[key], network, run) + count for key, count in zip(sums, found.sums, strict=True)
    }
    others = {"longest path": max(found.depths[0], 0), "at the output": found.y.dims if found.y else ()}
    return {key: totals[key] if key in totals else others[str(kind)] for key, kind in kinds.items()}


def _totals_of(segment: Segment, xs: Inputs, asked: SegmentQuestion) -> SegmentTotals | None:
    """What a segment adds to the totals; None if a layer does not fit."""
    key = (asked, *map(id, xs))  # the record keeps its inputs alive, so a number stands for one volume
    found = segment.totals.get(key)
    if found is None:
        found = _Adding(segment, xs, asked).up()
        if found is not None:
            segment.totals[key] = found
    return found


class _Adding:
    """Adds up one segment."""

    def __init__(self, segment: Segment, xs: Inputs, asked: SegmentQuestion) -> None:
        self.segment = segment
        self.xs = xs
        self.asked = asked
        self.sums = [0] * len(asked.sums)
        # The nodes around that the segment reads are 0, -2, -3 and so on.
        self.sources = [INPUT, *range(-2, -1 - len(xs), -1)]
        self.volumes: dict[int, Volume] = dict(zip(self.sources, xs, strict=True))
        self.depths = {
            source: [0 if source == other else NO_PATH for other in self.sources] for source in self.sources
        }

    def up(self) -> SegmentTotals | None:
        """The totals of the segment; None if a layer does not fit."""
        number = 0
        for part in self.segment.parts:
            before, number = number, number + (1 if isinstance(part, Node) else part.segment.size)
            if part.aux and not self.asked.aux:
                continue
            try:
                xs = tuple([self.volumes[source] for source in part.inputs])
            except KeyError:
                continue  # behind a head that is left out
            if isinstance(part, Node):
                fits = self._add_node(part, number, xs)
            else:
                fits = self._add_use(part, before, xs)
            if not fits:
                return None
        end = self.segment.output
        depths = self.depths.get(end) or [NO_PATH] * len(self.xs)
        return SegmentTotals(self.xs, self.volumes.get(end), tuple(self.sums), tuple(depths))

    def _add_node(self, node: Node, number: int, xs: Inputs) -> bool:
        worked = KNOWN.find(node.op, xs) or KNOWN.work_out(node, xs, Findings())
        if worked is None:
            return False
        self.volumes[number] = worked.y
        if self.sums:
            self.sums = list(map(add, self.sums, self._figures(worked)))
        if self.asked.depth:
            self._follow(number, node.signals, [node.op.depth()] * len(node.signals))
        return True

    def _figures(self, worked: Worked) -> tuple[int, ...]:
        """The figures of a layer that are asked for, in their order."""
        figures: tuple[int, ...] | None = worked.figures.get(self.asked)
        if figures is None:
            of_layer = figures_of(worked, self.asked.run)
            figures = worked.figures[self.asked] = tuple([of_layer[key] for key in self.asked.sums])
        return figures

    def _add_use(self, use: Use, before: int, xs: Inputs) -> bool:
        inner = _totals_of(use.segment, xs, self.asked)
        if inner is None:
            return False
        self.sums = list(map(add, self.sums, inner.sums))
        end = placed(use.segment.output, before, use.inputs)
        if inner.y is not None and end > before:
            self.volumes[end] = inner.y
            if self.asked.depth:
                self._follow(end, use.inputs, inner.depths)
        return True

    def _follow(self, number: int, inputs: Sequence[int], lengths: Sequence[int]) -> None:
        """The longest paths to a node, over these inputs; each has the length of the way from there."""
        paths = [
            [depth + length for depth in self.depths[source]]
            for source, length in zip(inputs, lengths, strict=True)
        ]
        self.depths[number] = paths[0] if len(paths) == 1 else list(map(max, zip(*paths, strict=True)))
