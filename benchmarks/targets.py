"""The targets for speed and memory, and what this checkout reaches: one Markdown table.

A figure is a ratio within this run, or the time of one layer. CPU time, minimum of interleaved rounds (see
``measure.py``). No test asserts any of it.

    python benchmarks/targets.py [--rounds 9] [--most 1000000] [--write]

``--most`` is the number of layers of the largest tower. ``--write`` also puts the table into
docs/performance.md. The rows about torchinfo need: pip install torch
torchvision torchinfo. The submissions are those of ``grading.py``. The time of a sweep is elapsed time: its
threads share the work.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from layers import TOWERS, per_layer, sizes
from measure import ROOT, child, compile_everything, fastest, machine, markdown, publish, seconds_of
from peer_tools import TOOLS, Tool, forget, installed

import archcalc

Row = tuple[str, str, str]
"""What, measured, target."""

BASE = "import click, yaml"
ARCHCALC = [sys.executable, "-m", "archcalc"]
TABLE = "table resnet152 --format json"
OF_BASE = {TABLE: "1.6", "list": "3", "audit": "5", "check": "5", "formula vgg16 --free size": "–"}
"""Commands that are compared with the import of the libraries: the target is a ratio."""

WRONG = "conv3_1: {params: 123456}\nconv4_2: {macs: 98765432}\ntotal: {params: 123456789}\n"
"""Three wrong figures of VGG-16 without a simple explanation: the search for one takes longest."""


def main() -> None:
    parser = argparse.ArgumentParser(description="targets and what is reached")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args()
    compile_everything()
    # Whole processes come first: a child starts with the memory of its parent, and this one is still small.
    processes = list(whole_processes(options.rounds))
    inside = [*in_process(options.rounds), *towers(options.most)]
    rows = [*inside, *processes, *classes(), *sweeps(), lock()]
    table = markdown(("what", "measured", "target"), rows)
    publish("targets", f"{table}\n\n{machine()}.", write=options.write)


def whole_processes(rounds: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder) / "answers.yaml"
        answers.write_text(WRONG)
        grade, table = f"grade {answers} --key vgg16", "table vgg16"
        commands = {BASE: [sys.executable, "-c", BASE]}
        commands |= {text: [*ARCHCALC, *text.split()] for text in (*OF_BASE, grade, table)}
        peaks = []

        def process(text: str) -> float:
            # Wrong answers have the exit code 1.
            done = child(commands[text], may_fail=text == grade)
            if text == TABLE:
                peaks.append(done.peak_mib)
            return done.seconds

        seconds = fastest({text: lambda text=text: process(text) for text in commands}, rounds)
    for text, target in OF_BASE.items():
        yield f"`archcalc {text}` / `{BASE}`", f"{seconds[text] / seconds[BASE]:.2f}", target
    yield (
        "grade three wrong figures of VGG-16 / `table vgg16`",
        f"{seconds[grade] / seconds[table]:.2f}",
        "1.5",
    )
    yield f"peak memory of `archcalc {TABLE}`", f"{min(peaks):.1f} MiB", "32 MiB"


def in_process(rounds: int) -> Iterator[Row]:
    ours, totals, torchinfo = TOOLS[:3]
    if not installed(torchinfo):
        print(f"The rows about torchinfo are left out: pip install {' '.join(torchinfo.needs)}\n")
        return
    network, folder = "resnet152-v1.5", Path()

    def once(tool: Tool) -> float:
        return seconds_of(tool.prepare(network, folder))

    def first(tool: Tool) -> float:
        forget()
        return once(tool)

    def again(tool: Tool) -> float:
        tool.prepare(network, folder)()
        return once(tool)

    measures = {
        ("", torchinfo): once,
        ("build and analyse ResNet-152", ours): first,
        ("build and analyse ResNet-152, totals only", totals): first,
        ("the same network again in the same process", ours): again,
        ("the same network again, totals only", totals): again,
    }
    seconds = fastest(
        {key: lambda key=key, measure=measure: measure(key[1]) for key, measure in measures.items()}, rounds
    )
    of_torchinfo = seconds["", torchinfo]
    for (says, tool), time_of_ours in seconds.items():
        if says:
            measured = f"1/{of_torchinfo / time_of_ours:.0f} ({1000 * time_of_ours:.2f} ms)"
            yield f"{says} / torchinfo on meta", measured, "1/100" if tool is ours else "1/300"


def towers(most: int) -> Iterator[Row]:
    measured = {(tower, size): per_layer(tower, size) for tower in TOWERS for size in sizes(most)}
    for tower, target in zip(TOWERS, ("4", "15"), strict=True):
        for says, totals in (("", False), (", totals only", True)):
            figures = [measured[tower, size] for size in sizes(most)]
            times = [one.totals if totals else one.build + one.analysis for one in figures]
            yield (
                f"build and analyse a layer of 10, 100, ... {sizes(most)[-1]:,}, {tower}{says}",
                f"{', '.join(f'{1e6 * seconds:.1f}' for seconds in times)} us",
                "–" if totals else f"{target} us, flat",
            )


def classes() -> Iterator[Row]:
    """A class of submissions, in one process."""
    import grading

    with tempfile.TemporaryDirectory() as folder:
        for number in range(grading.STUDENTS):
            answers = grading.as_yaml(grading.submission(number))
            (Path(folder) / f"student-{number:03}.yaml").write_text(answers)
        times = [
            seconds_of(lambda: archcalc.grade_class(folder, grading.NETWORK))
            for _ in range(grading.ROUNDS_OF_CLASS)
        ]
    says = (
        f"submissions graded per second and core ({grading.STUDENTS}, {grading.ALL_WRONG} of them all wrong)"
    )
    yield says, f"{grading.STUDENTS / min(times):,.0f}", "500"


def sweeps() -> Iterator[Row]:
    """A mesh of a million networks, and networks whose layers differ."""
    mesh = {"width": range(16, 1016), "size": range(32, 1032)}
    structures = {
        "depths": [list(depths) for depths in product(range(1, 6), repeat=4)],
        "block": ["basic", "bottleneck"],
    }
    one, two, built = (
        max(swept(values, jobs) for _ in range(3)) for values, jobs in ((mesh, 1), (mesh, 2), (structures, 1))
    )
    yield "sweep, ResNet-50 mesh of a million, one core", f"{one / 1e6:.1f} M/s", "6 M/s"
    yield "the same, two cores / one", f"{two / one:.2f}", "1.8"
    yield "sweep over depths and blocks of ResNet-50, networks per second", f"{built:,.0f}", "20,000"


def swept(values: dict[str, Any], jobs: int) -> float:
    """Networks per second of elapsed time."""
    start = time.perf_counter()
    result = archcalc.sweep("resnet50-v1.5", values, jobs=jobs)
    return result.size / (time.perf_counter() - start)


def lock() -> Row:
    size = (ROOT / "specs" / "archcalc.lock").stat().st_size
    return "lock of the zoo", f"{size / 1e6:.2f} MB", "1 MB"


if __name__ == "__main__":
    main()
