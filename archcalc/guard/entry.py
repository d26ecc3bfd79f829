"""The entry of one network in a lock: its exact figures, and a hash of its layers and connections."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence

from archcalc.network import Network, Node
from archcalc.results import Analysis, Layer
from archcalc.results.lock import LOCKED, LOCKED_IN_LAYERS, LockedLayer, LockedNetwork, lines_of
from archcalc.studies.analyze import analyze


def lock_entry(network: Network, analysis: Analysis | None = None) -> LockedNetwork:
    """The entry of a network; ``analysis`` is its table without auxiliary heads. Raises SpecError."""
    analysis = analysis or analyze(network, LOCKED)
    rows = _all_layers(network, analysis)
    return _figures(network, analysis, rows, LOCKED)._replace(spec=_fingerprint(network, rows))


def figures_of(network: Network, analysis: Analysis, quantities: Collection[str]) -> LockedNetwork:
    """The entry of a network without its hash, which only a network with differences needs.

    ``quantities`` are those that the lock holds; ``analysis`` is as for ``lock_entry``.
    """
    return _figures(network, analysis, _all_layers(network, analysis), quantities)


def with_fingerprint(entry: LockedNetwork, network: Network, analysis: Analysis) -> LockedNetwork:
    """The entry of a network with its hash."""
    return entry._replace(spec=_fingerprint(network, _all_layers(network, analysis)))


def _all_layers(network: Network, analysis: Analysis) -> Sequence[Layer]:
    """The layers with auxiliary heads: a lock holds these too."""
    return analyze(network, LOCKED_IN_LAYERS, aux=True).layers if analysis.has_aux else analysis.layers


def _figures(
    network: Network, analysis: Analysis, rows: Sequence[Layer], quantities: Collection[str]
) -> LockedNetwork:
    held = tuple(key for key in LOCKED if key in quantities)
    totals = {key: analysis.totals.figures[key] for key in held}
    lines = lines_of(_locked_layers(rows, held), held)
    return LockedNetwork(network.name, "", analysis.input, lines, totals, held)


def _locked_layers(rows: Sequence[Layer], quantities: Collection[str]) -> Iterator[LockedLayer]:
    keys = [key for key in LOCKED_IN_LAYERS if key in quantities]
    for row in rows:
        counts = {key: count for key in keys if (count := row.figures[key])}
        yield LockedLayer(row.path, row.op, row.input, row.output, counts)


# --- the hash -----------------------------------------------------------------------------------------


def _fingerprint(network: Network, rows: Sequence[Layer]) -> str:
    """A hash of the layers, their options and their connections. The spelling of the spec does not matter."""
    # Locks hold this hash: a change of the order or of the content here makes every existing lock differ.
    # It is the text that json.dumps gives. Deep networks have few ops, so each op is written out once.
    texts: dict[tuple[int, int], str] = {}
    layers = []
    for node, row in zip(network.layers, rows, strict=True):
        key = id(node.op), len(row.input[0])  # the rank: one value of an option stands for each axis
        if key not in texts:
            texts[key] = f"{_json(node.op.name)},{_json(dict(row.options))}"
        layers.append(f"[{_json(node.path)},{texts[key]},{_place(node)}]")
    text = f"[{_json(network.input.dims)},[{','.join(layers)}],{_json(network.output)}]"
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _place(node: Node) -> str:
    """What a layer reads, and whether it is a follower, of a head, or in branches that may be left out."""
    gates = _json([[gate.path, str(gate.survival)] for gate in node.gates]) if node.gates else "[]"
    follower, aux = "true" if node.follower else "false", "true" if node.aux else "false"
    return f"[{','.join(map(str, node.inputs))}],{follower},{aux},{gates}"


_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode
