"""Checks as texts, in the formats of CI systems."""

from __future__ import annotations

import sys
from collections.abc import Callable

from archcalc import __version__
from archcalc.cli import _options as shared
from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.render import github, junit, sarif
from archcalc.render.check import report, suites
from archcalc.render.formats import render
from archcalc.render.grid import Page
from archcalc.results.check import Checked

WRITERS: dict[str, Callable[[Checked], str]] = {
    "github": github.render,
    "junit": lambda checked: junit.render("archcalc check", suites(checked)),
    "sarif": lambda checked: sarif.render(checked, __version__),
}
"""The formats of CI systems, which only checks have."""

FORMATS = ("text", "json", *WRITERS, "markdown")


def chosen_format(flag: str | None, setting: str) -> str:
    """The format asked for, by flag or variable, else that of the project. Raises ArchcalcError."""
    found = flag or setting or FORMATS[0]
    if found not in FORMATS:
        hint = did_you_mean(found, FORMATS)
        says = f"there is no format '{short(found)}'{f' ({hint})' if hint else ''}"
        raise ArchcalcError(f"[tool.archcalc] format: {says}")
    return found


def written(checked: Checked, format: str, output: str | None) -> str:
    """What was found, as a text."""
    if format in WRITERS:
        return WRITERS[format](checked)
    to_file = bool(output) and output != "-"
    if format == "text":
        format = "table" if sys.stdout.isatty() and not to_file else "plain"
    return render(format, report(checked), Page() if to_file else shared.page())


def summarize(checked: Checked, path: str) -> None:
    """Add a Markdown table to GitHub's summary of the step. Raises ArchcalcError."""
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(render("markdown", report(checked)))
    except OSError as error:
        raise ArchcalcError(f"GITHUB_STEP_SUMMARY: {error.strerror}") from None
