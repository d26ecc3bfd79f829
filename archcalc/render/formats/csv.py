"""Comma-separated values: raw numbers, one row a record, keys as header."""

from __future__ import annotations

import csv
import io

from archcalc.render.grid import Page, Report

ENDINGS = (".csv",)
RECORDS = True


def render(report: Report, page: Page) -> str:
    return separated(report, ",")


def separated(report: Report, delimiter: str) -> str:
    """The records as text, with a delimiter between fields; an empty line stands between two tables."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    for number, part in enumerate(report.records().tables()):
        if number:
            text.write("\n")
        writer.writerow([head.key for head in part.heads])
        writer.writerows([_field(cell.value) for cell in row] for row in part.records())
    return text.getvalue()


def _field(value: object) -> object:
    """A value as a field; what a spreadsheet would run as a formula is quoted by a leading apostrophe."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return "" if value is None else value
