"""Bars of figures, layer by layer: where the params are, where the work is, where the memory is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.engine.quantities import BY_KEY, LAYER_FIGURES
from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.language.settings import Settings, parse_names
from archcalc.pictures import vega
from archcalc.pictures.charts import at_least_one
from archcalc.pictures.look import COLORS, Look
from archcalc.results import Analysis
from archcalc.results.folding import fold, readable_depth
from archcalc.results.plot import Plot
from archcalc.studies.library import analyze

SAYS = "bars of params, MACs and other figures, layer by layer"

COLUMNS = ("params", "macs", "activations")
"""The figures of the chart if none are named."""


def chart(
    networks: Sequence[Any],
    look: Look,
    *,
    columns: Sequence[str] | str | None = None,
    depth: int | str | None = None,
    set: Settings = (),
    batch: int = 1,
    dtype: str = "float32",
) -> Plot:
    """A panel for each figure, and a row of panels for each network."""
    keys = [_key(name) for name in parse_names(columns)] or list(COLUMNS)
    analyses = [
        analyze(network, set, batch=batch, dtype=dtype) for network in at_least_one("layers", networks)
    ]
    panels = [(analysis, _rows(analysis, keys, depth)) for analysis in analyses]
    names = ", ".join(analysis.network for analysis in analyses)
    title = f"{names}: where {_listed([_label(key) for key in keys])} are"
    body = {"vconcat": [_across(analysis, rows, keys, look) for analysis, rows in panels]}
    rows = [row for _, some in panels for row in some]
    notes = [f"batch {batch}"] if batch > 1 else []
    return Plot(
        "layers", title, rows, vega.whole(look, title, notes, body), "layer", tuple(keys), tuple(notes)
    )


def _key(name: str) -> str:
    keys = [quantity.key for quantity in LAYER_FIGURES if quantity.additive]
    if name not in keys:
        hint = did_you_mean(name, keys) or f"known: {', '.join(keys)}"
        raise ArchcalcError(f"a chart has no bars of '{short(name)}' ({hint})")
    return name


def _label(key: str) -> str:
    return BY_KEY[key].label


def _listed(labels: Sequence[str]) -> str:
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)


def _rows(analysis: Analysis, keys: Sequence[str], depth: int | str | None) -> list[dict[str, Any]]:
    layers = fold(analysis.layers, readable_depth(analysis.layers) if depth is None else depth)
    return [
        {
            "network": analysis.network,
            "layer": layer.path,
            "op": layer.op,
            **{key: layer.figures[key] for key in keys},
        }
        for layer in layers
    ]


def _across(
    analysis: Analysis, rows: Sequence[Mapping[str, Any]], keys: Sequence[str], look: Look
) -> dict[str, Any]:
    panels = []
    for place, key in enumerate(keys):
        names = vega.word("layer", axis={"labels": place == 0, "ticks": False, "title": None})
        encoding = {
            "y": names,
            "x": vega.amount(
                key, _label(key), axis={"format": vega.COUNT, "tickCount": 3, "labelOverlap": True}
            ),
            "tooltip": vega.tips("layer", "op", key),
        }
        panel = vega.mark("bar", encoding, color=COLORS[place % len(COLORS)])
        panels.append({**panel, "width": look.wide // len(keys), "height": {"step": 1.3 * look.letters}})
    made: dict[str, Any] = {"data": vega.data(rows), "hconcat": panels, "spacing": look.letters}
    heading = analysis.title or analysis.network
    return {**made, "title": {"text": heading, "fontSize": look.letters, "fontWeight": "normal"}}
