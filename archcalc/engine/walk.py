"""The one loop over the layers of a network, for every kind of dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from archcalc.engine.claims import Findings
from archcalc.network import INPUT, Network, Node
from archcalc.ops.base import Cost, Volume, Weight


class Step(NamedTuple):
    """One layer worked out: what it read (``x``), what it puts out (``y``), what it stores and what it costs."""

    number: int
    node: Node
    x: Any
    y: Volume
    weights: tuple[Weight, ...]
    cost: Cost


def walk(network: Network, findings: Findings) -> Iterator[Step]:
    """Work out every layer in order.

    Claims go to ``findings``. A layer whose claims fail has no output, and the layers that read it are
    left out, so that one mistake is told once.
    """
    volumes: dict[int, Volume] = {INPUT: network.input}
    for number, node in enumerate(network.layers, 1):
        x = _inputs(node, volumes)
        if x is None or not findings.judge(node, node.op.claims(x)):
            continue
        y = volumes[number] = node.op.shape(x)
        yield Step(number, node, x, y, tuple(node.op.weights(x, y)), node.op.cost(x, y))


def _inputs(node: Node, volumes: Mapping[int, Volume]) -> Any:
    """What the op is handed: one volume, or a tuple for an op with many inputs; None if one is unknown."""
    if not node.op.many:
        return volumes.get(node.inputs[0])
    xs = tuple(volumes.get(source) for source in node.inputs)
    return None if None in xs else xs
