"""Results -> text: one table skeleton and small dialects; the one door through which every result is printed.

``Result.render``, ``Result.rows`` and the commands come through here. A result is either put into a report,
which every format can print, or handed to a writer, which knows this kind of result only.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

from archcalc.errors import MissingPackage
from archcalc.render.formats import FORMATS, render
from archcalc.render.options import check_options
from archcalc.render.report import Page, Report
from archcalc.results import plain

REPORTS = {
    "Analysis": "analysis:report",
    "Audit": "audit:report",
    "CheckReport": "check:report",
    "CheckedTimes": "published_times:report",
    "Class": "grade:class_report",
    "ClosedForm": "formula:report",
    "Comparison": "compare:report",
    "ConventionList": "convention_list:listing",
    "CountTable": "reconcile:table",
    "Derivation": "explain:report",
    "Device": "device:report",
    "DeviceList": "device:listing",
    "Diagram": "graph:report",
    "ExplainedConvention": "convention_list:report",
    "Fit": "fit:report",
    "Grade": "grade:report",
    "JudgedDocument": "judged:report",
    "Listing": "listing:report",
    "Plot": "plot:report",
    "Quiz": "quiz:report",
    "Reconciliation": "reconcile:report",
    "ReportPage": "page:report",
    "Sweep": "sweep:report",
    "Timing": "time:report",
    "TimingTable": "time:table",
    "TotalsTable": "totals:report",
    "Verification": "verify:report",
    "VerificationTable": "verify:summary",
}
"""For each kind of result the function that makes its report. They are names: only the one that is used is
imported.
"""


def report_of(result: Any, **options: Any) -> Report:
    """The report of a result; ``options`` are the options of its command.

    Raises ArchcalcError for an option that does not exist.
    """
    module, _, name = REPORTS[type(result).__name__].partition(":")
    function = getattr(import_module(f"{__name__}.{module}"), name)
    check_options(function, options)
    report: Report = function(result, **options)
    return report


def text_of(result: Any, format: str, page: Page | None = None, **options: Any) -> str | bytes:
    """A result in any of its formats, ending with a newline. Raises ArchcalcError for another format."""
    if format in FORMATS:
        return render(format, report_of(result, **options), page)
    from archcalc.render import writers

    return writers.write(result, format, **options)


def rows_of(result: Any, **options: Any) -> list[dict[str, Any]]:
    """The records of a result as dicts; if it has several tables, the records of the first.

    A row of totals is left out: who adds up a column would count everything twice.
    """
    grid = report_of(result, **options).records()
    keys = [head.key for head in grid.heads]
    rows = grid._replace(body_only=(*grid.body_only, *grid.ends)).records()
    return [dict(zip(keys, (plain(cell.value) for cell in row), strict=True)) for row in rows]


def html_of(result: Any) -> str:
    """A result as a part of an HTML page, as a notebook shows it: a picture if it is one, else a table.

    A chart is a table where the package that draws it is missing.
    """
    from archcalc.render.formats.html import fragment, image

    report = report_of(result)
    if "svg" in report.own:
        with suppress(MissingPackage):
            return image(report.own["svg"](), report.grid().title)
    return fragment(report)
