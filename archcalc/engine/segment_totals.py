"""Sums and the depth of a network of plain ints, from those of its blocks.

What a block adds is worked out once for each input, and multiplied by how often the block occurs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from archcalc.engine.figures import MOST_PASSES, figures_of, readings_of
from archcalc.engine.quantities import BY_KEY
from archcalc.engine.reading import Pass
from archcalc.engine.segment_peak import peak_of_blocks
from archcalc.engine.totals import of_input
from archcalc.engine.worked import Worked
from archcalc.engine.worked_segments import WorkedSegment
from archcalc.network import INPUT, Network, Node, placed
from archcalc.ops.remember import remember

OF_BUFFERS = ("maximum alive", "layer of the maximum")
"""The kinds of totals that follow from the buffers of the segments."""

BY_SEGMENT = ("sum", "input and sum", "longest path", "at the output", *OF_BUFFERS)
"""The kinds of totals that follow from those of the segments."""

NO_PATH = -(10**9)
"""The length of a path that does not exist: shorter than every path."""


def totals_of_blocks(
    network: Network, blocks: WorkedSegment, wanted: Collection[str], run: Pass
) -> dict[str, Any]:
    """The totals with these keys; their kinds are those of BY_SEGMENT."""
    # A total in bytes is the total of its values, times the bytes of one value.
    asked = dict.fromkeys([BY_KEY[key].values or key for key in wanted])
    keys = tuple([key for key in asked if BY_KEY[key].additive])
    totals: dict[str, Any] = {}
    for key, count in zip(keys, _sums(blocks, the_question(keys, run)) if keys else (), strict=True):
        totals[key] = of_input(BY_KEY[key], network, run) + count
    for key in asked:
        match BY_KEY[key].total:
            case "longest path":
                totals[key] = max(_depths(blocks)[0], 0)
            case "at the output":
                totals[key] = blocks.y.dims if blocks.y else ()
            case "maximum alive":
                totals[key] = run.batch * peak_of_blocks(blocks).values
            case "layer of the maximum":
                totals[key] = peak_of_blocks(blocks).path
    return {
        key: run.value_bytes * totals[BY_KEY[key].values] if BY_KEY[key].values else totals[key]
        for key in wanted
    }


class SumQuestion:
    """What is asked of every block: the sums of these quantities in this pass.

    Questions are compared by identity, because the same one is asked of thousands of blocks.
    """

    def __init__(self, keys: tuple[str, ...], run: Pass) -> None:
        self.keys = keys
        self.run = run
        self.readings = readings_of(keys)


the_question = lru_cache(256)(SumQuestion)
"""The one question with these parts."""


def _sums(part: Worked | WorkedSegment, question: SumQuestion) -> tuple[int, ...]:
    """The figures of a layer, or their sums over a block."""
    if isinstance(part, Worked):
        row: tuple[int, ...] | None = part.figures.get(question)
        if row is None:
            figures = figures_of(part, question.run)
            figures.work_out(question.readings)
            row = tuple(map(figures.__getitem__, question.keys))
            remember(part.figures, question, row, MOST_PASSES)
        return row
    if question not in part.sums:
        totals = [0] * len(question.keys)
        for inner, times in Counter(part.parts).items():
            if inner is not None:
                row = _sums(inner, question)
                totals = [so_far + times * count for so_far, count in zip(totals, row, strict=True)]
        remember(part.sums, question, tuple(totals), MOST_PASSES)
    return part.sums[question]


def _depths(block: WorkedSegment) -> list[int]:
    """The longest path, in weighted layers, from each node that a block reads to its output."""
    if block.depths is None:
        block.depths = _longest_paths(block)
    return block.depths


def _longest_paths(block: WorkedSegment) -> list[int]:
    # The nodes around that the block reads are 0, -2, -3 and so on.
    sources = [INPUT, *range(-2, -1 - len(block.xs), -1)]
    depths = {source: [0 if source == other else NO_PATH for other in sources] for source in sources}
    number = 0
    for part, worked in zip(block.segment.parts, block.parts, strict=True):
        before, number = number, number + (1 if isinstance(part, Node) else part.segment.size)
        if worked is None:
            continue
        if isinstance(part, Node):
            # Gates do not count: they only scale the signal.
            ways = [depths[source] for source in part.signals] or [[0] * len(sources)]  # a further input
            depths[number] = _further(_longest(ways), part.op.depth())
        elif isinstance(worked, WorkedSegment):
            end = placed(part.segment.output, before, part.inputs)
            if end > before:
                pairs = zip(part.inputs, _depths(worked), strict=True)
                depths[end] = _longest([_further(depths[source], length) for source, length in pairs])
    return depths.get(block.segment.output) or [NO_PATH] * len(sources)


def _longest(ways: Sequence[list[int]]) -> list[int]:
    """The longest of several ways from each source."""
    return ways[0] if len(ways) == 1 else list(map(max, *ways))


def _further(lengths: list[int], more: int) -> list[int]:
    # Most layers have no weights, and pass the lengths on.
    return [length + more for length in lengths] if more else lengths
