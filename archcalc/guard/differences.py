"""A network against its lock: what differs, layer by layer, and which layer is the cause."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain
from typing import Any

from archcalc.network import INPUT, Network, Node
from archcalc.results.check import Difference, Kind, Place
from archcalc.results.lock import LAYER_FIGURES, TOTAL_FIGURES, Locked, LockedLayer

INPUT_NAME = "input"
"""The cause of what goes back to the network's input."""

ROOM = 250_000
"""Pairs of layers that are looked at in search of renamed ones; beyond, only what stands in the same order is found."""


def differences(old: Locked, new: Locked, network: Network, place: Place) -> list[Difference]:
    """Everything in which a network is not as it was locked; its layers in order, its totals last.

    ``place`` is where its input is written.
    """
    return list(_Comparison(old, new, network, place).all())


class _Comparison:
    def __init__(self, old: Locked, new: Locked, network: Network, place: Place) -> None:
        self.old, self.new, self.network, self.place = old, new, network, place
        self.file = Place(place.file)
        self.nodes = {node.path: node for node in network.layers}
        self.was = {layer.path: layer for layer in old.layers}
        self.now = {layer.path: layer for layer in new.layers}
        self.renamed = renamed(old.layers, new.layers)
        kept = self.now.keys() | self.renamed.values()
        self.gone = [layer for layer in old.layers if layer.path not in kept]
        self.causes = {INPUT: INPUT_NAME} if old.input != new.input else {}
        """For every node whose output is not as it was, the layer to which that goes back."""

    def all(self) -> Iterator[Difference]:
        if self.old.input != self.new.input:
            yield self._of("changed", INPUT_NAME, "output", self.old.input, self.new.input, self.place)
        for layer in self.gone:
            yield self._of("removed", layer.path, "output", layer.output, None, self.file, note=_sum(layer))
        for number, node in enumerate(self.network.layers, 1):
            yield from self._layer(number, node)
        yield from self._totals()

    def _layer(self, number: int, node: Node) -> Iterator[Difference]:
        new, place = self.now[node.path], self._line(node)
        known = self.renamed.get(node.path)
        old = self.was.get(known or node.path)
        if old is None:
            yield self._of("added", node.path, "output", None, new.output, place, note=_sum(new))
            passed_on = new.input == (new.output,) and self.causes.get(node.inputs[0])
            if passed_on or new.input != (new.output,):
                self.causes[number] = passed_on or node.path
            return
        if known:
            yield self._of("renamed", node.path, "name", known, node.path, place)
        changed = [(name, was, now) for name, was, now in _figures(old, new) if was != now]
        cause = self._cause(node, old, new)
        if old.output != new.output:
            self.causes[number] = cause
        where = (
            self._line(self.nodes[cause])
            if cause in self.nodes
            else self.place
            if cause == INPUT_NAME
            else place
        )
        for name, was, now in changed:
            yield self._of("changed", node.path, name, was, now, where, cause if cause != node.path else "")

    def _cause(self, node: Node, old: LockedLayer, new: LockedLayer) -> str:
        """The layer to which a change goes back: this one, or if its input changed, the one that made that."""
        if old.input == new.input:
            return node.path
        above = [self.causes[source] for source in node.inputs if source in self.causes]
        above += [
            layer.path for layer in self.gone if layer.output in old.input
        ]  # what it may have read instead
        return above[0] if above else node.path

    def _totals(self) -> Iterator[Difference]:
        # What the lock of an older archcalc did not hold yet is said like any other difference.
        same = self.old.spec == self.new.spec
        note = "the spec is as it was locked: archcalc counts differently" if same else ""
        for name in dict.fromkeys((*TOTAL_FIGURES, *self.old.totals, *self.new.totals)):
            was, now = self.old.totals.get(name), self.new.totals.get(name)
            if was != now:
                yield self._of("changed", "", name, was, now, self.file, note=note)

    def _of(
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

    def _line(self, node: Node) -> Place:
        mark = node.marks.get("")
        return Place(self.file.file, mark.line, mark.column) if mark else self.file


# --- renamed layers -----------------------------------------------------------------------------------


def renamed(old: Sequence[LockedLayer], new: Sequence[LockedLayer]) -> dict[str, str]:
    """New names of layers with the old ones.

    What is gone is laid beside what came behind the same layer, first by all figures, then by the op alone; one that
    has moved besides must have all its figures.
    """
    gone, came = _without(old, {layer.path for layer in new}), _without(new, {layer.path for layer in old})
    names: dict[str, str] = {}
    met: set[str] = set()  # no path is on both sides
    room = ROOM

    def meet(was: LockedLayer, now: LockedLayer) -> None:
        names[now.path] = was.path
        met.update((was.path, now.path))

    for behind, layers in gone.items():
        for key in (_figures_of, _op_of):
            left = [layer for layer in layers if layer.path not in met]
            right = [layer for layer in came.get(behind, ()) if layer.path not in met]
            for was, now in _aligned(left, right, key, room):
                meet(was, now)
            room -= len(left) * len(right)
    free: dict[Hashable, deque[LockedLayer]] = {}
    for layer in chain(*gone.values()):
        if layer.path not in met:
            free.setdefault(_figures_of(layer), deque()).append(layer)
    for layer in chain(*came.values()):
        if layer.path not in met and free.get(_figures_of(layer)):
            meet(free[_figures_of(layer)].popleft(), layer)
    return names


def _without(layers: Iterable[LockedLayer], others: Container[str]) -> dict[str, list[LockedLayer]]:
    """The layers that the other side lacks, by the last layer before them that it has."""
    found: dict[str, list[LockedLayer]] = {}
    behind = ""
    for layer in layers:
        if layer.path in others:
            behind = layer.path
        else:
            found.setdefault(behind, []).append(layer)
    return found


def _aligned(
    old: Sequence[LockedLayer], new: Sequence[LockedLayer], key: Callable[[LockedLayer], Hashable], room: int
) -> Iterator[tuple[LockedLayer, LockedLayer]]:
    """Pairs of layers with the same key, none crossing another; without room only those from the start on."""
    before, after = list(map(key, old)), list(map(key, new))
    if len(before) * len(after) <= room:
        blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        yield from ((old[a + at], new[b + at]) for a, b, size in blocks for at in range(size))
        return
    for was, now, one, other in zip(old, new, before, after, strict=False):
        if one != other:
            return
        yield was, now


def _figures_of(layer: LockedLayer) -> Hashable:
    return layer.op, layer.output, *sorted(layer.figures.items())


def _op_of(layer: LockedLayer) -> Hashable:
    return layer.op


# --- figures ------------------------------------------------------------------------------------------


def _figures(old: LockedLayer, new: LockedLayer) -> Iterator[tuple[str, Any, Any]]:
    yield "op", old.op, new.op
    yield "input", old.input, new.input
    yield "output", old.output, new.output
    for name in dict.fromkeys((*LAYER_FIGURES, *old.figures, *new.figures)):
        yield name, old.figures.get(name, 0), new.figures.get(name, 0)


def _sum(layer: LockedLayer) -> str:
    """What a layer that came or went counts for."""
    return ", ".join(
        f"{layer.figures.get(name, 0):,} {word}" for name, word in (("params", "params"), ("macs", "MACs"))
    )
