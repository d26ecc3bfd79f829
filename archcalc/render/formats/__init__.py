"""The output formats, one file for each dialect. A new format needs only a new file in this folder.

A file declares three things:

- ``ENDINGS``: the endings of file names that mean this format;
- ``RECORDS``: True if it prints records (every row and column, raw values), False if it prints a layout for
  people;
- ``render(report, page)``: the text.

A format that can lay out whole documents (a worksheet) has ``document(title, parts)``, too.
"""

from __future__ import annotations

import os
from importlib import import_module

from archcalc.render.report import Page, Report

FORMATS: tuple[str, ...] = tuple(
    sorted(
        name[:-3] for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".py") and name[0] != "_"
    )
)
"""The names of the formats."""


def render(format: str, report: Report, page: Page | None = None) -> str:
    """The report in that format, ending with a newline."""
    if format in report.own:
        return report.own[format]()
    module = import_module(f"{__name__}.{format}")
    if report.document is not None and hasattr(module, "document"):
        document: str = module.document(*report.document(format))
        return document
    text: str = module.render(report, page or Page())
    return text


def with_documents() -> tuple[str, ...]:
    """The formats that can lay out whole documents."""
    return tuple(name for name in FORMATS if hasattr(import_module(f"{__name__}.{name}"), "document"))


def prints_records(format: str) -> bool:
    """Whether a format prints records for a program, and not a layout for people."""
    declared: bool = import_module(f"{__name__}.{format}").RECORDS
    return declared


def endings(format: str) -> tuple[str, ...]:
    """The endings of file names that mean a format."""
    declared: tuple[str, ...] = import_module(f"{__name__}.{format}").ENDINGS
    return declared
