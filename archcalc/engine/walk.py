"""The one loop over the layers of a network, for every kind of dimension."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from archcalc.engine.claims import Findings
from archcalc.network import Network, Node
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
    volumes: list[Volume | None] = [network.input]
    for number, node in enumerate(network.layers, 1):
        x = _inputs(node, volumes)
        if x is None or not findings.judge(node, node.op.claims(x)):
            volumes.append(None)
            continue
        y = node.op.shape(x)
        volumes.append(y)
        yield Step(number, node, x, y, tuple(node.op.weights(x, y)), node.op.cost(x, y))


def _inputs(node: Node, volumes: list[Volume | None]) -> Any:
    """What the op is handed: one volume, or a tuple for an op with many inputs; None if one is unknown."""
    if not node.op.many:
        return volumes[node.inputs[0]]
    xs = tuple(volumes[source] for source in node.inputs)
    return None if None in xs else xs
