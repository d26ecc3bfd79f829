"""Entries that led the ImageNet competition, year by year: errors become smaller, networks deeper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.pictures import vega
from archcalc.pictures.look import COLORS, Look
from archcalc.results.accuracy import PublishedAccuracy
from archcalc.results.compare import ComparedNetwork
from archcalc.results.plot import Plot
from archcalc.results.protocol import read_protocol
from archcalc.studies.library_compare import totals

SAYS = "entries of the ImageNet competition by year: error, depth and params"

NETWORKS = ("alexnet-2gpu", "zfnet", "vgg19", "googlenet", "resnet152", "senet154")
"""The networks of the chart if none are named."""


def chart(networks: Sequence[Any], look: Look) -> Plot:
    """Bars of the top-5 error on the test images, with depth and params below the name."""
    table = totals(list(networks or NETWORKS)).networks
    rows = [row for one in table if (row := _row(one))]
    left_out = [one.label for one in table if not _row(one)]
    title = "ImageNet classification: errors, depth and params"
    notes = ["top-5 error on the test images; each entry of the competition is several networks"]
    if left_out:
        notes.append(f"without such an error: {', '.join(left_out)}")
    if not rows:
        raise ArchcalcError("none of these networks has a published error on the test images of ImageNet")
    spec = vega.whole(look, title, notes, _drawn(rows, look))
    return Plot("history", title, rows, spec, "network", ("top5_error", "depth", "params"), tuple(notes))


def _of_test(accuracies: Sequence[PublishedAccuracy]) -> PublishedAccuracy | None:
    """The error on the test images of ImageNet. What was measured is mostly an ensemble."""
    for one in accuracies:
        protocol = read_protocol(one.protocol)
        if (protocol.data, protocol.split) == ("ImageNet", "test") and one.percent("top5_error"):
            return one
    return None


def _row(network: ComparedNetwork) -> dict[str, Any] | None:
    found, analysis = _of_test(network.accuracy), network.analysis
    if not found:
        return None
    return {
        "network": network.label,
        "year": analysis.year,
        "top5_error": float(found.percent("top5_error")),
        "depth": analysis.totals.depth,
        "params": analysis.totals.params,
        "heading": f"{analysis.year} {network.label}",
        "of": found.of,
        "protocol": found.protocol,
        "source": found.source,
    }


def _drawn(rows: Sequence[dict[str, Any]], look: Look) -> dict[str, Any]:
    ordered = sorted(rows, key=lambda row: row["year"] or 0)
    labels = {"labelAngle": -35, "title": None}
    x = vega.word("heading", axis=labels)
    most = 1.15 * max(row["top5_error"] for row in rows)
    errors = vega.amount("top5_error", "top-5 error (%)", scale={"domain": [0, most]})
    depths = vega.amount("depth", "weighted layers")
    tips = vega.tips("network", "year", "top5_error", "depth", "params", "of", "protocol", "source")
    hidden = {**x, "axis": {"labels": False, "ticks": False, "title": None}}
    over: dict[str, Any] = {"dy": -0.6 * look.letters}
    panels: list[Any] = []
    for place, (y, field) in enumerate(((errors, "top5_error"), (depths, "depth"), (_params(), "params"))):
        below = place == 2
        encoding = {"x": x if below else hidden, "y": y, "tooltip": tips}
        bars = vega.mark("bar", encoding, color=COLORS[place])
        shown = {"field": field, "type": "quantitative", "format": vega.COUNT}
        numbers = vega.mark("text", {"x": encoding["x"], "y": y, "text": shown}, **over)
        panels.append({"width": look.wide, "height": look.wide // 4, "layer": [bars, numbers]})
    return {"data": vega.data(ordered), "vconcat": panels, "spacing": look.letters}


def _params() -> dict[str, Any]:
    return vega.amount("params", "params", axis={"format": vega.COUNT, "tickCount": 4})
