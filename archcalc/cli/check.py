"""Compare specs with lock and budgets."""

from __future__ import annotations

import os

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import TEXT, chosen, writers_of
from archcalc.cli._progress import progress_bar
from archcalc.errors import ArchcalcError
from archcalc.files import encoded
from archcalc.render import text_of
from archcalc.results.check import CheckReport

FORMATS = (TEXT, "json", *writers_of(CheckReport), "markdown")
MOST_SUMMARY = 1024 * 1024 - 1024
"""Bytes of a summary: GitHub shows nothing of one beyond 1 MiB (GitHub Docs, Step isolation and limits).
Some room is left for what other commands of the step say."""


@click.command("check")
@shared.specs_argument
@click.option(
    "--max",
    "limits",
    metavar="BUDGET",
    type=shared.Several(),
    multiple=True,
    envvar="ARCHCALC_MAX",
    help="params=25M, or 'macs <= 1.05 * resnet50'; in addition to [tool.archcalc.budget].",
)
@shared.convention_option
@click.option("--no-lock", is_flag=True, help="Check budgets only; no lock is needed.")
@click.option(
    "--format",
    type=shared.Format(FORMATS),
    envvar="ARCHCALC_FORMAT",
    help="Default: by the ending of -o, else [tool.archcalc] format, else text.",
)
@click.option(
    "-o",
    "--output",
    type=shared.FileName(dir_okay=False, allow_dash=True),
    help="Write to a file; its ending picks the format.",
)
@click.pass_context
def command(
    context: click.Context,
    specs: tuple[str, ...],
    limits: tuple[str, ...],
    convention: str | None,
    no_lock: bool,
    format: str | None,
    output: str | None,
) -> None:
    """Show differences between SPECS and archcalc.lock, layer by layer, and exceeded budgets. Writes nothing.

    \b
    archcalc check
    archcalc check --max params=25M --max 'peak_activation_bytes <= 512MiB'
    archcalc check --convention fvcore --max 'fvcore <= 4.2G'
    archcalc check --format github

    Flags override environment variables (ARCHCALC_SPECS and ARCHCALC_MAX, with ; between several;
    ARCHCALC_FORMAT), which override [tool.archcalc] in pyproject.toml.

    Exit codes: 0 as locked and within budget, 1 differences or exceeded budgets, 2 no lock, or a spec that
    cannot be read.
    """
    setting = archcalc.project(specs[0] if specs else ".").format
    if context.get_parameter_source("format") is click.core.ParameterSource.COMMANDLINE:
        out = chosen(format, output, FORMATS, setting=setting, bare="text")
    else:
        # The variable comes after the ending of -o, and before the project's setting.
        out = chosen(None, output, FORMATS, setting=format or setting, bare="text")
    with progress_bar("checking") as progress:
        checked = archcalc.check(specs, limits, locked=not no_lock, convention=convention, progress=progress)
    out.write(checked)
    if out.format == "github" and (summary := os.environ.get("GITHUB_STEP_SUMMARY")):
        summarize(checked, summary)
    raise SystemExit(0 if checked.ok else 1)


def summarize(checked: CheckReport, path: str) -> None:
    """Add a Markdown table to GitHub's summary of the step. Raises ArchcalcError."""
    from archcalc.render.check import verdict

    data = encoded(str(text_of(checked, "markdown")))
    if len(data) > MOST_SUMMARY:
        # Cut at the end of a line: half a row would break the table.
        shown = data[: data.rindex(b"\n", 0, MOST_SUMMARY) + 1]
        left = data.count(b"\n") - shown.count(b"\n")
        data = shown + f"\n{verdict(checked)}; {left:,} more lines did not fit.\n".encode()
    try:
        with open(path, "ab") as file:
            file.write(data)
    except OSError as error:
        raise ArchcalcError(f"GITHUB_STEP_SUMMARY: {error.strerror}") from None
