"""How the receptive field grows from layer to layer, by the widest and by the narrowest path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.language.settings import Settings
from archcalc.pictures import vega
from archcalc.pictures.charts import at_least_one
from archcalc.pictures.look import Look
from archcalc.results import Analysis
from archcalc.results.folding import fold, readable_depth
from archcalc.results.plot import Plot
from archcalc.studies.library import analyze

SAYS = "growth of the receptive field: the widest and the narrowest path"

WIDEST, NARROWEST = "widest path", "narrowest path"


def chart(networks: Sequence[Any], look: Look, *, depth: int | str | None = None, set: Settings = ()) -> Plot:
    """A line for the field of each network, and a dashed one where the narrowest path sees less."""
    analyses = [analyze(network, set) for network in at_least_one("field", networks)]
    rows = [row for analysis in analyses for row in _rows(analysis, depth)]
    title = "Receptive field, layer by layer"
    notes = ("the side, in input values, of what one value sees", *_of_inputs(analyses))
    x = vega.amount("number", "layer or block")
    y = vega.amount(
        "field", "side of the field", scale={"type": "log"}, axis={"format": "~s", "tickCount": 5}
    )
    encoding = {
        "x": x,
        "y": y,
        "color": vega.word("network", legend=None if len(analyses) == 1 else {}),
        "strokeDash": vega.word("by", "by the", scale={"domain": [WIDEST, NARROWEST]}),
        "tooltip": vega.tips("network", "layer", "by", "field"),
    }
    line = vega.mark("line", encoding, rows, interpolate="step-after")
    body = {"width": look.wide, "height": look.wide // 2, "layer": [line]}
    shown = [row for row in rows if row["by"] == WIDEST]
    return Plot("field", title, shown, vega.whole(look, title, notes, body), "layer", ("field",), notes)


def _of_inputs(analyses: Sequence[Analysis]) -> list[str]:
    sizes = ["x".join(map(str, one.input[:-1])) for one in analyses]
    return [f"{one.network} reads {size}" for one, size in zip(analyses, sizes, strict=True)]


def _rows(analysis: Analysis, depth: int | str | None) -> list[dict[str, Any]]:
    rows = []
    # A folded row has the field of its last layer: branches do not make the line go up and down.
    layers = fold(analysis.layers, readable_depth(analysis.layers) if depth is None else depth)
    for number, layer in enumerate(layers, 1):
        for by, field in ((WIDEST, layer.receptive_field), (NARROWEST, layer.smallest_field)):
            # The axes of a square input have the same field; the first stands for both.
            side = field[0] if field else None
            if isinstance(side, int):
                rows.append(
                    {
                        "network": analysis.network,
                        "number": number,
                        "layer": layer.path,
                        "by": by,
                        "field": side,
                    }
                )
    return rows
