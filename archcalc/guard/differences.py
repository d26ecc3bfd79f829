"""How a network differs from its entry in the lock: which figures of which layers, and why."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain
from typing import Any

from archcalc.engine.quantities import label_of
from archcalc.network import INPUT, Network, Node
from archcalc.results.check import Difference, Kind, Place
from archcalc.results.lock import LOCKED, LOCKED_IN_LAYERS, LockedLayer, LockedNetwork

INPUT_NAME = "input"
"""The cause of a difference that the network's input has caused."""

MAX_PAIRS = 250_000
"""How many pairs of layers are compared to find renamed ones. After that, only equal beginnings match."""


def differences(old: LockedNetwork, new: LockedNetwork, network: Network, place: Place) -> list[Difference]:
    """All differences between a network and its entry in the lock: layers in their order, then totals.

    ``place`` is where the spec states the input.
    """
    return list(_Comparison(old, new, network, place).all())


class _Comparison:
    """One network beside its entry in the lock."""

    def __init__(self, old: LockedNetwork, new: LockedNetwork, network: Network, place: Place) -> None:
        self.old, self.new, self.network, self.input_place = old, new, network, place
        self.spec_place = Place(place.file)
        self.nodes = {node.path: node for node in network.layers}
        self.old_layers = {layer.path: layer for layer in old.layers}
        self.new_layers = {layer.path: layer for layer in new.layers}
        self.renamed = renamed(old.layers, new.layers)
        kept = self.new_layers.keys() | self.renamed.values()
        self.removed = [layer for layer in old.layers if layer.path not in kept]
        # For each node whose output changed: the path of the layer that caused it. Nodes come after their
        # inputs, so one pass in order carries every cause down the network.
        self.causes = {INPUT: INPUT_NAME} if old.input != new.input else {}

    def all(self) -> Iterator[Difference]:
        old, new = self.old.input, self.new.input
        if old != new:
            yield self._difference("changed", INPUT_NAME, "output", old, new, self.input_place)
        for layer in self.removed:
            note = _costs(layer)
            yield self._difference(
                "removed", layer.path, "output", layer.output, None, self.spec_place, note=note
            )
        for number, node in enumerate(self.network.layers, 1):
            yield from self._of_layer(number, node)
        yield from self._of_totals()

    def _of_layer(self, number: int, node: Node) -> Iterator[Difference]:
        new = self.new_layers[node.path]
        old_name = self.renamed.get(node.path)
        old = self.old_layers.get(old_name or node.path)
        if old is None:
            yield from self._of_added_layer(number, node, new)
            return
        if old_name:
            yield self._difference("renamed", node.path, "name", old_name, node.path, self._line(node))
        cause = self._cause(node, old, new)
        if old.output != new.output:
            self.causes[number] = cause
        place = self._place_of_cause(cause, node)
        shown_cause = cause if cause != node.path else ""
        for name, before, after in _figures(old, new):
            if before != after:
                yield self._difference("changed", node.path, name, before, after, place, shown_cause)

    def _of_added_layer(self, number: int, node: Node, new: LockedLayer) -> Iterator[Difference]:
        place, note = self._line(node), _costs(new)
        yield self._difference("added", node.path, "output", None, new.output, place, note=note)
        # A layer that keeps the shape of its one input changes nothing below it; a cause can only be above.
        if new.input == (new.output,):
            above = self.causes.get(node.inputs[0])
            if above:
                self.causes[number] = above
        else:
            self.causes[number] = node.path

    def _cause(self, node: Node, old: LockedLayer, new: LockedLayer) -> str:
        """The layer that caused a change: this layer, or the layer that changed its input."""
        if old.input == new.input:
            return node.path
        causes = [self.causes[source] for source in node.inputs if source in self.causes]
        # Else it may have read a layer that was removed: one whose output had the shape of an old input.
        causes += [layer.path for layer in self.removed if layer.output in old.input]
        return causes[0] if causes else node.path

    def _of_totals(self) -> Iterator[Difference]:
        is_same_spec = self.old.spec == self.new.spec
        note = "the spec has not changed: archcalc counts differently" if is_same_spec else ""
        # A figure that only one side has is a difference too. Quantities that the lock lacks were left
        # out before.
        for name in dict.fromkeys((*LOCKED, *self.old.totals, *self.new.totals)):
            before, after = self.old.totals.get(name), self.new.totals.get(name)
            if before != after:
                yield self._difference("changed", "", name, before, after, self.spec_place, note=note)

    def _difference(
        self,
        kind: Kind,
        layer: str,
        quantity: str,
        old: Any,
        new: Any,
        place: Place,
        cause: str = "",
        note: str = "",
    ) -> Difference:
        return Difference(kind, self.new.name, layer, quantity, old, new, place, cause, note)

    def _place_of_cause(self, cause: str, node: Node) -> Place:
        """The line of the layer that is the cause; the node's own line if that layer was removed."""
        if cause in self.nodes:
            return self._line(self.nodes[cause])
        return self.input_place if cause == INPUT_NAME else self._line(node)

    def _line(self, node: Node) -> Place:
        mark = node.marks.get("")
        return Place(self.spec_place.file, mark.line, mark.column) if mark else self.spec_place


