"""The entry of one network in a lock: its exact figures, and a hash of its layers and connections."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from archcalc.network import Network, Node
from archcalc.results import Analysis, Layer
from archcalc.results.lock import LAYER_FIGURES, TOTAL_FIGURES, LockedLayer, LockedNetwork
from archcalc.studies.analyze import analyze


def lock_entry(network: Network, analysis: Analysis | None = None) -> LockedNetwork:
    """The entry of a network; ``analysis`` is its table without auxiliary heads. Raises SpecError."""
    analysis = analysis or analyze(network)
    rows = analyze(network, aux=True).layers if analysis.has_aux else analysis.layers
    layers = tuple(LockedLayer(row.path, row.op, row.input, row.output, _counts(row)) for row in rows)
    totals = {name: getattr(analysis.totals, name) for name in TOTAL_FIGURES}
    return LockedNetwork(network.name, _fingerprint(network, rows), analysis.input, layers, totals)


def _counts(row: Layer) -> dict[str, int]:
    return {name: count for name in LAYER_FIGURES if (count := getattr(row, name))}


def _fingerprint(network: Network, rows: Sequence[Layer]) -> str:
    """A hash of the layers, their options and their connections. The spelling of the spec does not matter."""
    layers = [_description(node, row) for node, row in zip(network.layers, rows, strict=True)]
    description = [list(network.input.dims), layers, network.output]
    text = json.dumps(description, sort_keys=True, separators=(",", ":"), default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _description(node: Node, row: Layer) -> list[Any]:
    # Locks hold this hash: a change of the order or of the content here makes every existing lock differ.
    gates = [[gate.path, str(gate.survival)] for gate in node.gates]
    return [node.path, node.op.name, dict(row.options), list(node.inputs), node.follower, node.aux, gates]
