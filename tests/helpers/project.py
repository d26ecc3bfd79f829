"""A project with specs and a lock: what the tests of ``guard`` write, lock and check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import archcalc
from archcalc.results.check import CheckReport

NET = """\
name: {name}
input: [8, 8, 3]
settings: {{n: 4}}
layers:
  - {{conv: n, kernel: 3, pad: 1, then: relu, name: conv1}}
  - {{maxpool: 2, stride: 2, name: pool1}}
  - {{fc: 10, name: fc}}
"""


def write(**specs: str) -> None:
    """Specs of those names in ``specs/``, or texts."""
    Path("specs").mkdir(exist_ok=True)
    for name, text in specs.items():
        Path(f"specs/{name}.yaml").write_text(text or NET.format(name=name), encoding="utf-8")


def configure(text: str, at: str = ".") -> None:
    """The settings of the project."""
    Path(at, "pyproject.toml").write_text(text)


def lock(*targets: str, **settings: Any) -> bytes:
    archcalc.lock(targets, settings)
    return Path("specs/archcalc.lock").read_bytes()


def check(*targets: str) -> CheckReport:
    return archcalc.check(targets)


def said(found: CheckReport) -> list[tuple[str, str, str]]:
    return [(one.kind, one.spec, one.layer) for one in found.differences]


CONFLICT = "<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n"


def merged(ours: bytes, theirs: bytes) -> str:
    """Two locks as git merges them: what is the same stands once."""
    lines: list[str] = []
    for one, other in zip(ours.decode().splitlines(True), theirs.decode().splitlines(True), strict=True):
        lines.append(one if one == other else CONFLICT.format(one, other))
    return "".join(lines)
