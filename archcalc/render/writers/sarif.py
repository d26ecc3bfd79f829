"""The result of check as SARIF 2.1.0, the format that code scanning reads."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

from archcalc.render.check import budget_sentence, sentence
from archcalc.results import VERSION
from archcalc.results.check import CheckReport, Place, biggest_first, exceeded, without_implied

ENDINGS = (".sarif",)
ACCEPTS = (CheckReport,)
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RULES = {
    "difference": "A network's figure differs from its lock.",
    "budget": "A network exceeds its budget.",
}


def render(checked: CheckReport) -> str:
    """The SARIF log as text."""
    results = [
        _result("budget", budget_sentence(budget), budget.place) for budget in exceeded(checked.budgets)
    ]
    results += [
        _result("difference", sentence(difference), difference.place)
        for difference in biggest_first(without_implied(checked.differences))
    ]
    rules = [{"id": name, "shortDescription": {"text": text}} for name, text in RULES.items()]
    driver = {"name": "archcalc", "version": VERSION, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _result(rule: str, message: str, place: Place) -> dict[str, Any]:
    # A line of 0 means the file as a whole; SARIF then wants no region.
    region = {"region": {"startLine": place.line, "startColumn": place.column}} if place.line else {}
    artifact = {"artifactLocation": {"uri": quote(os.fsencode(place.file.replace("\\", "/")))}}
    location = {"physicalLocation": {**artifact, **region}}
    return {"ruleId": rule, "level": "error", "message": {"text": message}, "locations": [location]}
