"""Tab-separated values: the records of CSV with a tab between fields.

A tab or a line break inside a text becomes a space: many programs split TSV at every tab and line break, and
do not know quotes.
"""

from __future__ import annotations

import re

from archcalc.render.formats.csv import separated
from archcalc.render.report import Page, Report

ENDINGS = (".tsv",)
RECORDS = True


def render(report: Report, page: Page) -> str:
    return separated(report, "\t", _on_one_line)


def _on_one_line(text: str) -> str:
    return re.sub(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+", " ", text)
