"""A network's exact figures as a lock holds them, and a hash of what its spec says, however that is written."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from archcalc.network import Network
from archcalc.ops.options import options_of
from archcalc.results import Analysis
from archcalc.results.lock import LAYER_FIGURES, TOTAL_FIGURES, Locked, LockedLayer
from archcalc.studies.analyze import analyze


def lock(network: Network, analysis: Analysis | None = None) -> Locked:
    """The entry of a network. Raises SpecError if it does not fit."""
    found = analysis or analyze(network)
    layers = tuple(
        LockedLayer(
            layer.path,
            layer.op,
            layer.input,
            layer.output,
            {name: getattr(layer, name) for name in LAYER_FIGURES},
        )
        for layer in found.layers
    )
    totals = {name: getattr(found.totals, name) for name in TOTAL_FIGURES}
    return Locked(network.name, fingerprint(network), found.input, layers, totals)


def fingerprint(network: Network) -> str:
    """A hash of the layers, their options and how they are wired: the same for two spellings of one network."""
    said = [list(network.input.dims), [_said(node) for node in network.layers], network.output]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _said(node: Any) -> list[Any]:
    options = {name: getattr(node.op, name) for name in options_of(type(node.op))}
    gates = [[gate.path, str(gate.survival)] for gate in node.gates]
    return [node.path, node.op.name, options, list(node.inputs), node.follower, node.aux, gates]
