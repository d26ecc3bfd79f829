"""JUnit XML, which CI systems and CodeGrade read: suites of cases, some of which failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

from archcalc.render.check import budget_sentence, sentence
from archcalc.render.grade import advice, figure, heading
from archcalc.results.check import BudgetResult, CheckReport, Difference, without_implied
from archcalc.results.grade import RIGHT, Class, Grade, GradedCell

ENDINGS = (".xml",)
ACCEPTS = (CheckReport, Grade, Class)

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


def render(result: CheckReport | Grade | Class, reveal: bool = False) -> str:
    """The XML text; ``reveal`` shows the right figures of grades."""
    if isinstance(result, CheckReport):
        return _document("archcalc check", suites(result))
    grades = result.grades if isinstance(result, Class) else (result,)
    return _document("archcalc grade", [suite(grade, reveal) for grade in grades])


def suites(checked: CheckReport) -> list[Suite]:
    """The result as JUnit suites: one case for each network's lock, and one for each budget."""
    by_network = dict.fromkeys(checked.networks, ()) | checked.by_network()
    lock_cases = tuple(
        Case("lock", str(network), tuple(map(_lock_failure, without_implied(differences))))
        for network, differences in by_network.items()
    )
    budget_cases = tuple(map(_budget_case, checked.budgets))
    return [Suite("lock", lock_cases), *([Suite("budgets", budget_cases)] if budget_cases else [])]


def _lock_failure(difference: Difference) -> Failure:
    return Failure(difference.kind, sentence(difference), str(difference.place))


def _budget_case(budget: BudgetResult) -> Case:
    failure = Failure("budget", budget_sentence(budget), str(budget.place))
    return Case(str(budget.network), budget.expression, () if budget.ok else (failure,))


def suite(grade: Grade, reveal: bool) -> Suite:
    """A submission as a suite of JUnit: a case for every cell that is worth points."""
    cases = [
        Case(cell.layer or "total", cell.quantity, _failures(cell, reveal))
        for cell in grade.cells
        if cell.max_points
    ]
    if grade.error:
        cases.append(Case("submission", "readable", (Failure("unreadable", grade.error, error=True),)))
    unread = [f"line {line}: {why}" for line, _, why in grade.unread]
    return Suite(grade.name, tuple(cases), "\n".join([heading(grade), *unread]))


def _failures(cell: GradedCell, reveal: bool) -> tuple[Failure, ...]:
    if cell.verdict in (*RIGHT, "carried"):
        return ()
    kind = cell.diagnosis[0].mistake if cell.diagnosis else cell.verdict
    expected = f", expected {figure(cell.expected)}" if reveal else ""
    message = f"{cell.given or 'nothing'}: {cell.verdict}{expected}"
    return (Failure(kind, message, "\n".join(advice(cell, reveal))),)


def _document(name: str, suites: Sequence[Suite]) -> str:
    root = ET.Element("testsuites", name=name)
    for suite in suites:
        _add(root, suite)
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, encoding='unicode')}\n"


def _add(root: ET.Element, suite: Suite) -> None:
    # JUnit counts a case once, however many failures it lists.
    failed = [any(not failure.error for failure in case.failures) for case in suite.cases]
    errors = [any(failure.error for failure in case.failures) for case in suite.cases]
    counts = {"tests": len(suite.cases), "failures": sum(failed), "errors": sum(errors), "skipped": 0}
    element = ET.SubElement(
        root, "testsuite", {"name": _clean(suite.name), **{key: str(count) for key, count in counts.items()}}
    )
    for case in suite.cases:
        made = ET.SubElement(element, "testcase", classname=_clean(case.classname), name=_clean(case.name))
        for failure in case.failures:
            tag = "error" if failure.error else "failure"
            child = ET.SubElement(made, tag, type=failure.type, message=_clean(failure.message))
            child.text = _clean(failure.text) or None
    if suite.output:
        ET.SubElement(element, "system-out").text = _clean(suite.output)


def _clean(text: str) -> str:
    return _NO_XML.sub("?", text)
