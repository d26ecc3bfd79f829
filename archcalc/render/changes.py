"""The layers in which networks differ, as tables."""

from __future__ import annotations

from typing import Any

from archcalc.engine.quantities import label_of
from archcalc.render import units
from archcalc.render.columns import window
from archcalc.render.grid import Cell, Grid, Head
from archcalc.results import Layer
from archcalc.results.compare import Change, Comparison

_CHANGES = (
    Head("layer", "layer", numeric=False, keep=100),
    Head("change", "change", numeric=False, keep=90),
    Head("differences", "differences", numeric=False, keep=95),
)


def change_grids(comparison: Comparison) -> list[Grid]:
    """The layers in which each network differs from the base."""
    base = comparison.networks[comparison.base].label
    grids = []
    for label, changes in comparison.changes:
        rows = tuple(tuple(Cell(text, text) for text in _change_texts(change)) for change in changes)
        count = "1 layer" if len(rows) == 1 else f"{len(rows) or 'no'} layers"
        grids.append(Grid(f"{base} -> {label}: {count} changed, added or removed", _CHANGES, rows))
    return grids


def _change_texts(change: Change) -> tuple[str, str, str]:
    if change.new is None and change.old is not None:
        return change.path, "removed", _layer_text(change.old)
    if change.old is None and change.new is not None:
        return change.path, "added", _layer_text(change.new)
    return change.path, "changed", "; ".join(_difference(*what) for what in change.what)


def _layer_text(layer: Layer) -> str:
    parts = [
        layer.op,
        window(layer.options),
        units.shape(layer.output),
        f"{layer.params:,} params",
        f"{layer.macs:,} MACs",
    ]
    return ", ".join(part for part in parts if part)


def _difference(what: str, old: Any, new: Any) -> str:
    return f"{label_of(what)} {_text(what, old)} -> {_text(what, new)}"


def _text(what: str, value: Any) -> str:
    if value is None:
        return "none"
    if what in ("inputs",):
        return ", ".join(value)
    if what == "input":
        return " ".join(units.shape(shape) for shape in value)
    if what == "output":
        return units.shape(value)
    if isinstance(value, list | tuple):
        return units.square([_text(what, side) for side in value])
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,}" if isinstance(value, int) else str(value)
