"""JUnit XML, which CI systems and CodeGrade read: suites of cases, some of which failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

ENDING = ".xml"

# XML 1.0 has no way to write these at all.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Failure(NamedTuple):
    """Why a case failed: a word, a line and a text. ``error``: it could not even be tried."""

    type: str
    message: str
    text: str = ""
    error: bool = False


class Case(NamedTuple):
    """One case of a suite."""

    classname: str
    name: str
    failures: tuple[Failure, ...] = ()


class Suite(NamedTuple):
    """A suite and what it has to say besides."""

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
    failed = [any(not one.error for one in case.failures) for case in suite.cases]
    errors = [any(one.error for one in case.failures) for case in suite.cases]
    counts = {"tests": len(suite.cases), "failures": sum(failed), "errors": sum(errors), "skipped": 0}
    element = ET.SubElement(
        root, "testsuite", {"name": _clean(suite.name), **{key: str(count) for key, count in counts.items()}}
    )
    for case in suite.cases:
        made = ET.SubElement(element, "testcase", classname=_clean(case.classname), name=_clean(case.name))
        for one in case.failures:
            tag = "error" if one.error else "failure"
            ET.SubElement(made, tag, type=one.type, message=_clean(one.message)).text = (
                _clean(one.text) or None
            )
    if suite.output:
        ET.SubElement(element, "system-out").text = _clean(suite.output)


def _clean(text: str) -> str:
    return _NO_XML.sub("?", text)
