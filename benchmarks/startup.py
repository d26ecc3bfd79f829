"""Whole commands, compared with ``python -c "import click, yaml"``: what they cost beyond the libraries.

CPU time, the minimum of interleaved rounds (see ``measure.py``), with the package compiled. No test asserts
any of it; ``tests/cli/test_startup.py`` holds the list of the modules that a table imports.

    python benchmarks/startup.py [--rounds 15] [--imports]

``--imports`` prints the modules that ``table resnet152 --format json`` imports, those that take long first.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys

from measure import ENVIRONMENT, ROOT, child, compile_everything, fastest, machine

BASE = "import click, yaml"
ARCHCALC = [sys.executable, "-m", "archcalc"]
TABLE = "table resnet152 --format json"
TARGETS = {
    "--version": "1.1",
    "--help": "1.1",
    "table vgg16 --format json": "",
    TABLE: "1.6",
    "list": "3",
    "audit": "5",
    "check specs": "5",
    "formula vgg16 --free size": "",
}
"""Each command and how many times the base it may take; the memory of a table has a target too."""

PEAK_MIB = 32


def main() -> None:
    parser = argparse.ArgumentParser(description="whole commands beside the import of their libraries")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--imports", action="store_true", help="only what a table imports")
    options = parser.parse_args()
    compile_everything()
    if options.imports:
        print_imports()
    else:
        print_ratios(options.rounds)


def print_ratios(rounds: int) -> None:
    commands = {BASE: [sys.executable, "-c", BASE]}
    commands |= {text: [*ARCHCALC, *text.split()] for text in TARGETS}
    peaks: dict[str, float] = {}

    def seconds(text: str) -> float:
        # `audit` ends with 1 where the literature is wrong; any other failure must not be measured.
        done = child(commands[text], may_fail=text == "audit")
        peaks[text] = min(peaks.get(text, done.peak_mib), done.peak_mib)
        return done.seconds

    best = fastest({text: lambda text=text: seconds(text) for text in commands}, rounds)
    print(f"{'':32} {'CPU time':>10} {'/ base':>7} {'target':>7}  peak memory")
    for text, taken in best.items():
        target = TARGETS.get(text, "")
        memory = f"{peaks[text]:.1f} MiB" + (f" (target {PEAK_MIB})" if text == TABLE else "")
        print(f"{text:32} {1000 * taken:7.1f} ms {taken / best[BASE]:6.2f}x {target:>7}  {memory}")
    print(f"\n{machine()}.")


def print_imports() -> None:
    """The modules of a table with the time that each takes without those that it imports."""
    command = [sys.executable, "-X", "importtime", "-m", "archcalc", *TABLE.split()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, check=True)
    times = re.findall(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", done.stderr, re.MULTILINE)
    for microseconds, module in sorted(times, key=lambda pair: -int(pair[0])):
        print(f"{int(microseconds):6} us  {module}")


if __name__ == "__main__":
    main()
