"""The entry of one network in a lock: its exact figures, and a hash of its layers and connections."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from archcalc.network import Network, Node
from archcalc.results import Analysis, Layer
from archcalc.results.lock import LOCKED, LOCKED_IN_LAYERS, LockedLayer, LockedNetwork
from archcalc.studies.analyze import analyze


def lock_entry(network: Network, analysis: Analysis | None = None) -> LockedNetwork:
    """The entry of a network; ``analysis`` is its table without auxiliary heads. Raises SpecError."""
    analysis = analysis or analyze(network, LOCKED)
    rows = analyze(network, LOCKED_IN_LAYERS, aux=True).layers if analysis.has_aux else analysis.layers
    layers = tuple(LockedLayer(row.path, row.op, row.input, row.output, _counts(row)) for row in rows)
    totals = {key: analysis.totals.figures[key] for key in LOCKED}
    return LockedNetwork(network.name, _fingerprint(network, rows), analysis.input, layers, totals)


def _counts(row: Layer) -> dict[str, int]:
    return {key: count for key in LOCKED_IN_LAYERS if (count := row.figures[key])}


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
