"""The speed of grading: one file, compared with `archcalc table`, and a class of 500 in one process.

Targets: a file with three wrong figures of VGG-16 takes at most 1.5 times the whole process
`archcalc table vgg16`; 500 submissions, ten of them all wrong, are graded at 500 per second and core.

Rounds are interleaved and the least CPU time of each is compared, so that a busy machine slows all alike.
"""

from __future__ import annotations

import compileall
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import archcalc

NETWORK = "vgg16"
ROUNDS, ROUNDS_OF_CLASS = 15, 3
TARGET_OF_FILE, TARGET_OF_CLASS = 1.5, 500
STUDENTS, ALL_WRONG = 500, 10
ASKED = ("output", "params")

Figures: TypeAlias = dict[str, dict[str, Any]]
"""The figures of a submission by layer and quantity; the totals stand under ``total``."""

WRONG: Mapping[str, Mapping[tuple[str, str], Any]] = {
    "that single mistakes explain": {
        ("conv1_1", "params"): 1728,  # without the biases
        ("pool1", "output"): (112, 112, 32),  # the depth is divided too
        ("total", "params"): 138_344_128,  # without the biases
    },
    "that nothing explains": {
        ("conv2_1", "output"): (111, 113, 128),
        ("fc8", "params"): 4_123_456,
        ("total", "params"): 123_456_789,
    },
    "that nothing explains, all of them totals": {
        ("total", "params"): 123_456_789,
        ("total", "macs"): 12_345_678_901,
        ("total", "activations"): 12_345_678,
    },
}
"""Three wrong figures each; a total that nothing explains takes longest, because every pair is tried."""


def main() -> None:
    compileall.compile_dir(Path(__file__).parent.parent / "archcalc", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        print_ratios(Path(folder))
    random.seed(12)
    for name, text_of in FORMATS.items():
        with tempfile.TemporaryDirectory() as folder:
            print_rate(Path(folder), name, text_of)


# --- one file -------------------------------------------------------------------------------------------


def print_ratios(folder: Path) -> None:
    """Print the CPU time of grading a file, and its ratio to the table of the network."""
    table = [sys.executable, "-m", "archcalc", "table", NETWORK]
    commands = {f"archcalc table {NETWORK}": table}
    for number, (name, wrong) in enumerate(WRONG.items()):
        path = folder / f"{number}.yaml"
        path.write_text(as_yaml(right_figures(wrong)))
        grade = [sys.executable, "-m", "archcalc", "grade", str(path), "--key", NETWORK]
        commands[f"archcalc grade: three wrong figures {name}"] = grade
    least = least_times({name: lambda run=run: seconds_of(run) for name, run in commands.items()})
    base = next(iter(least.values()))
    for name, seconds in least.items():
        print(f"{name:78} {1000 * seconds:6.1f} ms  {seconds / base:5.2f}x")
    print(f"target: at most {TARGET_OF_FILE}x\n")


def seconds_of(command: Sequence[str]) -> float:
    """The CPU time of a process."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    return used.ru_utime + used.ru_stime


def least_times(runs: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The least time of each run, in interleaved rounds."""
    rounds = [{name: run() for name, run in runs.items()} for _ in range(ROUNDS)]
    return {name: min(times[name] for times in rounds) for name in runs}


# --- a class --------------------------------------------------------------------------------------------


def print_rate(folder: Path, name: str, text_of: Callable[[Figures], str]) -> None:
    """Print how many submissions are graded in a second of CPU time, with everything that a class needs."""
    for number in range(STUDENTS):
        (folder / f"student-{number:03}.txt").write_text(text_of(submission(number)))
    times = []
    for _ in range(ROUNDS_OF_CLASS):
        start = time.process_time()
        graded = archcalc.grade_class(str(folder), NETWORK)
        times.append(time.process_time() - start)
    assert not any(grade.error for grade in graded.grades)
    figures = sum(len(grade.cells) for grade in graded.grades)
    print(
        f"{STUDENTS} submissions in {name} ({figures:,} figures, {ALL_WRONG} submissions all wrong): "
        f"{STUDENTS / min(times):,.0f} per second and core (target: {TARGET_OF_CLASS})"
    )


def submission(number: int) -> Figures:
    """A submission with few wrong figures, or with none that is right."""
    figures = right_figures({})
    places = [(layer, quantity) for layer, row in figures.items() for quantity in row]
    is_all_wrong = number % (STUDENTS // ALL_WRONG) == 0
    for layer, quantity in (
        places if is_all_wrong else random.sample(places, random.choice([0, 0, 0, 1, 1, 2, 3]))
    ):
        figures[layer][quantity] = _changed(figures[layer][quantity])
    return figures


def _changed(figure: Any) -> Any:
    if isinstance(figure, tuple):
        return tuple(max(1, side + random.choice([-1, 1, 2])) for side in figure)
    return random.randrange(1000, 2 * figure + 10_000)


def right_figures(wrong: Mapping[tuple[str, str], Any]) -> Figures:
    """The figures of every layer with a row and of the network, some of them replaced by wrong ones."""
    analysis = archcalc.analyze(NETWORK)
    figures: Figures = {
        layer.path: {"output": layer.output, "params": layer.params}
        for layer in analysis.layers
        if not layer.follower
    }
    figures["total"] = {"params": analysis.totals.params}
    for (layer, quantity), figure in wrong.items():
        figures[layer][quantity] = figure
    return figures


def as_yaml(figures: Figures) -> str:
    lines = []
    for layer, row in figures.items():
        lines.append(f"{layer}: {{{', '.join(f'{key}: {_text(value)}' for key, value in row.items())}}}\n")
    return "".join(lines)


def as_csv(figures: Figures) -> str:
    rows = [
        [layer, *(_text(row[key]) if key in row else "" for key in ASKED)] for layer, row in figures.items()
    ]
    return "".join(f"{','.join(row)}\n" for row in [["layer", *ASKED], *rows])


def as_markdown(figures: Figures) -> str:
    rows = [
        [layer, *(_text(row[key]) if key in row else "–" for key in ASKED)] for layer, row in figures.items()
    ]
    return "".join(
        f"| {' | '.join(row)} |\n" for row in [["layer", *ASKED], ["---"] * (1 + len(ASKED)), *rows]
    )


def _text(figure: Any) -> str:
    return "x".join(map(str, figure)) if isinstance(figure, tuple) else str(figure)


FORMATS: Mapping[str, Callable[[Figures], str]] = {"YAML": as_yaml, "CSV": as_csv, "Markdown": as_markdown}


if __name__ == "__main__":
    main()
