"""JUnit XML, the format of test results that CI systems and CodeGrade read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

ENDING = ".xml"

# XML 1.0 cannot hold these characters, not even escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Failure(NamedTuple):
    """Why a case failed: its type, one line, and details. ``error`` if the case could not run at all."""

    type: str
    message: str
    text: str = ""
    error: bool = False


class Case(NamedTuple):
    """One test case; it passed if it has no failures."""

    classname: str
    name: str
    failures: tuple[Failure, ...] = ()


class Suite(NamedTuple):
    """A group of cases; ``output`` is further text."""

    name: str
    cases: tuple[Case, ...]
    output: str = ""


def render(name: str, suites: Sequence[Suite]) -> str:
    """The XML text."""
    root = ET.Element("testsuites", name=name)
    for suite in suites:
        _add(root, suite)
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, encoding='unicode')}\n"


def _add(root: ET.Element, suite: Suite) -> None:
    failed = [any(not failure.error for failure in case.failures) for case in suite.cases]
    errors = [any(failure.error for failure in case.failures) for case in suite.cases]
    counts = {"tests": len(suite.cases), "failures": sum(failed), "errors": sum(errors), "skipped": 0}
    element = ET.SubElement(
        root, "testsuite", {"name": _clean(suite.name), **{key: str(count) for key, count in counts.items()}}
    )
    for case in suite.cases:
        case_element = ET.SubElement(
            element, "testcase", classname=_clean(case.classname), name=_clean(case.name)
        )
        for failure in case.failures:
            tag = "error" if failure.error else "failure"
            message, text = _clean(failure.message), _clean(failure.text) or None
            ET.SubElement(case_element, tag, type=failure.type, message=message).text = text
    if suite.output:
        ET.SubElement(element, "system-out").text = _clean(suite.output)


def _clean(text: str) -> str:
    return _NO_XML.sub("?", text)
