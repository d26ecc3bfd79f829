"""Checks as texts, in the formats of CI systems."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NamedTuple

from archcalc import __version__
from archcalc.cli import _options as shared
from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.files import encoded
from archcalc.render import github, junit, sarif
from archcalc.render.check import report, suites, verdict
from archcalc.render.formats import endings, render
from archcalc.render.grid import Page
from archcalc.results.check import Checked


class Writer(NamedTuple):
    """A format that only checks have: the ending of its files, if they have one, and its text."""

    ending: str
    text: Callable[[Checked], str]


WRITERS = {
    "github": Writer("", github.render),
    "junit": Writer(junit.ENDING, lambda checked: junit.render("archcalc check", suites(checked))),
    "sarif": Writer(sarif.ENDING, lambda checked: sarif.render(checked, __version__)),
}
"""The formats of CI systems."""

FORMATS = ("text", "json", *WRITERS, "markdown")
ENDINGS = {
    ".txt": "text",
    **{ending: name for name in ("json", "markdown") for ending in endings(name)},
    **{writer.ending: name for name, writer in WRITERS.items() if writer.ending},
}


def chosen_format(flag: str, output: str | None, setting: str) -> str:
    """The format asked for by flag, else that of the file's ending, else that of the variable or of the project.

    Raises ArchcalcError for one that there is not.
    """
    ending = os.path.splitext(output or "")[1].lower()
    found = flag or ENDINGS.get(ending) or setting or ("" if ending else FORMATS[0])
    if not found:
        known = ", ".join(ENDINGS)
        raise ArchcalcError(
            f"{output}: the ending '{ending}' names no format (known: {known}); or use --format"
        )
    if found not in FORMATS:
        hint = did_you_mean(found, FORMATS)
        says = f"there is no format '{short(found)}'{f' ({hint})' if hint else ''}"
        raise ArchcalcError(f"[tool.archcalc] format: {says}")
    return found


def written(checked: Checked, format: str, output: str | None) -> str:
    """What was found, as a text."""
    if format in WRITERS:
        return WRITERS[format].text(checked)
    to_file = bool(output) and output != "-"
    if format == "text":
        format = "table" if sys.stdout.isatty() and not to_file else "plain"
    return render(format, report(checked), Page() if to_file else shared.page())


MOST_SUMMARY = 1024 * 1024 - 1024
"""Bytes of a summary: GitHub shows nothing of one beyond 1 MiB (GitHub Docs, Step isolation and limits); some room is
for what other commands of the step have said."""


def summarize(checked: Checked, path: str) -> None:
    """Add a Markdown table to GitHub's summary of the step. Raises ArchcalcError."""
    data = encoded(render("markdown", report(checked)))
    if len(data) > MOST_SUMMARY:
        shown = data[: data.rindex(b"\n", 0, MOST_SUMMARY) + 1]
        left = data.count(b"\n") - shown.count(b"\n")
        data = shown + f"\n{verdict(checked)}; {left:,} more lines did not fit.\n".encode()
    try:
        with open(path, "ab") as file:
            file.write(data)
    except OSError as error:
        raise ArchcalcError(f"GITHUB_STEP_SUMMARY: {error.strerror}") from None
