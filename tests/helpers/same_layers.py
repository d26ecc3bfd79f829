"""When two networks have the same layers, whatever they are called."""

from __future__ import annotations

import archcalc
from archcalc.network import Network


def records(network: Network) -> list[object]:
    """What a layer has beside its name, which a flat spec changes."""
    paths = {"input": 0} | {node.path: number for number, node in enumerate(network.layers, 1)}
    return [
        (
            layer.op,
            [paths[source] for source in layer.inputs],
            layer.output,
            layer.figures,
            layer.weight_shapes,
        )
        for layer in archcalc.analyze(network).layers
    ]


def figures(network: Network) -> list[object]:
    """The output and the figures of every layer, auxiliary heads left out, and the totals."""
    analysis = archcalc.analyze(network)
    return [*((layer.output, layer.figures) for layer in analysis.layers), analysis.totals]
