"""The activations in memory while each layer runs, and the peak; in training, what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.conventions import DTYPES
from archcalc.engine.memory import alive_values, kept_by_layer
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.language.find import network_of
from archcalc.language.settings import Settings
from archcalc.network import Network
from archcalc.pictures import vega
from archcalc.pictures.charts import only_one
from archcalc.pictures.look import COLORS, Look
from archcalc.render.units import size
from archcalc.results.plot import Plot

SAYS = "activations in memory during the pass; with --train, what is kept for the way back"


def chart(
    networks: Sequence[Any],
    look: Look,
    *,
    set: Settings = (),
    batch: int = 1,
    dtype: str = "float32",
    train: bool = False,
) -> Plot:
    """An area over the layers in their order; a rule marks the peak."""
    network = network_of(only_one("memory", networks), set)
    steps = walk_or_raise(network, aux=False)[0]
    rows = _kept(network, steps, batch, dtype) if train else _alive(network, steps, batch, dtype)
    peak = max(rows, key=lambda row: row["bytes"])
    title = (
        f"{network.name}: {'activations kept for the backward pass' if train else 'activations in memory'}"
    )
    first = "after" if train else "while running"
    notes = (
        f"most: {size(peak['bytes'], 'auto')}, {first} {peak['layer']}; batch {batch}, {dtype}",
        *(["each array counts once, from the layer that first keeps it"] if train else []),
    )
    body = {"width": look.wide, "height": look.wide // 2, "layer": _layers(rows, peak, look)}
    spec = vega.whole(look, title, notes, body)
    return Plot("memory", title, rows, spec, "layer", ("bytes",), notes)


def _alive(network: Network, steps: Sequence[Step], batch: int, dtype: str) -> list[dict[str, Any]]:
    bytes_of_one = batch * DTYPES[dtype]
    return [
        {"number": number, "layer": path, "bytes": int(alive) * bytes_of_one}
        for number, (path, alive) in enumerate(alive_values(network, steps), 1)
    ]


def _kept(network: Network, steps: Sequence[Step], batch: int, dtype: str) -> list[dict[str, Any]]:
    """What autograd has saved after each layer."""
    known: set[int] = set()
    total, rows = 0, []
    for number, keeping in enumerate(kept_by_layer(network, steps), 1):
        values = sum(int(count) for one, count in keeping.values.items() if one not in known)
        known.update(keeping.values)
        total += batch * values * DTYPES[dtype]
        for own in keeping.own:
            size_of_one = DTYPES[dtype] if own.bytes is None else own.bytes
            total += int(own.count) * size_of_one * (1 if own.per_batch else batch)
        rows.append({"number": number, "layer": keeping.step.node.path, "bytes": total})
    return rows


def _layers(rows: Sequence[dict[str, Any]], peak: dict[str, Any], look: Look) -> list[dict[str, Any]]:
    unit = 2**20
    shown = [{**row, "MiB": row["bytes"] / unit} for row in rows]
    top = {**peak, "MiB": peak["bytes"] / unit}
    x = vega.amount("number", "layer, in the order of the pass")
    y = vega.amount("MiB", "MiB", scale={"domain": [0, 1.12 * top["MiB"]]})
    tips = vega.tips("layer", "bytes", "MiB")
    is_left = peak["number"] < len(rows) / 2
    label = {"x": x, "y": y, "text": {"field": "layer"}}
    return [
        vega.mark("area", {"x": x, "y": y, "tooltip": tips}, shown, interpolate="step", color=COLORS[5]),
        vega.mark("rule", {"x": x, "y": y}, [top], color=COLORS[1], strokeWidth=2),
        vega.mark(
            "text",
            label,
            [top],
            align="left" if is_left else "right",
            dx=5 if is_left else -5,
            baseline="bottom",
        ),
    ]
