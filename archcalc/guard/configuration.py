"""Settings of a project: ``[tool.archcalc]`` in the nearest pyproject.toml at its specs or above them.

Flags override ``ARCHCALC_...`` variables, which override this file. The file is read only when a command
needs it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, did_you_mean, printable, short

FILE = "pyproject.toml"
MAX_BYTES = 1_000_000
KEYS = ("specs", "format", "budget", "convention")
"""The keys of ``[tool.archcalc]``."""


class Config(NamedTuple):
    """The settings of a project: its specs, the format of ``check``, its budgets, and a convention.

    Specs are files, folders or patterns. ``path`` is the pyproject.toml, empty if there is none; paths in it
    are relative to its folder. Each budget is a pair of a pattern of networks and an expression. The
    convention is the tool whose count locks hold, too.
    """

    path: str = ""
    specs: tuple[str, ...] = ()
    format: str = ""
    budgets: tuple[tuple[str, str], ...] = ()
    convention: str = ""


def read(start: str) -> Config:
    """The settings in the nearest pyproject.toml, at a folder or above it, that has a section for archcalc.

    Raises ArchcalcError for a section with a mistake.
    """
    folder = os.path.abspath(start)
    # A pyproject.toml without our section does not end the search: a package inside a repository has its own.
    while (section := _section(path := os.path.join(folder, FILE))) is None:
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return Config()
    where = f"{printable(os.path.relpath(path))}: [tool.archcalc]"
    # A misspelled key would silently set nothing, so it is an error.
    for key in section:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS)
            raise ArchcalcError(f"{where} has no key '{short(key)}'{f' ({hint})' if hint else ''}")
    return Config(
        path,
        _texts(section.get("specs", []), f"{where} specs"),
        _text(section.get("format", ""), f"{where} format"),
        tuple(_budgets(section.get("budget", {}), f"{where} budget")),
        _text(section.get("convention", ""), f"{where} convention"),
    )


def _section(path: str) -> Mapping[str, Any] | None:
    """The section [tool.archcalc] of a file, or None if it has none."""
    if not os.path.isfile(path):
        return None
    where = printable(os.path.relpath(path))
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArchcalcError(f"{where}: {error.strerror}") from None
    if b"archcalc" not in data:  # parsing every pyproject.toml above a spec would cost time
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
    budgets = []
    for pattern, limits in value.items():
        here = f"{where} {_shown(pattern)}"
        if not pattern:
            raise ArchcalcError(f"{here} matches no network; '*' matches all")
        if isinstance(limits, dict):
            budgets += [(pattern, _limit(name, limit, here)) for name, limit in limits.items()]
        else:
            budgets += [(pattern, text) for text in _texts(limits, here)]
    return budgets


def _limit(name: str, limit: Any, where: str) -> str:
    """One entry of a table as an expression; without a comparison, the value is the upper limit."""
    if isinstance(limit, int) and not isinstance(limit, bool):
        return f"{name} <= {limit}"
    text = _text(limit, f"{where} {name}").strip()
    return f"{name} {text}" if text.startswith(("<", ">", "=")) else f"{name} <= {text}"


def _shown(value: Any) -> str:
    return short(repr(value))
