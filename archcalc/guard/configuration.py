"""Settings of a project: ``[tool.archcalc]`` in the pyproject.toml above its specs.

A flag comes before an ``ARCHCALC_...`` variable, and that before the file; the file is read when something asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, did_you_mean, printable, short

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


def read(start: str) -> Config:
    """What the nearest pyproject.toml at a folder or above it sets that has a section for archcalc.

    Raises ArchcalcError for a section that says something else.
    """
    folder = os.path.abspath(start)
    while (section := _section(path := os.path.join(folder, FILE))) is None:
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return Config()
    where = f"{printable(os.path.relpath(path))}: [tool.archcalc]"
    for key in section:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS)
            raise ArchcalcError(f"{where} has no key '{short(key)}'{f' ({hint})' if hint else ''}")
    return Config(
        path,
        _texts(section.get("specs", []), f"{where} specs"),
        _text(section.get("format", ""), f"{where} format"),
        tuple(_budgets(section.get("budget", {}), f"{where} budget")),
    )


def _section(path: str) -> Mapping[str, Any] | None:
    """What a file says under [tool.archcalc]; only a file that contains the word is parsed."""
    if not os.path.isfile(path):
        return None
    where = printable(os.path.relpath(path))
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArchcalcError(f"{where}: {error.strerror}") from None
    if b"archcalc" not in data:
        return None
    if len(data) > MAX_BYTES:
        raise ArchcalcError(f"{where}: the file is larger than {MAX_BYTES:,} bytes")
    import tomllib

    try:
        tool = tomllib.loads(data.decode()).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArchcalcError(f"{where}: {short(str(error), 200)}") from None
    section = tool.get("archcalc") if isinstance(tool, dict) else None
    if section is not None and not isinstance(section, dict):
        raise ArchcalcError(f"{where}: [tool.archcalc] must be a table, not {_shown(section)}")
    return section


def _text(value: Any, where: str) -> str:
    if isinstance(value, str):
        return value
    raise ArchcalcError(f"{where} must be a text, not {_shown(value)}")


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ArchcalcError(f"{where} must be a list of texts, not {_shown(value)}")


def _budgets(value: Any, where: str) -> list[tuple[str, str]]:
    """Pairs of a pattern of networks and an expression.

    ``"resnet*" = {params = "25M", macs = "<= 4.2G"}`` or ``"*" = ["macs <= 1.05 * resnet50"]``.
    """
    if not isinstance(value, dict):
        raise ArchcalcError(
            f'{where} must be a table such as "*" = {{params = "<= 25M"}}, not {_shown(value)}'
        )
    found = []
    for pattern, limits in value.items():
        here = f"{where} {_shown(pattern)}"
        if not pattern:
            raise ArchcalcError(f"{here} is for no network; '*' is for all")
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
    return f"{name} {text}" if text.startswith(("<", ">", "=")) else f"{name} <= {text}"


def _shown(value: Any) -> str:
    return short(repr(value))
