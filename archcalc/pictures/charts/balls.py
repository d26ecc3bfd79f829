"""Accuracy against operations, a ball for each network; its area is the number of params.

The chart of Canziani, Paszke and Culurciello (2017), which lectures call "Comparing complexity".
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.language.settings import Settings
from archcalc.pictures import vega
from archcalc.pictures.look import Look
from archcalc.pictures.places import SIDES, Side, Spot, place
from archcalc.results.accuracy import by_protocol, choose_protocol
from archcalc.results.compare import ComparedNetwork
from archcalc.results.plot import Plot
from archcalc.studies.library_compare import totals

SAYS = "accuracy against operations; the area of a ball is the number of params"

NETWORKS = (
    "alexnet-torchvision", "vgg16", "vgg19", "googlenet", "squeezenet1.1", "mobilenet-v1-1.0", "mobilenet-v2",
    "resnet18", "resnet34", "resnet50-v1.5", "resnet101-v1.5", "resnet152-v1.5", "densenet121",
    "densenet201", "resnext101-32x8d", "efficientnet-b0", "efficientnet-b3", "convnext-tiny", "vit-b-16",
)  # fmt: skip
"""The networks of the chart if none are named."""

LARGEST = 0.055
"""The radius of the largest ball, in parts of the width."""


def chart(networks: Sequence[Any], look: Look, *, protocol: str | None = None, set: Settings = ()) -> Plot:
    """The balls of these networks; only accuracies of one protocol stand in a chart."""
    table = totals(list(networks or NETWORKS), set).networks
    chosen = choose_protocol(protocol, [one.accuracy for one in table], ("top1",))
    rows = [row for one in table if (row := _row(one, chosen))]
    left_out = [one.label for one in table if not _row(one, chosen)]
    notes = [f"top-1 accuracy: {chosen}, as published"]
    if left_out:
        notes.append(f"without such an accuracy: {', '.join(left_out)}")
    if not rows:
        raise ArchcalcError("none of these networks has a published top-1 accuracy")
    title = "Accuracy, operations and params"
    spec = vega.whole(look, title, notes, _drawn(rows, look))
    return Plot("balls", title, rows, spec, "network", ("top1", "macs", "params"), tuple(notes))


def _row(network: ComparedNetwork, protocol: str) -> dict[str, Any] | None:
    found = by_protocol(network.accuracy, protocol, ("top1",))
    percent = found.percent("top1") if found else ""
    if not found or not percent:
        return None
    figures = network.analysis.totals
    return {
        "network": network.label,
        "family": network.analysis.family,
        "top1": float(percent),
        "macs": figures.macs,
        "params": figures.params,
        "protocol": found.protocol,
        "source": found.source,
    }


def _drawn(rows: list[dict[str, Any]], look: Look) -> dict[str, Any]:
    width, height = look.wide, round(0.75 * look.wide)
    most = max(row["params"] for row in rows)
    area = 4 * (LARGEST * width) ** 2  # Vega's size of a ball is the square around it
    x_most = 1.12 * max(row["macs"] for row in rows)
    low, high = min(row["top1"] for row in rows), max(row["top1"] for row in rows)
    low, high = low - 0.1 * (high - low) - 1, high + 0.1 * (high - low) + 1
    spots = [
        Spot(
            width * row["macs"] / x_most,
            height * (high - row["top1"]) / (high - low),
            (float(Fraction(row["params"], most)) * area) ** 0.5 / 2,
            row["network"],
        )
        for row in rows
    ]
    sides = place(spots, look.letters, width, height)
    x = vega.amount(
        "macs", "multiply-accumulates", axis={"format": vega.COUNT}, scale={"domain": [0, x_most]}
    )
    y = vega.amount("top1", "top-1 accuracy (%)", scale={"domain": [low, high], "nice": False})
    size = vega.amount(
        "params",
        "params",
        scale={"domain": [0, most], "range": [0, area]},
        legend={"format": vega.COUNT, "values": _steps(most), "symbolFillColor": look.faint},
    )
    ball = {
        "x": x, "y": y, "size": size, "color": vega.word("family", legend=None),
        "tooltip": vega.tips("network", "top1", "macs", "params", "protocol", "source"),
    }  # fmt: skip
    layers = [vega.mark("circle", ball, rows, opacity=0.55)]
    for side in SIDES:
        members = [
            {**row, "gap": spot.radius + 2}
            for row, spot, its in zip(rows, spots, sides, strict=True)
            if its is side
        ]
        layers += [_labels(one, side, look, x, y) for one in members]
    return {"width": width, "height": height, "layer": layers}


def _labels(row: dict[str, Any], side: Side, look: Look, x: Any, y: Any) -> dict[str, Any]:
    diagonal = 0.7 if side.right and side.down else 1.0
    return vega.mark(
        "text",
        {"x": x, "y": y, "text": {"field": "network"}},
        [row],
        align=side.align,
        baseline=side.baseline,
        dx=round(side.right * row["gap"] * diagonal, 1),
        dy=round(side.down * row["gap"] * diagonal, 1),
    )


def _steps(most: int) -> list[int]:
    """Sizes for the legend: a few round numbers up to the largest."""
    known = [mantissa * 10**power for power in range(3, 13) for mantissa in (1, 2, 5)]
    return [one for one in known if one <= most][-1:-8:-2][::-1]
