"""Count the networks and layers of ``tests/facts`` again, with the tools that are installed, and compare.

    python benchmarks/peer_counts.py                 # every tool that is installed
    python benchmarks/peer_counts.py fvcore thop     # these tools; one that is missing is an error
    python benchmarks/peer_counts.py --install fvcore  # what pip must install for it

The facts hold what the pinned versions gave. If a number differs, the tool counts in another way than the
convention of its name: the exit code is 1, and every difference is printed with the formulas of its ops.
``thop`` and ``ultralytics-thop`` are one package of Python, so only one of them can be installed.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from peer_counters import COUNTERS, Numbers

ROOT = Path(__file__).parent.parent
FACTS = ROOT / "tests" / "facts"
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


class Case(NamedTuple):
    """A model that a tool has counted before: how to build it, its input, and what the tool gave."""

    name: str
    build: Any
    image: Sequence[int]
    expected: Mapping[str, int]


def facts(file: str) -> dict[str, Any]:
    """A file of facts."""
    import yaml

    found: dict[str, Any] = yaml.safe_load((FACTS / file).read_text(encoding="utf-8"))
    return found


def cases(tool: str) -> Iterator[Case]:
    """Every model that the facts have for a tool."""
    import peer_models as models

    from archcalc.conventions.tools import tool_convention

    unit = tool_convention(tool).unit
    for name, expected in facts("peers.yaml")["measured"][tool]["networks"].items():
        build, image = models.NETWORKS[name]
        yield Case(name, build, image, expected)
    for file in ("peers-layers.yaml", "peers-calls.yaml"):
        for name, layer in facts(file).items():
            if tool in layer["counts"]:
                build = models.CALLS.get(name) or models.as_archcalc_builds_it(layer["layers"])
                yield Case(name, build, models.IMAGE, {unit: layer["counts"][tool]})


def counted(tool: str, case: Case) -> Numbers:
    """What the tool says now; its own words are not shown."""
    import torch

    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return COUNTERS[tool].count(case.build().eval(), torch.zeros(1, *case.image))


def differences(tool: str, case: Case) -> Iterator[str]:
    """What differs between the facts and the tool, in sentences."""
    try:
        now = counted(tool, case)
    except Exception as error:  # a tool may fail in any way
        yield f"{tool}: {case.name}: {type(error).__name__}: {str(error)[:200]}"
        return
    for what, before in case.expected.items():
        if now.get(what) != before:
            more = f" ({now[what] - before:+,})" if what in now else ""
            yield f"{tool}: {case.name}: {what} {before:,}, now {now.get(what, 'none')}{more}"


def pinned(tool: str) -> str:
    """The version of the tool that the facts are of."""
    found: str = facts("peers.yaml")["measured"][tool]["version"]
    return found


def installed(tool: str) -> str:
    """The version of a tool that is installed; empty without one."""
    try:
        return version(COUNTERS[tool].package)
    except PackageNotFoundError:
        return ""


def judge(tool: str) -> bool:
    """Compare a tool with its facts, and say what has changed."""
    have = installed(tool)
    if not have.startswith(pinned(tool)):
        print(f"{tool}: the facts are of version {pinned(tool)}, this is {have or 'not installed'}")
    found, count = [], 0
    for case in cases(tool):
        count += 1
        found += list(differences(tool, case))
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{tool} {have}: {count - len(found)} of {count} models as the facts have them", flush=True)
    return not found


def main(*arguments: str) -> int:
    """Compare tools. Gives the exit code."""
    if arguments[:1] == ("--install",):
        counters = [(COUNTERS[tool], pinned(tool)) for tool in arguments[1:]]
        print(*(f"{one.package}=={release}" for one, release in counters))
        return 0
    from helpers.torchvision_models import models

    models()  # some tools import torchvision themselves
    unknown = [tool for tool in arguments if tool not in COUNTERS]
    if unknown:
        print(f"unknown tool: {', '.join(unknown)}; there are {', '.join(COUNTERS)}")
        return 2
    tools = arguments or tuple(tool for tool in COUNTERS if installed(tool))
    same = [judge(tool) for tool in tools]  # every tool is judged, also after one that differs
    return 0 if all(same) else 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
