"""Grades as JUnit XML, which CI systems and CodeGrade read: a suite for every submission, a case for every cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from archcalc.render.grade import advice, figure, heading
from archcalc.results.grade import RIGHT, Cell, Grade

ENDING = ".xml"

# XML 1.0 has no way to write these at all.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(grades: Sequence[Grade], reveal: bool) -> str:
    """The XML text."""
    root = ET.Element("testsuites", name="archcalc grade")
    for grade in grades:
        _suite(root, grade, reveal)
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, encoding='unicode')}\n"


def _suite(root: ET.Element, grade: Grade, reveal: bool) -> None:
    cells = [cell for cell in grade.cells if cell.max_points]
    failed = sum(not _passes(cell) for cell in cells)
    suite = ET.SubElement(
        root,
        "testsuite",
        name=_clean(grade.name),
        tests=str(len(cells) + bool(grade.error)),
        failures=str(failed),
        errors=str(int(bool(grade.error))),
        skipped="0",
    )
    for cell in cells:
        case = ET.SubElement(suite, "testcase", classname=_clean(cell.layer or "total"), name=cell.quantity)
        if not _passes(cell):
            failure = ET.SubElement(case, "failure", type=_type(cell), message=_clean(_message(cell, reveal)))
            failure.text = _clean("\n".join(advice(cell, reveal)))
    if grade.error:
        case = ET.SubElement(suite, "testcase", classname="submission", name="readable")
        ET.SubElement(case, "error", type="unreadable", message=_clean(grade.error))
    out = ET.SubElement(suite, "system-out")
    out.text = _clean("\n".join([heading(grade), *(f"line {line}: {why}" for line, _, why in grade.unread)]))


def _passes(cell: Cell) -> bool:
    return cell.verdict in (*RIGHT, "carried")


def _type(cell: Cell) -> str:
    return cell.diagnosis[0].mistake if cell.diagnosis else cell.verdict


def _message(cell: Cell, reveal: bool) -> str:
    expected = f", expected {figure(cell.expected)}" if reveal else ""
    return f"{cell.given or 'nothing'}: {cell.verdict}{expected}"


def _clean(text: str) -> str:
    return _NO_XML.sub("?", text)
