"""Forms of answers that were once misread: each is read, and no right figure in it is marked wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.grading import grade_with

from archcalc.errors import ArchcalcError
from archcalc.results.grade import Grade

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
DOCUMENTS = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES]
CASES = [(document, case) for document in DOCUMENTS for case in document["cases"]]


def graded(document: dict[str, Any], case: dict[str, Any]) -> Grade:
    key = case.get("key", "")
    spec = document.get(key, key)
    # A mapping on one line is the spec of a network without a name.
    return grade_with(
        case["text"], f"name: own\n{yaml.safe_dump(yaml.safe_load(spec))}" if "{" in key else spec
    )


@pytest.mark.parametrize(("document", "case"), CASES, ids=[case["id"] for _, case in CASES])
def test_a_form_is_read(document: dict[str, Any], case: dict[str, Any]) -> None:
    try:
        found = graded(document, case)
    except ArchcalcError:
        # A form may be refused, with the reason: that accuses nobody.
        assert not case.keys() & {"read", "cells", "diagnosis", "full_marks"}
        return
    cells = [cell for cell in found.cells if cell.verdict != "missing"]
    assert len(cells) >= case.get("read", 0), found.unread
    if case.get("never_wrong"):
        assert [cell for cell in cells if cell.verdict in ("wrong", "unreadable")] == []
    if case.get("full_marks"):
        assert found.score == found.max_score
    if "diagnosis" in case:
        assert case["diagnosis"] in {one.mistake for cell in cells for one in cell.diagnosis}
    verdicts = {(cell.layer.rstrip("0123456789"), cell.quantity): cell.verdict for cell in cells}
    verdicts |= {(cell.layer, cell.quantity): cell.verdict for cell in cells}
    for layer, expected in case.get("cells", {}).items():
        assert {quantity: verdicts.get((layer, quantity)) for quantity in expected} == expected
