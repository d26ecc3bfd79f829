"""Published times of GPUs beside the lower bound and the expected time, and what each correction removes.

``python benchmarks/published_times.py`` prints the tables of docs/time.md, ``--write`` puts them there.
"""

from __future__ import annotations

import argparse
import csv
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import archcalc
from archcalc.conventions import FRAMEWORKS
from archcalc.engine.walk import Step
from archcalc.network import Network
from archcalc.timing import expected
from archcalc.timing.precision import precision_of
from archcalc.timing.roofline import steps_of, time_of

HERE = Path(__file__).parent
TIMES = HERE / "published" / "times.csv"
PAGE = HERE.parent / "docs" / "time.md"
BEGIN, END = "<!-- published times: begin -->", "<!-- published times: end -->"

Row = dict[str, str]


class Corrections(NamedTuple):
    """The corrections that turn the roofline into the expected time, each on or off."""

    launch: bool = False
    winograd: bool = False
    fused: bool = False
    copies: bool = False
    rates: bool = False


STAGES = (
    ("roofline: every layer at peak rates", Corrections()),
    ("+ 45 us per launched kernel", Corrections(launch=True)),
    ("+ Winograd, 1.5 times fewer products", Corrections(launch=True, winograd=True)),
    ("+ followers fused if compiled", Corrections(launch=True, winograd=True, fused=True)),
    (
        "+ copies of layout and of half weights",
        Corrections(launch=True, winograd=True, fused=True, copies=True),
    ),
    ("+ 75 % of the peak rate, 85 % of the bandwidth", Corrections(True, True, True, True, True)),
)


def rows(task: Callable[[str], bool]) -> list[Row]:
    with TIMES.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if task(row["pass"])]


_networks: dict[tuple[str, str], tuple[Network, list[Step]]] = {}


def predicted_ms(row: Row, on: Corrections) -> float:
    """The time of a row, with some of the corrections."""
    key = row["network"], row["settings"]
    if key not in _networks:
        network = archcalc.load(row["network"], row["settings"].split())
        _networks[key] = network, steps_of(network)
    network, steps = _networks[key]
    device = archcalc.device(row["device"])
    precision = precision_of(row["dtype"], device, False if row["dtype"] == "float32" else None)
    framework = FRAMEWORKS[row["framework"] or "eager"]
    way = framework if on.fused else FRAMEWORKS["eager"]
    manner = expected.Manner(
        way, framework.launch_us, row["layout"] or "nchw", None if row["pass"] == "forward" else "sgd"
    )
    seconds, launches = 0.0, 0
    for kernel in expected.kernels(network, steps, int(row["batch"]), precision, manner):
        if kernel.op in ("copy", "cast") and not on.copies:
            continue
        launches += 1
        fewer = expected.fewer_in_practice(kernel, precision) if on.winograd else 1.0
        compute, memory = (expected.COMPUTE_SHARE, expected.MEMORY_SHARE) if on.rates else (1.0, 1.0)
        seconds += time_of(kernel, precision, fewer=fewer, compute=compute, memory=memory)[0]
    if on.launch:
        seconds = max(seconds, launches * framework.launch_us / 1e6)
    return 1000 * seconds


def log_ratios(data: Sequence[Row], on: Corrections) -> list[float]:
    return [math.log(float(row["ms"]) / predicted_ms(row, on)) for row in data]


def within(data: Sequence[Row], logs: Sequence[float]) -> float:
    """The spread within the groups of one device and dtype."""
    groups = defaultdict(list)
    for row, log in zip(data, logs, strict=True):
        groups[row["device"], row["dtype"]].append(log)
    rest = [log - statistics.mean(group) for group in groups.values() for log in group]
    return math.sqrt(statistics.fmean(log * log for log in rest))


def stages(data: Sequence[Row]) -> list[str]:
    """A table: a line for each stage, with the statistics of measured / predicted."""
    lines = [
        "| predicted by | median | spread | spread, batch 64 and more | the same within a device and dtype |",
        "|---|---|---|---|---|",
    ]
    large = [place for place, row in enumerate(data) if int(row["batch"]) >= 64]
    for name, on in STAGES:
        logs = log_ratios(data, on)
        some = [logs[place] for place in large]
        inside = within([data[place] for place in large], some)
        lines.append(
            f"| {name} | {math.exp(statistics.median(logs)):.2f} | {statistics.pstdev(logs):.3f} "
            f"| {statistics.pstdev(some):.3f} | {inside:.3f} |"
        )
    return lines


def devices(data: Sequence[Row]) -> list[str]:
    """A table: for each device and dtype, measured / expected, and the times below the bound."""
    groups = defaultdict(list)
    for row in data:
        groups[row["device"], row["dtype"]].append(
            math.log(float(row["ms"]) / predicted_ms(row, STAGES[-1][1]))
        )
    lines = ["| device | dtype | times | measured / expected, median | spread |", "|---|---|---|---|---|"]
    for (device, dtype), logs in sorted(groups.items()):
        middle, spread = math.exp(statistics.median(logs)), statistics.pstdev(logs)
        lines.append(f"| {device} | {dtype} | {len(logs)} | {middle:.2f} | {spread:.2f} |")
    return lines


def report() -> str:
    forward, training = rows(lambda task: task == "forward"), rows(lambda task: task != "forward")
    checked = archcalc.check_times(str(TIMES))
    passes = f"{len(forward)} forward and {len(training)} training passes"
    lines = [
        f"Of {passes} {checked.impossible or 'none'} is below its lower bound.",
        "",
        "Forward passes, measured / predicted:",
        "",
        *stages(forward),
        "",
        "Training passes:",
        "",
        *stages(training),
        "",
        "Forward passes by device and dtype:",
        "",
        *devices(forward),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/time.md")
    text = report()
    print(text)
    if parser.parse_args().write:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
