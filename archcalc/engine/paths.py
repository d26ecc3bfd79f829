"""The unraveled view: every way from the input to the output, counted by its length.

Where branches meet, the ways through them add up: n residual units have 2^n ways. The length of a way is
the number of weighted layers on it; gates are not counted.
Source: Veit, Wilber and Belongie 2016, Residual networks behave like ensembles of relatively shallow
networks.
"""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.engine.walk import Step
from archcalc.network import INPUT, Network


def path_lengths(network: Network, steps: Sequence[Step]) -> dict[int, int]:
    """How many ways from the input to the output have each length, by length.

    The work grows with the depth times the number of merges. Ways are kept only as long as a later layer
    reads the node that they lead to.
    """
    last: dict[int, int] = {}  # by node: the last layer that reads it
    for step in steps:
        for source in step.node.inputs:
            last[source] = step.number
    ways: dict[int, dict[int, int]] = {INPUT: {0: 1}}  # by node: the number of ways by length
    for step in steps:
        parts = [ways[source] for source in step.node.signals] or [{0: 1}]  # a further input
        ways[step.number] = _longer(_together(parts), step.node.op.depth())
        # Only nodes that a later layer reads are kept: a deep network has long tables of lengths.
        for source in step.node.inputs:
            if last[source] == step.number and source != network.output:
                ways.pop(source, None)
    return dict(sorted(ways.get(network.output or INPUT, {}).items()))


def _together(parts: Sequence[dict[int, int]]) -> dict[int, int]:
    if len(parts) == 1:
        return parts[0]
    total: dict[int, int] = {}
    for part in parts:
        for length, count in part.items():
            total[length] = total.get(length, 0) + count
    return total


def _longer(ways: dict[int, int], by: int) -> dict[int, int]:
    return {length + by: count for length, count in ways.items()} if by else ways
