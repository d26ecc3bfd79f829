"""The layers that an exporter writes: each with the volumes that it reads and gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from archcalc.network import INPUT, Network
from archcalc.ops.base import Volume


class Placed(NamedTuple):
    """A layer with what it reads and gives."""

    number: int
    path: str
    op: Any  # each kind of op has options of its own
    inputs: Sequence[int]
    xs: tuple[Volume, ...]
    y: Volume


def placed_layers(network: Network) -> Iterator[Placed]:
    """The layers in the order in which they run, auxiliary heads left out.

    >>> from archcalc.network import Node
    >>> from archcalc.ops import OPS
    >>> net = Network("net", Volume((8, 8), 3), [Node("a", OPS["conv"](filters=4, kernel=3), (0,))])
    >>> [(layer.path, layer.y.dims) for layer in placed_layers(net)]
    [('a', (6, 6, 4))]
    """
    volumes = {INPUT: network.input}
    for number, node in enumerate(network.layers, 1):
        if not node.aux:
            xs = tuple(volumes[source] for source in node.inputs)
            volumes[number] = node.op.shape(xs)
            yield Placed(number, node.path, node.op, node.inputs, xs, volumes[number])
