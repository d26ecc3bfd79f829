"""The contents of a lock file: exact figures of networks, layer by layer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from archcalc.engine.quantities import QUANTITIES
from archcalc.results import Layer, Shape
from archcalc.results.lock_lines import Costs, follower_text, layer_text, read_line
from archcalc.results.lock_scopes import Lines, folded, unfolded

LOCKED_IN_LAYERS = tuple(quantity.key for quantity in QUANTITIES if quantity.locked == "layers")
"""The counts of a layer that are locked. Its activations are not: they follow from its output."""

LOCKED = tuple(quantity.key for quantity in QUANTITIES if quantity.locked)
"""The totals that are locked."""

LOCKED_AT_FIRST = (
    "params",
    "weights",
    "biases",
    "norm_params",
    "buffers",
    "macs",
    "flops",
    "activations",
    "slide_activations",
    "conv_fc_outputs",
    "peak_activations",
    "activation_bytes",
    "peak_activation_bytes",
    "param_bytes",
    "depth",
)
"""The quantities of a lock that does not list them, as the first locks. Nothing is added here."""


class LockedLayer(NamedTuple):
    """A layer of a lock with its shapes and the counts that are not 0, for one image."""

    path: str
    op: str
    input: tuple[Shape, ...]
    output: Shape
    figures: Mapping[str, int]


class LockedNetwork(NamedTuple):
    """One network of a lock. Its layers include auxiliary heads; its totals do not.

    ``spec`` is a hash of the layers and connections, the same for every spelling of the spec; empty if it has
    not been worked out. ``lines`` are the layers as a lock writes them. ``quantities`` are those that the lock
    holds.
    """

    name: str
    spec: str
    input: Shape
    lines: Lines
    totals: Mapping[str, int]
    quantities: tuple[str, ...] = LOCKED

    @property
    def layers(self) -> tuple[LockedLayer, ...]:
        """Every layer by itself: the lines read, and equal ones written out."""
        return tuple(_layers(self.lines, self.quantities))

    def has_figures_of(self, other: LockedNetwork) -> bool:
        """Whether all figures are the same. Networks that differ only in how lines are written count as
        different here."""
        return (self.input, self.totals, self.lines) == (other.input, other.totals, other.lines)

    def only(self, quantities: Collection[str]) -> LockedNetwork:
        """The same network with these figures only."""
        held = tuple(key for key in self.quantities if key in quantities)
        if held == self.quantities:
            return self
        totals = {key: count for key, count in self.totals.items() if key in quantities}
        return self._replace(lines=lines_of(self.layers, held), totals=totals, quantities=held)


class Lock(NamedTuple):
    """A lock file: networks by name, the convention of their counts, and the settings of ``--set``.

    ``quantities`` are the quantities in it. A later archcalc has more of them, and compares only these.
    """

    convention: str
    settings: Mapping[str, Any]
    networks: Mapping[str, LockedNetwork]
    quantities: tuple[str, ...] = LOCKED


# --- layers as lines ----------------------------------------------------------------------------------


AnyLayer: TypeAlias = Layer | LockedLayer


def lines_of(layers: Iterable[AnyLayer], quantities: Collection[str]) -> Lines:
    """Layers as the lines of a lock that holds ``quantities``; the same layers always give the same lines."""
    return folded(list(_with_followers(layers, quantities)))


class _Texts(NamedTuple):
    """Equal layers as text: with the shapes, and as a follower."""

    op: str
    reads: tuple[Shape, ...]
    gives: tuple[Shape, ...]
    alone: str
    following: str


def _with_followers(layers: Iterable[AnyLayer], quantities: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each layer that is no follower: its path, and its text with its followers."""
    texts: dict[Any, _Texts] = {}
    path, text, gives = "", "", ()
    for layer in layers:
        figures = layer.figures
        key = layer.op, layer.input, layer.output, tuple([figures.get(name, 0) for name in LOCKED_IN_LAYERS])
        found = texts.get(key)
        if found is None:
            found = texts[key] = _texts(layer, quantities)
        if found.reads == gives and layer.path == f"{path}/{found.op}":
            text = f"{text}; {found.following}"
        else:
            if path:
                yield path, text
            path, text = layer.path, found.alone
        gives = found.gives
    if path:
        yield path, text


def _texts(layer: AnyLayer, quantities: Collection[str]) -> _Texts:
    figures = {key: layer.figures[key] for key in LOCKED_IN_LAYERS if layer.figures.get(key) and key in quantities}
    costs = Costs(layer.op, layer.input, layer.output, figures)
    texts = layer_text(costs, quantities), follower_text(costs, quantities)
    return _Texts(layer.op, layer.input, (layer.output,), *texts)


def _layers(lines: Lines, quantities: Collection[str]) -> Iterator[LockedLayer]:
    read: dict[str, list[Costs]] = {}
    for path, text in unfolded(lines):
        if text not in read:
            read[text] = read_line(text, quantities)
        first, *followers = read[text]
        yield LockedLayer(path, *first)
        for costs in followers:
            yield LockedLayer(f"{path}/{costs.op}", *costs)