# --- renamed layers -----------------------------------------------------------------------------------


def renamed(old: Sequence[LockedLayer], new: Sequence[LockedLayer]) -> dict[str, str]:
    """The old name of each renamed layer, by its new name.

    Removed layers are compared with the new layers that follow the same unchanged layer: first by all
    figures, then by the op alone. A layer that also moved is found only if all its figures are the same.
    """
    removed = _by_last_common(old, {layer.path for layer in new})
    added = _by_last_common(new, {layer.path for layer in old})
    old_names: dict[str, str] = {}
    matched: set[str] = set()  # one set for both sides: a removed and an added layer never have the same path
    pairs_left = MAX_PAIRS

    def match(before: LockedLayer, after: LockedLayer) -> None:
        old_names[after.path] = before.path
        matched.update((before.path, after.path))

    for last_common, layers in removed.items():
        for key in (_figures_of, _op_of):
            left = [layer for layer in layers if layer.path not in matched]
            right = [layer for layer in added.get(last_common, ()) if layer.path not in matched]
            for before, after in _aligned(left, right, key, pairs_left):
                match(before, after)
            pairs_left -= len(left) * len(right)
    moved: dict[Hashable, deque[LockedLayer]] = {}
    for layer in chain(*removed.values()):
        if layer.path not in matched:
            moved.setdefault(_figures_of(layer), deque()).append(layer)
    for layer in chain(*added.values()):
        if layer.path not in matched and moved.get(_figures_of(layer)):
            match(moved[_figures_of(layer)].popleft(), layer)
    return old_names


def _by_last_common(layers: Iterable[LockedLayer], others: Container[str]) -> dict[str, list[LockedLayer]]:
    """The layers that the other side lacks, grouped by the last layer before them that both sides have."""
    groups: dict[str, list[LockedLayer]] = {}
    last_common = ""
    for layer in layers:
        if layer.path in others:
            last_common = layer.path
        else:
            groups.setdefault(last_common, []).append(layer)
    return groups


def _aligned(
    old: Sequence[LockedLayer],
    new: Sequence[LockedLayer],
    key: Callable[[LockedLayer], Hashable],
    pairs_left: int,
) -> Iterator[tuple[LockedLayer, LockedLayer]]:
    """Pairs of layers with the same key; both lists keep their order."""
    old_keys, new_keys = list(map(key, old)), list(map(key, new))
    if len(old_keys) * len(new_keys) <= pairs_left:
        blocks = SequenceMatcher(None, old_keys, new_keys, autojunk=False).get_matching_blocks()
        yield from ((old[a + at], new[b + at]) for a, b, size in blocks for at in range(size))
        return
    # The matcher takes quadratic time, so long lists are paired only as far as they begin alike.
    for before, after, old_key, new_key in zip(old, new, old_keys, new_keys, strict=False):
        if old_key != new_key:
            return
        yield before, after


def _figures_of(layer: LockedLayer) -> Hashable:
    return layer.op, layer.output, *sorted(layer.figures.items())


def _op_of(layer: LockedLayer) -> Hashable:
    return layer.op


# --- figures ------------------------------------------------------------------------------------------


def _figures(old: LockedLayer, new: LockedLayer) -> Iterator[tuple[str, Any, Any]]:
    yield "op", old.op, new.op
    yield "input", old.input, new.input
    yield "output", old.output, new.output
    for name in dict.fromkeys((*LOCKED_IN_LAYERS, *old.figures, *new.figures)):
        yield name, old.figures.get(name, 0), new.figures.get(name, 0)


def _costs(layer: LockedLayer) -> str:
    """The costs of a layer that was added or removed, in words."""
    return ", ".join(f"{layer.figures.get(key, 0):,} {label_of(key)}" for key in ("params", "macs"))
