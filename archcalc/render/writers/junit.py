"""JUnit XML, which CI systems and CodeGrade read: suites of cases, some of which failed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

from archcalc.render.check import budget_sentence, sentence
from archcalc.render.grade import advice, failure, figure, heading, reason, unread_lines
from archcalc.results.check import BudgetResult, CheckReport, Difference, without_implied
from archcalc.results.grade import RIGHT, Class, Grade, GradedCell

ENDINGS = (".xml",)
ACCEPTS = (CheckReport, Grade, Class)

# XML 1.0 has no way to write these at all.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Failure(NamedTuple):
    """Why a case failed: a word, a sentence, and a text with that sentence and more.

    ``error``: it could not even be tried.
    """

    type: str
    message: str
    text: str
    error: bool = False


class Case(NamedTuple):
    """One case of a suite; ``skipped`` is the reason why it could not be tried."""

    classname: str
    name: str
    failures: tuple[Failure, ...] = ()
    skipped: str = ""


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
    says = sentence(difference)
    return Failure(difference.kind, says, f"{difference.place}: {says}")


def _budget_case(budget: BudgetResult) -> Case:
    says = budget_sentence(budget)
    failure = Failure("budget", says, f"{budget.place}: {says}")
    return Case(str(budget.network), budget.expression, () if budget.ok else (failure,))


def suite(grade: Grade, reveal: bool) -> Suite:
    """A submission as a suite of JUnit: a case for every cell that is worth points."""
    cases = [
        Case(
            cell.layer or "total",
            cell.quantity,
            _failures(cell, reveal),
            _UNREAD if cell.verdict == "unread" else "",
        )
        for cell in grade.cells
        if cell.max_points
    ]
    if grade.error:
        unreadable = Failure("unreadable", reason(grade.error), failure(grade), error=True)
        cases.append(Case("submission", "readable", (unreadable,)))
    return Suite(grade.name, tuple(cases), "\n".join([heading(grade), *unread_lines(grade)]))


def _failures(cell: GradedCell, reveal: bool) -> tuple[Failure, ...]:
    if cell.verdict in (*RIGHT, "carried", "unread"):
        return ()
    kind = cell.diagnosis[0].mistake if cell.diagnosis else cell.verdict
    expected = f", expected {figure(cell.expected)}" if reveal else ""
    message = f"{cell.given or 'no answer'}: {cell.verdict}{expected}"
    return (Failure(kind, message, "\n".join([message, *advice(cell, reveal)])),)


# --- the document -----------------------------------------------------------------------------------------

_UNREAD = "no answer was found, but some lines could not be read"

# The common schema (JUnit.xsd) demands these of each suite. They are fixed, so that the same result gives the
# same bytes, and so that the name of the machine stays there.
_ALWAYS = {"timestamp": "1970-01-01T00:00:00", "hostname": "localhost", "time": "0"}


def _document(package: str, suites: Sequence[Suite]) -> str:
    root = ET.Element("testsuites")
    for number, suite in enumerate(suites):
        _add(root, suite, {"package": package, "id": str(number)})
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, encoding='unicode')}\n"


def _add(root: ET.Element, suite: Suite, place: Mapping[str, str]) -> None:
    tags = [_tag(case) for case in suite.cases]
    counts = {
        "tests": len(tags),
        "failures": tags.count("failure"),
        "errors": tags.count("error"),
        "skipped": tags.count("skipped"),
    }
    numbers = {key: str(count) for key, count in counts.items()}
    element = ET.SubElement(root, "testsuite", {"name": _clean(suite.name), **place, **numbers, **_ALWAYS})
    ET.SubElement(element, "properties")
    for case, tag in zip(suite.cases, tags, strict=True):
        names = {"classname": _clean(case.classname), "name": _clean(case.name), "time": "0"}
        made = ET.SubElement(element, "testcase", names)
        if tag == "skipped":
            ET.SubElement(made, tag).text = _clean(case.skipped)
        elif tag:
            _add_failures(made, tag, case.failures)
    ET.SubElement(element, "system-out").text = _clean(suite.output)
    ET.SubElement(element, "system-err")


def _tag(case: Case) -> str:
    """The element of a case that did not pass; the schema allows one."""
    if not case.failures:
        return "skipped" if case.skipped else ""
    return "error" if any(failure.error for failure in case.failures) else "failure"


def _add_failures(case: ET.Element, tag: str, failures: Sequence[Failure]) -> None:
    """All failures of a case as one element. GitLab shows its text only, so every sentence is in it."""
    first, *more = failures
    message = f"{first.message} (and {len(more)} more)" if more else first.message
    child = ET.SubElement(case, tag, type=_clean(first.type), message=_clean(message))
    child.text = _clean("\n".join(failure.text for failure in failures))


def _clean(text: str) -> str:
    return _NO_XML.sub("?", text)
