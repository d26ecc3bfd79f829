"""The exact figures of specs, locked in a file for CI."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared
from archcalc.cli._progress import progress_bar


@click.command("lock")
@shared.specs_argument
@shared.settings_option
@click.option("--check", "only_check", is_flag=True, help="Write nothing: the same as archcalc check.")
@click.pass_context
def command(
    context: click.Context, specs: tuple[str, ...], assignments: tuple[str, ...], only_check: bool
) -> None:
    """Write archcalc.lock beside SPECS: every network's figures, layer by layer.

    \b
    archcalc lock
    archcalc lock specs/mine.yaml                 its networks only; the other entries stay
    archcalc lock models --set size=192           with another setting, which the lock keeps

    The file depends on nothing but the specs and what archcalc counts; commit it, and let archcalc check guard it.
    """
    from archcalc.guard import configuration as config
    from archcalc.guard.lock import write_all
    from archcalc.language.settings import parse_assignment

    if only_check:
        if assignments:
            raise click.UsageError(
                "--check checks with the settings of the lock: --set has no place beside it"
            )
        _check(context, specs)
        return
    project = config.read(specs[0] if specs else ".")
    with progress_bar("locking") as progress:
        written = write_all(specs, project, dict(map(parse_assignment, assignments)), progress)
    for lock in written:
        click.echo(f"{lock.path}: {'' if lock.is_new else 'unchanged, '}{lock.summary}")


def _check(context: click.Context, specs: tuple[str, ...]) -> None:
    """Run archcalc check, with the variables that it reads."""
    from archcalc.cli.check import command as check

    with check.make_context("check", ["--", *specs], parent=context.parent) as inner:
        check.invoke(inner)
