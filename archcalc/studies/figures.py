"""The figure that a claim is about: of the network, of its input, of a layer or of a scope."""

from __future__ import annotations

from math import prod
from typing import Any

from archcalc.results import Analysis, Layer
from archcalc.studies.table import fold


def figure(analysis: Analysis, layer: str, what: str) -> Any:
    """A total (``layer`` empty), or a figure of the input, of a layer, or of a scope folded into one row.

    ``what`` is a field of Totals or Layer, or an option of the layer. Raises KeyError if there is none such.

    >>> import archcalc
    >>> figure(archcalc.analyze("alexnet"), "conv1", "weights")
    34848
    """
    if not layer:
        return _field(analysis.totals, what)
    if layer == "input":
        return {"output": analysis.input, "activations": analysis.batch * prod(analysis.input)}[what]
    row = _row(analysis, layer)
    value = row.options[what] if what in row.options and what not in Layer._fields else _field(row, what)
    return tuple(value) if isinstance(value, list) else value


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
