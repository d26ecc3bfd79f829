"""A network's exact figures as a lock holds them, and a hash of what its spec says, however that is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from archcalc.network import Network, Node
from archcalc.results import Analysis, Layer
from archcalc.results.lock import LAYER_FIGURES, TOTAL_FIGURES, Locked, LockedLayer
from archcalc.studies.analyze import analyze


def lock(network: Network, analysis: Analysis | None = None) -> Locked:
    """The entry of a network; ``analysis`` is its table without auxiliary heads. Raises SpecError."""
    found = analysis or analyze(network)
    rows = analyze(network, aux=True).layers if found.has_aux else found.layers
    layers = tuple(LockedLayer(row.path, row.op, row.input, row.output, _counts(row)) for row in rows)
    totals = {name: getattr(found.totals, name) for name in TOTAL_FIGURES}
    return Locked(network.name, _fingerprint(network, rows), found.input, layers, totals)


def _counts(row: Layer) -> dict[str, int]:
    return {name: count for name in LAYER_FIGURES if (count := getattr(row, name))}


def _fingerprint(network: Network, rows: Sequence[Layer]) -> str:
    """A hash of the layers, their options and how they are wired: the same for two spellings of one network."""
    layers = [_said(node, row) for node, row in zip(network.layers, rows, strict=True)]
    said = [list(network.input.dims), layers, network.output]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _said(node: Node, row: Layer) -> list[Any]:
    gates = [[gate.path, str(gate.survival)] for gate in node.gates]
    return [node.path, node.op.name, dict(row.options), list(node.inputs), node.follower, node.aux, gates]
