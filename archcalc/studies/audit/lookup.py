"""Figures by name, as claims and budgets write them: of a network, a layer, an op, or another network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeAlias

from archcalc.engine.quantities import LAYER_FIGURES
from archcalc.engine.reading import Pass
from archcalc.engine.totals import figures_of_input
from archcalc.errors import ArchcalcError, SpecError
from archcalc.ops import OPS, lecture_name
from archcalc.ops.base import Volume
from archcalc.results import Analysis, Layer
from archcalc.results.folding import fold

Analyses: TypeAlias = Callable[[str, bool], Analysis]
"""A function that analyses a network by its name, with its auxiliary heads or without."""

PATTERN = ("conv", "fc", "pool")
"""The kinds of layers in a pattern such as CONV-POOL-FC; the lectures leave out the others."""

LAYER_FIELDS = {*(field.name for field in fields(Layer)), *(quantity.key for quantity in LAYER_FIGURES)}
"""What every layer has; an option of the same name is not what a claim speaks of."""


class FigureLookup(Mapping[str, Any]):
    """A mapping from names to figures. An unknown name raises KeyError.

    | name | figure |
    |---|---|
    | ``macs`` | a total of the network; with a ``layer``, a field or an option of that layer |
    | ``fc6.macs`` | a figure of that layer or scope |
    | ``vgg16.macs``, ``vgg16:fc6.macs`` | of another network, which ``others`` analyses |
    | ``fvcore``, ``fc6.fvcore`` | the count of a tool, if it was asked for; ``_`` stands for a hyphen |
    | ``conv.count``, ``conv.kernel`` | how many layers an op has, and the values of one of its options |
    | ``pattern``, ``stages``, ``column``, ``notation`` | texts as papers write them |

    >>> import archcalc
    >>> alexnet = archcalc.analyze("alexnet")
    >>> figures = FigureLookup(alexnet)
    >>> FigureLookup(alexnet, "conv1")["weights"], figures["conv.count"], figures["fc8.output"]
    (34848, 5, (1000,))
    >>> figures["conv.kernel"], figures["conv5.notation"]
    ((3, 5, 11), 'conv3-256')
    """

    def __init__(self, analysis: Analysis, layer: str = "", others: Analyses | None = None) -> None:
        self.analysis = analysis
        self.layer = layer
        self.others = others
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        # An expression asks whether a name exists before it reads it.
        if name not in self._known:
            self._known[name] = self._of_name(name)
        return self._known[name]

    def _of_name(self, name: str) -> Any:
        owner, dot, figure = name.rpartition(".")
        if not dot:
            return self._figure(self.layer, figure)
        try:
            return self._figure(owner, figure)
        except KeyError:
            if owner in OPS:
                return _of_op(self.analysis, owner, figure)
            if self.others is None:
                raise
        network, _, layer = owner.partition(":")
        return FigureLookup(self.others(network, False))._figure(layer, figure)

    def has_layer(self) -> bool:
        """Whether the layer or scope exists."""
        if self.layer in ("", "input"):
            return True
        try:
            self._row(self.layer)
        except KeyError:
            return False
        return True

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except SpecError:  # the network exists, and its own spec has a mistake
            raise
        except (KeyError, ArchcalcError):
            return False
        return True

    # The names cannot be listed: they include the layers of every other network.
    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def _figure(self, layer: str, what: str) -> Any:
        if not layer:
            if self._is_count(what):
                return self._count_of("")
            return TEXTS[what](self.analysis) if what in TEXTS else _field(self.analysis.totals, what)
        if layer == "input":
            return _of_input(self.analysis, what)
        row = self._row(layer)
        if self._is_count(what):
            return self._count_of(layer)
        if what == "notation" and (written := notation(row)):
            return written
        value = row.options[what] if what in row.options and what not in LAYER_FIELDS else _field(row, what)
        return tuple(value) if isinstance(value, list) else value

    def _is_count(self, what: str) -> bool:
        """Whether a name is that of the tool whose count was asked for."""
        counted = self.analysis.counted
        return counted is not None and what == counted.name.replace("-", "_")

    def _count_of(self, layer: str) -> int:
        """What the tool counts: in all, or in a layer or scope."""
        counted = self.analysis.counted
        assert counted
        return counted.of_scope(layer) if layer else counted.total

    def _row(self, path: str) -> Layer:
        """The row of a layer or scope. Auxiliary heads come last, because totals leave them out."""
        scope, layers = f"{path}/", self.analysis.layers
        row = next((layer for layer in layers if layer.path == path), None)
        if row is None:
            # Only the layers of the scope are folded: a network has many others.
            rows = fold([layer for layer in layers if layer.path.startswith(scope)], path.count("/") + 1)
            row = next((row for row in rows if row.path == path), None)
        if row is None and self.analysis.has_aux and self.others is not None:
            layers = self.others(self.analysis.network, True).layers
            row = next((layer for layer in layers if layer.path == path), None)
        if row is None:
            raise KeyError(path)
        return row


def _of_input(analysis: Analysis, what: str) -> Any:
    """A figure of the input; what only a layer at its place has (a receptive field) raises KeyError."""
    *spatial, channels = analysis.input
    run = Pass(analysis.batch, analysis.value_bytes)
    value = figures_of_input(Volume(tuple(spatial), channels), run)[what]
    if value is None:
        raise KeyError(what)
    return value


def _of_op(analysis: Analysis, op: str, what: str) -> Any:
    """The number of layers of an op, or all numbers that one of their options has."""
    options = [layer.options for layer in analysis.layers if layer.op == op]
    if what == "count":
        return len(options)
    values = [layer_options[what] for layer_options in options]
    numbers = {number for value in values for number in (value if isinstance(value, list) else [value])}
    if not all(type(number) is int for number in numbers):
        raise KeyError(what)
    return tuple(sorted(numbers))


def notation(layer: Layer) -> str:
    """A layer as the table of the VGG paper writes it; empty for layers that are not in it."""
    if layer.op not in OPS:
        return ""
    op, options = OPS[layer.op], layer.options
    return op.notation(options["kernel"][0] if "kernel" in options else "", options.get(op.width_option))


def pattern(analysis: Analysis) -> str:
    """The sequence of layers as the lectures write it.

    >>> import archcalc
    >>> pattern(archcalc.analyze("alexnet"))
    'CONV-POOL-CONV-POOL-CONV-CONV-CONV-POOL-FC-FC-FC'
    """
    names = (lecture_name(layer.op) for layer in analysis.layers)
    return "-".join(name.upper() for name in names if name in PATTERN)


def stages(analysis: Analysis) -> tuple[str, ...]:
    """The convolutions between the pooling layers, as the table of the VGG paper writes them.

    >>> import archcalc
    >>> stages(archcalc.analyze("vgg11"))
    ('conv3-64', 'conv3-128', 'conv3-256 conv3-256', 'conv3-512 conv3-512', 'conv3-512 conv3-512')
    """
    groups: list[list[str]] = [[]]
    for layer in analysis.layers:
        if layer.op == "maxpool":
            groups.append([])
        elif layer.op in ("conv", "lrn"):
            groups[-1].append(notation(layer))
    return tuple(" ".join(group) for group in groups if group)


TEXTS: dict[str, Callable[[Analysis], Any]] = {
    "pattern": pattern,
    "stages": stages,
    "column": lambda analysis: " | ".join(stages(analysis)),
}
"""Figures of a network that are texts."""


def _field(record: Any, what: str) -> Any:
    value = None if what.startswith("_") else getattr(record, what, None)
    if value is None or callable(value) or what == "figures":
        raise KeyError(what)
    return value
