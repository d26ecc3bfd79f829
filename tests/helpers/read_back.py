"""A network written as a flat spec, and read back: the same layers with the same figures."""

from __future__ import annotations

from typing import Any

import archcalc
from archcalc.errors import Source
from archcalc.language.parse import parse
from archcalc.network import Network


def read_back(network: Network) -> Network:
    """The network in the spec that ``to_yaml`` writes."""
    return parse(Source("written.yaml", archcalc.to_yaml(network, flat=True))).bind(None, {})


def records(network: Network) -> list[Any]:
    """What a layer has beside its name, which a flat spec changes."""
    layers = archcalc.analyze(network).layers
    places = {network.input_name: 0} | {layer.path: number for number, layer in enumerate(layers, 1)}
    return [
        (
            layer.op,
            [places[source] for source in layer.inputs],
            places[layer.same_as] if layer.same_as else 0,
            layer.output,
            dict(layer.figures),
            dict(layer.weight_shapes),
        )
        for layer in layers
    ]


def same_figures(network: Network) -> bool:
    """Whether the written spec gives the same figures, layer by layer."""
    return records(network) == records(read_back(network))
