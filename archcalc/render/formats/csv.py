"""Comma-separated values: raw numbers, one row a record, keys as header."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from archcalc.render.report import Page, Report

ENDINGS = (".csv",)
RECORDS = True


def render(report: Report, page: Page) -> str:
    return separated(report, ",")


def separated(report: Report, delimiter: str, clean: Callable[[str], str] = str) -> str:
    """The records as text, with a delimiter between fields; an empty line stands between two tables.

    ``clean`` replaces what a text must not contain in this format.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    for number, table in enumerate(report.records().tables()):
        if number:
            text.write("\n")
        writer.writerow([clean(head.key) for head in table.heads])
        writer.writerows([_field(cell.value, clean) for cell in row] for row in table.records())
    return text.getvalue()


def _field(value: object, clean: Callable[[str], str]) -> object:
    """A value as a field; what a spreadsheet would run as a formula is quoted by a leading apostrophe."""
    if isinstance(value, str):
        return f"'{clean(value)}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else clean(value)
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return "" if value is None else value
