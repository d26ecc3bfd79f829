"""What check found as SARIF 2.1.0, which code scanning reads."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

from archcalc.render.check import budget_sentence, sentence
from archcalc.results.check import Checked, Place, biggest_first, exceeded, telling

ENDING = ".sarif"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RULES = {
    "difference": "A network's figure differs from its lock.",
    "budget": "A network exceeds its budget.",
}


def render(checked: Checked, version: str) -> str:
    """The text of the log."""
    results = [_result("budget", budget_sentence(one), one.place) for one in exceeded(checked.budgets)]
    results += [
        _result("difference", sentence(one), one.place) for one in biggest_first(telling(checked.differences))
    ]
    rules = [{"id": name, "shortDescription": {"text": says}} for name, says in RULES.items()]
    driver = {"name": "archcalc", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _result(rule: str, message: str, place: Place) -> dict[str, Any]:
    region = {"region": {"startLine": place.line, "startColumn": place.column}} if place.line else {}
    artifact = {"artifactLocation": {"uri": quote(os.fsencode(place.file.replace("\\", "/")))}}
    location = {"physicalLocation": {**artifact, **region}}
    return {"ruleId": rule, "level": "error", "message": {"text": message}, "locations": [location]}
