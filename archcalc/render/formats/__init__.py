"""The output formats, one dialect a file: ENDINGS of file names it stands for, and render(report, page) -> text.

A new format is a new file in this folder; nothing else has to know it.
"""

from __future__ import annotations

import os
from importlib import import_module

from archcalc.errors import ArchcalcError
from archcalc.render.grid import Page, Report

FORMATS: tuple[str, ...] = tuple(
    sorted(
        name[:-3] for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".py") and name[0] != "_"
    )
)
"""The names of the formats."""


def render(format: str, report: Report, page: Page | None = None) -> str:
    """The report in that format, ending with a newline."""
    text: str = import_module(f"{__name__}.{format}").render(report, page or Page())
    return text


def endings(format: str) -> tuple[str, ...]:
    """The endings of file names that a format stands for."""
    found: tuple[str, ...] = import_module(f"{__name__}.{format}").ENDINGS
    return found


def format_of(path: str) -> str:
    """The format that a file's ending stands for. Raises ArchcalcError."""
    ending = os.path.splitext(path)[1].lower()
    for name in FORMATS:
        if ending in endings(name):
            return name
    known = ", ".join(one for name in FORMATS for one in endings(name))
    raise ArchcalcError(f"{path}: the ending '{ending}' names no format (known: {known}); or use --format")
