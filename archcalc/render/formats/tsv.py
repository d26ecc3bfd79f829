"""Tab-separated values: the records of CSV with a tab between fields."""

from __future__ import annotations

from archcalc.render.formats.csv import separated
from archcalc.render.grid import Page, Report

ENDINGS = (".tsv",)
RECORDS = True


def render(report: Report, page: Page) -> str:
    return separated(report, "\t")
