"""JUnit reports: valid, one failure for a case, and every sentence where GitLab looks for it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from helpers.junit_schema import faults

import archcalc
from archcalc.render.writers import junit
from archcalc.results.grade import Class, Grade

ROOT = Path(__file__).parents[2]
SPEC = str(ROOT / "specs/lenet5.yaml")


def graded_class(folder: Path) -> Class:
    (folder / "ada.yaml").write_text("conv1: {output: 54x54x96, params: 34848}\nfc6: {params: 1}\n")
    (folder / "bob.yaml").write_text("conv1: {output: 55x55x96}\nlayer 77: {output: 1x1x1}\n")
    (folder / "eve.pdf").write_bytes(b"%PDF-1.7")
    (folder / "kim").mkdir()
    return archcalc.grade_class(str(folder), "alexnet")


@pytest.mark.parametrize("limits", ["params <= 1", "params <= 1G", "params <= 1; macs <= 1"])
def test_a_report_of_a_check_is_valid(limits: str) -> None:
    checked = archcalc.check(SPEC, limits.split("; "), locked=False)
    assert faults(junit.render(checked)) == []


def test_a_report_of_a_class_is_valid(tmp_path: Path) -> None:
    text = junit.render(graded_class(tmp_path))
    assert faults(text) == []
    suites = {suite.attrib["name"]: suite for suite in ET.fromstring(text.encode())}
    counts = {
        name: [int(suite.attrib[key]) for key in ("tests", "failures", "errors", "skipped")]
        for name, suite in suites.items()
    }
    # What was not read has not failed; who hands in nothing has.
    assert counts == {"ada": [3, 3, 0, 0], "bob": [3, 0, 0, 2], "eve": [4, 0, 1, 3], "kim": [4, 3, 1, 0]}
    cases = {(case.get("classname"), case.get("name")): case for case in suites["ada"].iter("testcase")}
    (failure,) = cases["conv1", "params"]
    assert failure.attrib == {"type": "forgot-bias", "message": "34848: wrong"}
    assert failure.text is not None
    assert failure.text.splitlines()[0] == "34848: wrong"
    assert "The biases are missing" in failure.text


def test_a_report_without_cases_is_valid() -> None:
    assert faults(junit.render(Grade("a", "b", ()))) == []


def test_the_rules_find_what_the_schema_forbids() -> None:
    two = "<testcase name='a' classname='b' time='0'><failure type='x'/><failure type='y'/></testcase>"
    head = "<testsuites name='n'><testsuite name='' tests='x'>"
    wrong = faults(f"{head}{two}</testsuite></testsuites>")
    assert len(wrong) == 6, wrong
