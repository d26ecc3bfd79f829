"""Settings of a project: ``[tool.archcalc]`` in the pyproject.toml above its specs.

A flag comes before an ``ARCHCALC_...`` variable, and that before the file; the file is read when something asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, did_you_mean, printable

FILE = "pyproject.toml"
MAX_BYTES = 1_000_000
KEYS = ("specs", "format", "budget")
"""The keys of ``[tool.archcalc]``."""


class Config(NamedTuple):
    """What a project sets: its specs (files, folders or patterns), the format of ``check``, and budgets by network.

    ``path`` is the file that says so, empty if there is none; what it names is relative to its folder. A budget is
    an expression, and stands under the name or pattern of the networks that it is for.
    """

    path: str = ""
    specs: tuple[str, ...] = ()
    format: str = ""
    budgets: tuple[tuple[str, str], ...] = ()


def find(start: str) -> str:
    """The nearest pyproject.toml at a folder or above it that has a section for archcalc; empty if there is none."""
    folder = os.path.abspath(start)
    while True:
        path = os.path.join(folder, FILE)
        if os.path.isfile(path) and _section(path) is not None:
            return path
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above


def read(start: str) -> Config:
    """What the project of a folder sets. Raises ArchcalcError for a section that says something else."""
    path = find(start)
    section = _section(path) if path else None
    if section is None:
        return Config()
    where = f"{printable(os.path.relpath(path))}: [tool.archcalc]"
    for key in section:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS)
            raise ArchcalcError(f"{where} has no key '{printable(key)}'{f' ({hint})' if hint else ''}")
    return Config(
        path,
        _texts(section.get("specs", []), f"{where} specs"),
        _text(section.get("format", ""), f"{where} format"),
        tuple(_budgets(section.get("budget", {}), f"{where} budget")),
    )


def _section(path: str) -> Mapping[str, Any] | None:
    """What a file says under [tool.archcalc]; only a file that contains the words is parsed."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArchcalcError(f"{printable(path)}: {error.strerror}") from None
    if b"tool.archcalc" not in data and b"archcalc" not in data:
        return None
    import tomllib

    try:
        found = tomllib.loads(data[:MAX_BYTES].decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArchcalcError(f"{printable(os.path.relpath(path))}: {error}") from None
    tool = found.get("tool", {})
    section = tool.get("archcalc") if isinstance(tool, dict) else None
    return section if isinstance(section, dict) else None


def _text(value: Any, where: str) -> str:
    if isinstance(value, str):
        return value
    raise ArchcalcError(f"{where} must be a text, not {value!r}")


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ArchcalcError(f"{where} must be a list of texts, not {value!r}")


def _budgets(value: Any, where: str) -> list[tuple[str, str]]:
    """Pairs of a pattern of networks and an expression.

    ``"resnet*" = {params = "25M", macs = "<= 4.2G"}`` or ``"*" = ["macs <= 1.05 * resnet50"]``.
    """
    if not isinstance(value, dict):
        raise ArchcalcError(f'{where} must be a table such as "*" = {{params = "<= 25M"}}, not {value!r}')
    found = []
    for pattern, limits in value.items():
        here = f"{where} {pattern!r}"
        if isinstance(limits, dict):
            found += [(pattern, _limit(name, limit, here)) for name, limit in limits.items()]
        else:
            found += [(pattern, text) for text in _texts(limits, here)]
    return found


def _limit(name: str, limit: Any, where: str) -> str:
    """One entry of a table as an expression: a number or a bare expression is the most that is allowed."""
    if isinstance(limit, int) and not isinstance(limit, bool):
        return f"{name} <= {limit}"
    text = _text(limit, f"{where} {name}").strip()
    return f"{name} {text}" if text[:1] in "<>=" else f"{name} <= {text}"
