"""The entry of one network in a lock: its exact figures, and a hash of its layers and connections."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from archcalc.conventions.tool import ToolConvention
from archcalc.engine.walk import walk_or_raise
from archcalc.guard.network_lines import NetworkLines
from archcalc.network import Network, Node
from archcalc.ops.axes import resolved
from archcalc.results import Analysis
from archcalc.results.lock import LOCKED, LockedNetwork
from archcalc.studies.analyze import analyze


class Entries:
    """Makes the entries of the networks of one lock, which holds ``quantities`` and the count of a ``tool``.

    What the networks have in common is written once. A network that the tool cannot count has no such count.
    """

    def __init__(self, quantities: Sequence[str] = LOCKED, tool: ToolConvention | None = None) -> None:
        self._tool = tool
        self._quantities = tuple(key for key in LOCKED if key in quantities)
        self._lines = NetworkLines(self._quantities)

    def figures(self, network: Network, analysis: Analysis) -> LockedNetwork:
        """The entry without its hash; ``analysis`` is the table without auxiliary heads. Raises SpecError."""
        totals = {key: analysis.totals.figures[key] for key in self._quantities}
        if self._tool:
            counted = analysis.counted
            if counted is None or counted.name != self._tool.name:
                counted = analyze_with(self._tool, network, ()).counted
            totals |= {counted.name: counted.total} if counted else {}
        lines = self._lines.of(network)
        return LockedNetwork(network.name, "", analysis.input, lines, totals, self._quantities)

    def entry(self, network: Network) -> LockedNetwork:
        """The whole entry. Raises SpecError."""
        figures = self.figures(network, analyze_with(self._tool, network, self._quantities))
        return figures._replace(spec=fingerprint(network))


def analyze_with(
    tool: ToolConvention | None, network: Network, quantities: Collection[str] | None, *, aux: bool = False
) -> Analysis:
    """The table of a network, with the count of a tool if the tool can count it. Raises SpecError."""
    if tool is not None:
        from archcalc.studies.counting import can_count

        if can_count(tool, network):
            return analyze(network, quantities, aux=aux, convention=tool.name)
    return analyze(network, quantities, aux=aux)


def lock_entry(network: Network) -> LockedNetwork:
    """The entry of one network. Raises SpecError."""
    return Entries().entry(network)


def fingerprint(network: Network) -> str:
    """A hash of the layers, their options and their connections. The spelling of the spec does not matter."""
    import hashlib  # OpenSSL is large, and most checks need no hash

    # Locks hold this hash: a change of the order or of the content here makes every existing lock differ.
    # It is the text that json.dumps gives. Deep networks have few ops, so each op is written out once.
    texts: dict[tuple[int, int], str] = {}
    layers = []
    for step in walk_or_raise(network)[0]:
        op, rank = step.op, step.xs[0].rank  # of an option that is one for all axes, each axis gets its own
        text = texts.get((id(op), rank))
        if text is None:
            text = texts[id(op), rank] = f"{_json(op.name)},{_json(resolved(op, rank))}"
        layers.append(f"[{_json(step.node.path)},{text},{_place(step.node)}]")
    text = f"[{_json(network.input.dims)},[{','.join(layers)}],{_json(network.output)}]"
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _place(node: Node) -> str:
    """What a layer reads, and whether it is a follower, of a head, or in branches that may be left out."""
    gates = _json([[gate.path, str(gate.survival)] for gate in node.gates]) if node.gates else "[]"
    follower, aux = "true" if node.follower else "false", "true" if node.aux else "false"
    # Only what shares arrays says so: locks of other networks stay as they are.
    shares = f",{node.same_as}" if node.same_as else ""
    return f"[{','.join(map(str, node.inputs))}],{follower},{aux},{gates}{shares}"


_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode
