"""A dot for each layer below the ceilings of a device: what its bytes and its peak rate allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.language.settings import Settings
from archcalc.pictures import vega
from archcalc.pictures.charts import at_least_one
from archcalc.pictures.look import Look
from archcalc.results.plot import Plot
from archcalc.results.time import Device, TimedRun, Timing
from archcalc.timing.library_time import time

SAYS = "layers below the ceilings of a device; 'cpu' and 'cuda' also measure them"

DEVICE = "h100"


def chart(
    networks: Sequence[Any],
    look: Look,
    *,
    device: str = DEVICE,
    set: Settings = (),
    batch: int = 1,
    dtype: str = "float32",
) -> Plot:
    """Operations per byte against operations per second; the size of a dot is its part of the time."""
    is_here = device in ("cpu", "cuda")
    timings = [
        time(network, device, set, batches=[batch], dtypes=[dtype], layers=is_here)
        for network in at_least_one("roofline", networks)
    ]
    chip, run = timings[0].device, timings[0].runs[0]
    rows = [row for timing in timings for row in _rows(timing)]
    title = f"Roofline of {chip.title or chip.name}"
    rates = ", ".join(f"{rate / 1e12:.4g} TFLOP/s ({name})" for name, rate in _ceilings(chip, run))
    notes = (
        f"{rates}; {chip.bandwidth / 1e9:.5g} GB/s; batch {batch}",
        "measured times" if is_here else "a dot stands at the ceiling that bounds the layer",
    )
    spec = vega.whole(look, title, notes, _drawn(rows, chip, run, look))
    return Plot("roofline", title, rows, spec, "layer", ("gflops_per_second",), notes)


def _ceilings(device: Device, run: TimedRun) -> list[tuple[str, int]]:
    """The rates of products, each with its precision: as in PyTorch, TF32 is for convolutions alone."""
    plain = (run.computed_in, device.mac_rate(run.computed_in))
    if not run.tf32 or device.mac_rate(run.computed_in, tf32=True) == plain[1]:
        return [plain]
    return [
        ("TF32: convolutions", device.mac_rate(run.computed_in, tf32=True)),
        (f"{plain[0]}: other", plain[1]),
    ]


def _rows(timing: Timing) -> list[dict[str, Any]]:
    layers = [layer for layer in timing.runs[0].layers if layer.flops and layer.bytes]
    spent = [layer.measured.median if layer.measured else layer.predicted_ms for layer in layers]
    whole = sum(spent) or 1.0
    return [
        {
            "network": timing.network,
            "layer": layer.path,
            "op": layer.op,
            "flops_per_byte": layer.flops / layer.bytes,
            "gflops_per_second": layer.flops / ms / 1e6,
            "ms": ms,
            "percent": round(100 * ms / whole, 3),
            "bound": layer.bound,
        }
        for layer, ms in zip(layers, spent, strict=True)
        if ms > 0
    ]


def _drawn(rows: Sequence[dict[str, Any]], device: Device, run: TimedRun, look: Look) -> dict[str, Any]:
    peak = device.mac_rate(run.computed_in, run.tf32)
    ridge = peak / device.bandwidth
    intensities = [row["flops_per_byte"] for row in rows]
    low, high = min([*intensities, ridge]) / 2, max([*intensities, ridge]) * 4
    floor = min([row["gflops_per_second"] for row in rows] + [peak / 1e9]) / 2
    roofs = []
    for precision, rate in _ceilings(device, run):
        corner = rate / device.bandwidth
        for one in (low, corner, high):
            height = min(one * device.bandwidth, rate) / 1e9
            roofs.append({"ceiling": precision, "flops_per_byte": one, "gflops_per_second": height})
    x = vega.amount(
        "flops_per_byte",
        "FLOPs per byte",
        scale=vega.log_scale(low, high),
        axis={"format": "~r", "tickCount": 6},
    )
    y = vega.amount(
        "gflops_per_second",
        "GFLOP/s",
        scale=vega.log_scale(floor, 2 * peak / 1e9),
        axis={"format": vega.COUNT, "tickCount": 6},
    )
    roof = vega.word("ceiling", legend=None if len(roofs) == 3 else {"symbolStrokeColor": look.ink})
    several = len({row["network"] for row in rows}) > 1
    dots = {
        "x": x,
        "y": y,
        "color": vega.word("network" if several else "op"),
        "size": vega.amount(
            "percent", "% of the time", scale={"range": [10, 8 * look.wide / 10]}, legend={"tickCount": 4}
        ),
        "tooltip": vega.tips(
            "network", "layer", "op", "flops_per_byte", "gflops_per_second", "ms", "percent", "bound"
        ),
    }
    return {
        "width": look.wide,
        "height": round(0.65 * look.wide),
        "layer": [
            vega.mark("line", {"x": x, "y": y, "strokeDash": roof}, roofs, color=look.ink, strokeWidth=1.5),
            vega.mark("circle", dots, rows, opacity=0.6),
        ],
    }
