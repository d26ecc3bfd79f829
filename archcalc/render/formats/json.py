"""JSON: the contract of keys, raw integers."""

from __future__ import annotations

import json
import re

from archcalc.render.grid import Page, Report

ENDINGS = (".json",)

_SHORT_LIST = re.compile(r"\[\s+([^\[\]{}]*?)\s+\]")


def render(report: Report, page: Page) -> str:
    text = json.dumps(report.data(), ensure_ascii=False, indent=1)
    return _SHORT_LIST.sub(lambda found: f"[{' '.join(found.group(1).split())}]", text) + "\n"
