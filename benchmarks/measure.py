"""CPU time of functions and of whole processes, and the machine that they ran on.

CPU time, because other programs then change it little. Every benchmark takes the minimum of several rounds,
and the rounds are interleaved: a busy machine slows all of them alike.
"""

from __future__ import annotations

import compileall
import gc
import os
import platform
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
"""Of the processes that are measured: the archcalc of this checkout, and one thread."""

LONG = 1.0
"""Work of more than so many seconds is repeated fewer times."""


class Child(NamedTuple):
    """A process that has ended."""

    seconds: float
    """CPU time, of the user and of the system."""

    peak_mib: float
    output: str


def child(command: Sequence[str], *, may_fail: bool = False) -> Child:
    """Run a command from the root of the checkout. Raises CalledProcessError if it fails."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENVIRONMENT)
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode and not may_fail:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    # Linux counts the memory of the parent at the start too: measure peaks while this process is small.
    return Child(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def seconds_of(work: Callable[[], Any]) -> float:
    """The CPU time of one call."""
    # What lives already is not searched again: else the collector would charge every tool for the objects of
    # all others.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    start = time.process_time()
    work()
    return time.process_time() - start


def fastest(measured: Mapping[str, Callable[[], float]], rounds: int, few: int = 2) -> dict[str, float]:
    """The minimum of each, over interleaved rounds; ``few`` rounds of what takes long."""
    best: dict[str, float] = {}
    for number in range(rounds):
        for name, measure in measured.items():
            if number < few or best[name] < LONG:
                best[name] = min(best.get(name, float("inf")), measure())
    return best


def compile_everything() -> None:
    """So that no process is charged for compiling."""
    compileall.compile_dir(ROOT / "archcalc", quiet=1)
    compileall.compile_dir(ROOT / "benchmarks", quiet=1)


def machine() -> str:
    """The date, the machine and the version of Python, for the line under a table."""
    names = [line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{time.strftime('%Y-%m-%d')}, {name}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; columns of numbers are on the right."""
    numeric = [all(cell[:1].isdigit() for cell in column) for column in zip(*rows, strict=True)]
    rule = ["---:" if right else "---" for right in numeric]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *rows))


def publish(name: str, text: str, *, write: bool) -> None:
    """Print what was measured; ``write`` puts it into docs/performance.md too, in the place of that name."""
    print(text)
    if write:
        page = ROOT / "docs" / "performance.md"
        place = re.compile(rf"(<!-- {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)
        fresh, places = place.subn(lambda found: f"{found[1]}{text}\n", page.read_text("utf-8"))
        assert places == 1, f"docs/performance.md has {places} places named {name}"
        page.write_text(fresh, "utf-8")
