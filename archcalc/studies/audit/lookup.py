"""The figures that claims speak of: of the network, of its input, of a layer or scope, of another network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import prod
from typing import Any, TypeAlias

from archcalc.errors import ArchcalcError, SpecError
from archcalc.ops import OPS, lecture_name
from archcalc.results import Analysis, Layer
from archcalc.studies.rows import fold

Analyses: TypeAlias = Callable[[str, bool], Analysis]
"""What works a network out by its name, with its auxiliary heads or without."""

PATTERN = ("conv", "fc", "pool")
"""What the lectures tell in a pattern such as CONV-POOL-FC."""

NOTATION: dict[str, Callable[[Layer], str]] = {
    "conv": lambda layer: f"conv{layer.options['kernel'][0]}-{layer.options['filters']}",
    "fc": lambda layer: f"FC-{layer.options['units']}",
    "lrn": lambda layer: "LRN",
}
"""How the table of the VGG paper writes a layer."""


class FigureLookup(Mapping[str, Any]):
    """Figures by name, looked up when they are asked for; a name that means nothing raises KeyError.

    ``macs`` is a field of Layer, an option, or without a ``layer`` a field of Totals; ``fc6.macs`` is the figure of
    that layer or scope, ``vgg16.macs`` of that network and ``vgg16:fc6.macs`` of a layer of it (``others`` works it
    out). ``conv.count`` is how many layers of an op there are, ``conv.kernel`` the values that an option of theirs
    has. Texts are ``pattern``, ``column`` and its ``stages``, and the ``notation`` of a layer.

    >>> import archcalc
    >>> alexnet = archcalc.analyze("alexnet")
    >>> Figures(alexnet, "conv1")["weights"], Figures(alexnet)["conv.count"], Figures(alexnet)["fc8.output"]
    (34848, 5, (1000,))
    >>> Figures(alexnet)["conv.kernel"], Figures(alexnet)["conv5.notation"]
    ((3, 5, 11), 'conv3-256')
    """

    def __init__(self, analysis: Analysis, layer: str = "", others: Analyses | None = None) -> None:
        self.analysis = analysis
        self.layer = layer
        self.others = others

    def __getitem__(self, name: str) -> Any:
        owner, dot, figure = name.rpartition(".")
        if not dot:
            return self._of(self.layer, figure)
        try:
            return self._of(owner, figure)
        except KeyError:
            if owner in OPS:
                return _of_op(self.analysis, owner, figure)
            if self.others is None:
                raise
        network, _, layer = owner.partition(":")
        return FigureLookup(self.others(network, False))._of(layer, figure)

    def has_layer(self) -> bool:
        """Whether there is the layer or scope in question."""
        return self.layer in ("", "input") or f"{self.layer}.params" in self

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except SpecError:  # there is such a network, and it is wrong itself
            raise
        except (KeyError, ArchcalcError):
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def _of(self, layer: str, what: str) -> Any:
        if not layer:
            return TEXTS[what](self.analysis) if what in TEXTS else _field(self.analysis.totals, what)
        if layer == "input":
            size = self.analysis.batch * prod(self.analysis.input)
            return {"output": self.analysis.input, "activations": size, "params": 0}[what]
        row = self._row(layer)
        if what == "notation" and row.op in NOTATION:
            return NOTATION[row.op](row)
        value = row.options[what] if what in row.options and what not in Layer._fields else _field(row, what)
        return tuple(value) if isinstance(value, list) else value

    def _row(self, path: str) -> Layer:
        """A layer or scope; those of an auxiliary head, which totals leave out, are looked for last."""
        for rows in self._tables(path.count("/") + 1):
            for row in rows:
                if row.path == path:
                    return row
        raise KeyError(path)

    def _tables(self, depth: int) -> Iterator[Iterable[Layer]]:
        yield self.analysis.layers
        yield fold(self.analysis.layers, depth)
        if self.analysis.has_aux and self.others is not None:
            yield self.others(self.analysis.network, True).layers


def _of_op(analysis: Analysis, op: str, what: str) -> Any:
    """How many layers of an op there are, or every number that an option of theirs has."""
    options = [layer.options for layer in analysis.layers if layer.op == op]
    if what == "count":
        return len(options)
    values = [one[what] for one in options]
    numbers = {number for value in values for number in (value if isinstance(value, list) else [value])}
    if not all(type(number) is int for number in numbers):
        raise KeyError(what)
    return tuple(sorted(numbers))


def pattern(analysis: Analysis) -> str:
    """The sequence of layers as the lectures write it.

    >>> import archcalc
    >>> pattern(archcalc.analyze("alexnet"))
    'CONV-POOL-CONV-POOL-CONV-CONV-CONV-POOL-FC-FC-FC'
    """
    told = (lecture_name(layer.op) for layer in analysis.layers)
    return "-".join(name.upper() for name in told if name in PATTERN)


def stages(analysis: Analysis) -> tuple[str, ...]:
    """The convolutions between the poolings, as the table of the VGG paper writes them.

    >>> import archcalc
    >>> stages(archcalc.analyze("vgg11"))
    ('conv3-64', 'conv3-128', 'conv3-256 conv3-256', 'conv3-512 conv3-512', 'conv3-512 conv3-512')
    """
    found: list[list[str]] = [[]]
    for layer in analysis.layers:
        if layer.op == "maxpool":
            found.append([])
        elif layer.op in ("conv", "lrn"):
            found[-1].append(NOTATION[layer.op](layer))
    return tuple(" ".join(stage) for stage in found if stage)


TEXTS: dict[str, Callable[[Analysis], Any]] = {
    "pattern": pattern,
    "stages": stages,
    "column": lambda analysis: " | ".join(stages(analysis)),
}
"""Figures of a network that are words."""


def _field(record: Any, what: str) -> Any:
    value = None if what.startswith("_") else getattr(record, what, None)
    if value is None or callable(value):
        raise KeyError(what)
    return value
