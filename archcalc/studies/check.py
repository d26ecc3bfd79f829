"""A network against its lock: what differs, layer by layer, and which layer is the cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from archcalc.network import INPUT, Network, Node
from archcalc.results.check import Difference, Place
from archcalc.results.lock import Locked, LockedLayer

INPUT_NAME = "input"
"""The cause of what goes back to the network's input."""


def differences(old: Locked, new: Locked, network: Network, file: str) -> list[Difference]:
    """Everything in which a network is not as it was locked; its layers in order, its totals last."""
    return list(_Comparison(old, new, network, file).all())


class _Comparison:
    def __init__(self, old: Locked, new: Locked, network: Network, file: str) -> None:
        self.old, self.new, self.network, self.file = old, new, network, file
        self.nodes = {node.path: node for node in network.layers}
        self.was = {layer.path: layer for layer in old.layers}
        self.now = {layer.path: layer for layer in new.layers}
        self.renamed = dict(self._renamed())
        self.causes: dict[int, str] = {}

    def all(self) -> Iterator[Difference]:
        if self.old.input != self.new.input:
            yield self._of("changed", "input", "output", self.old.input, self.new.input, self._line(None))
        gone = [layer for layer in self.old.layers if layer.path not in self.now]
        for layer in gone:
            if layer.path not in self.renamed.values():
                where = self._line(None)
                yield self._of("removed", layer.path, "output", layer.output, None, where, note=_sum(layer))
        for number, node in enumerate(self.network.layers, 1):
            if node.path in self.now:
                yield from self._layer(number, node)
        yield from self._totals()

    def _layer(self, number: int, node: Node) -> Iterator[Difference]:
        new = self.now[node.path]
        place = self._line(node)
        known = self.renamed.get(node.path)
        old = self.was.get(known or node.path)
        if old is None:
            self.causes[number] = node.path
            yield self._of("added", node.path, "output", None, new.output, place, note=_sum(new))
            return
        if known:
            yield self._of("renamed", node.path, "name", known, node.path, place)
        changed = [(name, was, now) for name, was, now in _figures(old, new) if was != now]
        cause = self._cause(number, node, old, new) if changed or old.input != new.input else ""
        if cause:
            self.causes[number] = cause
        where = self._line(self.nodes.get(cause)) if cause else place
        for name, was, now in changed:
            yield self._of("changed", node.path, name, was, now, where, cause if cause != node.path else "")

    def _cause(self, number: int, node: Node, old: LockedLayer, new: LockedLayer) -> str:
        """The layer to which a change goes back: this one, or if its input changed, one that made that."""
        if old.input == new.input:
            return node.path
        above = [self.causes[source] for source in node.inputs if source in self.causes]
        return above[0] if above else (INPUT_NAME if INPUT in node.inputs else node.path)

    def _totals(self) -> Iterator[Difference]:
        where = self._line(None)
        for name in dict.fromkeys((*self.old.totals, *self.new.totals)):
            was, now = self.old.totals.get(name), self.new.totals.get(name)
            if was != now:
                # What the lock of an older archcalc did not hold yet is said like any other difference.
                same = self.old.spec == self.new.spec
                note = "the spec is as it was locked: archcalc counts differently" if same else ""
                yield self._of("changed", "", name, was, now, where, note=note)

    def _renamed(self) -> Iterator[tuple[str, str]]:
        """New names of layers with the old ones: what is gone beside what came, the same op at the same place."""
        if not (self.was.keys() - self.now.keys() and self.now.keys() - self.was.keys()):
            return
        matcher = SequenceMatcher(None, _tokens(self.old, self.now), _tokens(self.new, self.was), autojunk=False)
        for block in matcher.get_matching_blocks():
            for offset in range(block.size):
                old, new = self.old.layers[block.a + offset].path, self.new.layers[block.b + offset].path
                if old != new:
                    yield new, old

    # --- records ------------------------------------------------------------------------------------

    def _of(
        self, kind: Any, layer: str, quantity: str, old: Any, new: Any, place: Place, cause: str = "", note: str = ""
    ) -> Difference:
        return Difference(kind, self.new.name, layer, quantity, old, new, place, cause, note)

    def _line(self, node: Node | None) -> Place:
        mark = node.marks.get("") if node else None
        return Place(self.file, mark.line, mark.column) if mark else Place(self.file)


def _figures(old: LockedLayer, new: LockedLayer) -> Iterable[tuple[str, Any, Any]]:
    yield "op", old.op, new.op
    yield "output", old.output, new.output
    for name in dict.fromkeys((*old.figures, *new.figures)):
        yield name, old.figures.get(name), new.figures.get(name)


def _tokens(entry: Locked, others: Mapping[str, LockedLayer]) -> list[str]:
    """The layers in order: those that the other side has too by their paths, the others by their ops."""
    return [layer.path if layer.path in others else f"op {layer.op}" for layer in entry.layers]


def _sum(layer: LockedLayer) -> str:
    """What a layer that came or went counts for."""
    counts: Mapping[str, int] = {name: layer.figures.get(name, 0) for name in ("params", "macs")}
    return ", ".join(f"{count:,} {NAMES.get(name, name)}" for name, count in counts.items())


NAMES = {"macs": "MACs", "flops": "FLOPs"}
