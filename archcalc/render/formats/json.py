"""JSON: the contract of keys, raw integers."""

from __future__ import annotations

import json
import re

from archcalc.render.grid import Page, Report

ENDINGS = (".json",)
RECORDS = True

# A list of numbers or words, an item a line; text inside a JSON string never holds a line break.
_FLAT_LIST = re.compile(r"\[\n((?:[^\n\[\]{}]*\n)+?) *\]")


def render(report: Report, page: Page) -> str:
    text = json.dumps(report.data(), ensure_ascii=False, indent=1)
    return _FLAT_LIST.sub(_on_one_line, text) + "\n"


def _on_one_line(found: re.Match[str]) -> str:
    return f"[{' '.join(line.strip() for line in found.group(1).splitlines())}]"
