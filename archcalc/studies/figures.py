"""The figures that claims speak of: of the network, of its input, of a layer or scope, of another network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

from archcalc.ops import OPS
from archcalc.results import Analysis, Layer
from archcalc.studies.table import fold

PATTERN = {"conv": "CONV", "fc": "FC", "maxpool": "POOL", "avgpool": "POOL", "subsample": "POOL"}
"""How the lectures write an op in a pattern such as CONV-POOL-FC."""


class Figures(Mapping[str, Any]):
    """Figures by name, looked up when they are asked for; a name that means nothing raises KeyError.

    ``macs`` is a field of Layer, an option, or without a ``layer`` a field of Totals; ``fc6.macs`` is the figure of
    that layer or scope, ``vgg16.macs`` of that network (``others`` analyses it), ``conv.count`` how many layers of
    an op there are. ``pattern`` is the sequence of layers as the lectures write it.

    >>> import archcalc
    >>> alexnet = archcalc.analyze("alexnet")
    >>> Figures(alexnet, "conv1")["weights"], Figures(alexnet)["conv.count"], Figures(alexnet)["fc8.output"]
    (34848, 5, (1000,))
    """

    def __init__(self, analysis: Analysis, layer: str = "", others: Callable[[str], Analysis] | None = None) -> None:
        self.analysis = analysis
        self.layer = layer
        self.others = others

    def __getitem__(self, name: str) -> Any:
        owner, dot, figure = name.rpartition(".")
        if not dot:
            return _of(self.analysis, self.layer, name)
        if owner in OPS and figure == "count":
            return sum(layer.op == owner for layer in self.analysis.layers)
        try:
            return _of(self.analysis, owner, figure)
        except KeyError:
            if self.others is None:
                raise
        return _of(self.others(owner), "", figure)

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _of(analysis: Analysis, layer: str, what: str) -> Any:
    if not layer:
        return pattern(analysis) if what == "pattern" else _field(analysis.totals, what)
    if layer == "input":
        return {"output": analysis.input, "activations": analysis.batch * prod(analysis.input)}[what]
    row = _row(analysis, layer)
    value = row.options[what] if what in row.options and what not in Layer._fields else _field(row, what)
    return tuple(value) if isinstance(value, list) else value


def pattern(analysis: Analysis) -> str:
    """The sequence of layers as the lectures write it.

    >>> import archcalc
    >>> pattern(archcalc.analyze("alexnet"))
    'CONV-POOL-CONV-POOL-CONV-CONV-CONV-POOL-FC-FC-FC'
    """
    return "-".join(PATTERN[layer.op] for layer in analysis.layers if layer.op in PATTERN)


def _row(analysis: Analysis, path: str) -> Layer:
    for row in analysis.layers:
        if row.path == path:
            return row
    for row in fold(analysis.layers, path.count("/") + 1):
        if row.path == path:
            return row
    raise KeyError(path)


def _field(record: Any, what: str) -> Any:
    if not hasattr(record, what):
        raise KeyError(what)
    return getattr(record, what)
