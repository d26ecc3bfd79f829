"""What a file of benchmarks/gpu.py says about the lower bound, the expected time and ``fit``.

``python benchmarks/gpu_reading.py`` prints the tables of docs/time.md, ``--write`` puts them there.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import archcalc
from archcalc.timing.expected import Manner
from archcalc.timing.load import read_timings
from archcalc.timing.precision import precision_of
from archcalc.timing.predict import predict_run
from archcalc.timing.roofline import steps_of

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "h100-2026-11-26.json"
PAGE = HERE.parent / "docs" / "time.md"
BEGIN, END = "<!-- h100: begin -->", "<!-- h100: end -->"

LAUNCH_US = 20
"""Microseconds per kernel on the processor beside this GPU: the median of the passes of one image."""

TOKENS = ("bert-base", "convnext-tiny", "gpt2-124m", "swin-t", "vit-b-16")
"""Networks whose layers run over the channels of tokens."""


class Passed(NamedTuple):
    """A measured pass, and the expected milliseconds by the microseconds of a launch."""

    network: str
    batch: int
    dtype: str
    measured_ms: float
    lower_bound_ms: float
    expected_ms: dict[float, float]

    @property
    def kind(self) -> str:
        return "tokens" if self.network in TOKENS else "images"


def passes() -> list[Passed]:
    """Every measured pass of the file."""
    found = []
    for timing in read_timings(str(RESULTS)):
        network = archcalc.load(timing.network)
        steps = steps_of(network)
        for run in timing.runs:
            if run.measured is None:
                continue
            precision = precision_of(run.dtype, timing.device)
            predicted = {
                launch: predict_run(network, steps, precision, run.batch, Manner(launch_us=launch))
                for launch in (Manner().launch_us, LAUNCH_US)
            }
            (bound,) = {one.lower_bound_ms or 0 for one in predicted.values()}
            expected = {launch: one.expected_ms or 0 for launch, one in predicted.items()}
            found.append(Passed(network.name, run.batch, run.dtype, run.measured.median, bound, expected))
    return found


def ratios(found: Iterable[Passed], launch: float) -> str:
    """The median and the spread of measured / expected, as two cells."""
    each = [one.measured_ms / one.expected_ms[launch] for one in found]
    return f"{statistics.median(each):.2f} | {statistics.pstdev(map(math.log, each)):.2f}"


def forward(found: list[Passed]) -> list[str]:
    """A table of the forward passes by kind of network, batch and dtype."""
    groups = defaultdict(list)
    for one in found:
        groups[one.kind, one.batch, one.dtype].append(one)
    again = f"with `--launch {LAUNCH_US}`"
    lines = [
        f"| networks | batch | dtype | passes | / at least | / expected | spread | {again} | spread |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (kind, batch, dtype), group in sorted(groups.items()):
        least = min(one.measured_ms / one.lower_bound_ms for one in group)
        cells = " | ".join(ratios(group, launch) for launch in (Manner().launch_us, LAUNCH_US))
        lines.append(f"| {kind} | {batch} | {dtype} | {len(group)} | {least:.2f} | {cells} |")
    return lines


def training(data: list[dict[str, Any]]) -> list[str]:
    """A table of the training steps: time, and memory."""
    lines = [
        "| network | dtype | batch | measured ms | at least | expected | allocated GiB | by `fit` | more |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in sorted(data, key=lambda one: (one["network"], one["dtype"], one["batch"])):
        peak, kept = one["peak_bytes"] / 2**30, one["kept_bytes"] / 2**30
        lines.append(
            f"| {one['network']} | {one['dtype']} | {one['batch']} | {one['measured_ms']:.1f} "
            f"| {one['lower_bound_ms']:.2f} | {one['expected_ms']:.1f} "
            f"| {peak:.2f} | {kept:.2f} | {peak - kept:.2f} |"
        )
    return lines


def originals(data: list[dict[str, Any]]) -> list[str]:
    """A table of archcalc's modules beside torchvision's."""
    lines = ["| network | dtype | archcalc | torchvision |", "|---|---|---|---|"]
    for one in data:
        if one["batch"] == max(each["batch"] for each in data):
            times = f"{one['ours_ms']:.1f} | {one['theirs_ms']:.1f}"
            lines.append(f"| {one['network']} | {one['dtype']} | {times} |")
    return lines


def report() -> str:
    """The tables of the page."""
    stored, found = json.loads(RESULTS.read_text()), passes()
    verified, steps = stored["verify"]["networks"], stored["training"]
    below = sum(one.measured_ms < one.lower_bound_ms for one in found)
    below += sum(one["measured_ms"] < one["lower_bound_ms"] for one in steps)
    same = sum(network["ok"] for network in verified)
    lines = [
        f"`verify --device cuda`: of {len(verified)} networks {same} agree in every figure.",
        "",
        f"Of {len(found)} forward passes and {len(steps)} training steps {below} took less than the bound.",
        "",
        "Forward passes: measured / at least (the smallest), and measured / expected (the median):",
        "",
        *forward(found),
        "",
        "Milliseconds of a pass of 128 images with archcalc's module, and with torchvision's own:",
        "",
        *originals(stored["originals"]),
        "",
        "Training steps with SGD and momentum, and the most memory that PyTorch allocates at a time:",
        "",
        *training(steps),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the tables to docs/time.md")
    text = report()
    if not parser.parse_args().write:
        print(text, end="")
        return
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
