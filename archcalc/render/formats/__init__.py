"""The output formats, one file for each dialect. A new format is a new file in this folder and nothing else.

A file declares three things:

- ``ENDINGS``: the endings of file names that mean this format;
- ``RECORDS``: True if it prints records (every row and column, raw values), False if it prints a layout for people;
- ``render(report, page)``: the text.
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


def prints_records(format: str) -> bool:
    """Whether a format prints records for a program, and not a layout for people."""
    declared: bool = import_module(f"{__name__}.{format}").RECORDS
    return declared


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
