"""Specs held against their lock and their budgets."""

from __future__ import annotations

import os

import click

from archcalc.cli import _checks
from archcalc.cli import _options as shared
from archcalc.cli._progress import progress_bar


@click.command("check")
@shared.specs_argument
@click.option(
    "--max",
    "limits",
    metavar="BUDGET",
    type=shared.Several(),
    multiple=True,
    envvar="ARCHCALC_MAX",
    help="params=25M, or 'macs <= 1.05 * resnet50'; beside those of [tool.archcalc.budget].",
)
@click.option("--no-lock", is_flag=True, help="Look at budgets only; there need be no lock.")
@click.option(
    "--format",
    type=shared.Words(_checks.FORMATS),
    envvar="ARCHCALC_FORMAT",
    help="Default: that of the ending of -o, else [tool.archcalc] format, else text.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Write to a file; its ending picks the format.",
)
@click.pass_context
def command(
    context: click.Context,
    specs: tuple[str, ...],
    limits: tuple[str, ...],
    no_lock: bool,
    format: str | None,
    output: str | None,
) -> None:
    """What differs between SPECS and archcalc.lock, layer by layer, and which budgets are exceeded. Never writes.

    \b
    archcalc check
    archcalc check --max params=25M --max 'peak_activation_bytes <= 512MiB'
    archcalc check --format github

    A flag comes before its variable (ARCHCALC_SPECS and ARCHCALC_MAX, with ; between several; ARCHCALC_FORMAT), and
    that before [tool.archcalc] in pyproject.toml.

    Exit codes: 0 as locked and within budget, 1 not so, 2 no lock, or a spec that cannot be read.
    """
    from archcalc.guard import configuration as config
    from archcalc.guard.check import check_all

    project = config.read(specs[0] if specs else ".")
    is_flag = context.get_parameter_source("format") is click.core.ParameterSource.COMMANDLINE
    flag, variable = (format or "", "") if is_flag else ("", format or "")
    chosen = _checks.chosen_format(flag, output, variable or project.format)
    with progress_bar("checking") as progress:
        checked = check_all(specs, project, limits, progress, locked=not no_lock)
    shared.say_or_write(_checks.written(checked, chosen, output), output)
    if chosen == "github" and (summary := os.environ.get("GITHUB_STEP_SUMMARY")):
        _checks.summarize(checked, summary)
    raise SystemExit(0 if checked.ok else 1)
