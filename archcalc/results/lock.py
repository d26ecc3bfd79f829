"""The contents of a lock file: exact figures of networks, layer by layer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.engine.quantities import QUANTITIES
from archcalc.results import Shape
from archcalc.results.lock_lines import Costs, LayerTexts, LineWriter, read_line, shape_text
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
    not been worked out. ``lines`` are the layers as a lock writes them. ``quantities`` are those in it.
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
        """Whether all figures are the same, and written in the same way."""
        return (self.input, self.totals, self.lines) == (other.input, other.totals, other.lines)

    def only(self, quantities: Collection[str]) -> LockedNetwork:
        """The same network with these figures only."""
        held = tuple(key for key in self.quantities if key in quantities)
        if held == self.quantities:
            return self
        layers = (layer._replace(figures=_only(layer.figures, held)) for layer in self.layers)
        return self._replace(lines=lines_of(layers, held), totals=_only(self.totals, held), quantities=held)


def _only(figures: Mapping[str, int], quantities: Collection[str]) -> dict[str, int]:
    return {key: count for key, count in figures.items() if key in quantities}


class Lock(NamedTuple):
    """A lock file: networks by name, the convention of their counts, and the settings of ``--set``.

    ``quantities`` are the quantities in it. A later archcalc has more of them, and compares only these.
    """

    convention: str
    settings: Mapping[str, Any]
    networks: Mapping[str, LockedNetwork]
    quantities: tuple[str, ...] = LOCKED


# --- layers as lines ----------------------------------------------------------------------------------


def lines_of(layers: Iterable[LockedLayer], quantities: Sequence[str]) -> Lines:
    """Layers as the lines of a lock that holds ``quantities``; the same layers always give the same lines."""
    return folded(list(_with_followers(layers, quantities)))


def _with_followers(layers: Iterable[LockedLayer], quantities: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The path of each layer that is no follower, and its text with its followers."""
    nothing = dict.fromkeys([key for key in LOCKED_IN_LAYERS if key in quantities], 0)
    known: dict[Any, LayerTexts] = {}
    path, text = "", ""
    gives: tuple[Shape, ...] = ()
    for layer in layers:
        key = layer.op, layer.input, layer.output, tuple(layer.figures.items())
        texts = known.get(key)
        if texts is None:
            # A later archcalc may lock more figures of layers: all that a layer has are written.
            figures = {**nothing, **layer.figures}
            shapes = list(map(shape_text, layer.input))
            texts = LineWriter(list(figures)).layer(layer.op, shapes, shape_text(layer.output), figures)
            known[key] = texts
        if layer.input == gives and layer.path == f"{path}/{layer.op}":
            text = f"{text}; {texts.following}"
        else:
            if path:
                yield path, text
            path, text = layer.path, texts.alone
        gives = (layer.output,)
    if path:
        yield path, text


def _layers(lines: Lines, quantities: Sequence[str]) -> Iterator[LockedLayer]:
    read: dict[str, list[Costs]] = {}
    for path, text in unfolded(lines):
        if text not in read:
            read[text] = read_line(text, quantities)
        first, *followers = read[text]
        yield LockedLayer(path, *first)
        for costs in followers:
            yield LockedLayer(f"{path}/{costs.op}", *costs)
