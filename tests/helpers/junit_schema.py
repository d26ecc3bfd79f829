"""The rules of the common schema of JUnit reports, JUnit.xsd of Ant: many programs validate against it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

# Of each element: its required attributes, its optional attributes, and a pattern of the elements in it.
SUITE = ("name", "timestamp", "hostname", "tests", "failures", "errors", "time", "package", "id")
ELEMENTS: dict[str, tuple[set[str], set[str], str]] = {
    "testsuites": (set(), set(), "(testsuite )*"),
    "testsuite": (set(SUITE), {"skipped"}, "properties (testcase )*system-out system-err "),
    "properties": (set(), set(), "(property )*"),
    "testcase": ({"name", "classname", "time"}, set(), "(skipped |error |failure )?"),
    "skipped": (set(), set(), ""),
    "error": ({"type"}, {"message"}, ""),
    "failure": ({"type"}, {"message"}, ""),
    "system-out": (set(), set(), ""),
    "system-err": (set(), set(), ""),
}
PATTERNS = {
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "time": r"\d+(\.\d+)?",
    **dict.fromkeys(("tests", "failures", "errors", "skipped", "id"), r"\d+"),
    "hostname": r"(?s).+",
    "name": r"(?s).+",
}
WITH_TEXT = {"skipped", "error", "failure", "system-out", "system-err"}


def faults(text: str) -> list[str]:
    """What the schema does not allow in a report."""
    root = ET.fromstring(text.encode())
    wrong = [] if root.tag == "testsuites" else [f"the root is {root.tag}"]
    for element in root.iter():
        if element.tag not in ELEMENTS:
            wrong.append(f"unknown element {element.tag}")
            continue
        required, optional, order = ELEMENTS[element.tag]
        if not required <= set(element.attrib) <= required | optional:
            wrong.append(f"attributes of {element.tag}: {sorted(element.attrib)}")
        children = "".join(f"{child.tag} " for child in element)
        if not re.fullmatch(order, children):
            wrong.append(f"elements of {element.tag}: {children}")
        if (element.text or "").strip() and element.tag not in WITH_TEXT:
            wrong.append(f"text in {element.tag}")
        wrong += [
            f"{element.tag} {name}={value!r}"
            for name, value in element.attrib.items()
            if not re.fullmatch(PATTERNS.get(name, "(?s).*"), value)
        ]
    return wrong
