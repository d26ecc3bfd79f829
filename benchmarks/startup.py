"""The time of whole commands, compared with `python -c "import click, yaml"`: the cost beyond the libraries.

Rounds are interleaved and medians are compared, so that a busy machine slows all of them alike.
Targets: --version and --help about 1x, `table vgg16 --format json` at most 2.5x.
"""

from __future__ import annotations

import compileall
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
PYTHON = sys.executable
BASE = "import click, yaml"
COMMANDS = {
    BASE: [PYTHON, "-c", BASE],
    "archcalc --version": [PYTHON, "-m", "archcalc", "--version"],
    "archcalc --help": [PYTHON, "-m", "archcalc", "--help"],
    "archcalc table vgg16 --format json": [PYTHON, "-m", "archcalc", "table", "vgg16", "--format", "json"],
    "archcalc table vgg16 --format plain": [PYTHON, "-m", "archcalc", "table", "vgg16", "--format", "plain"],
    "archcalc table vgg16 --format table": [PYTHON, "-m", "archcalc", "table", "vgg16", "--format", "table"],
    "archcalc list": [PYTHON, "-m", "archcalc", "list"],
}


def main() -> None:
    compileall.compile_dir(Path(__file__).parent.parent / "archcalc", quiet=1)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            times[name].append(time.perf_counter() - start)
    base = statistics.median(times[BASE])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:40} {1000 * median:7.1f} ms  {median / base:5.2f}x")


if __name__ == "__main__":
    main()
