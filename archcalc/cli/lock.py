"""Store the numbers of your specs."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import excludes
from archcalc.cli._models import input_option
from archcalc.cli._output import say
from archcalc.cli._progress import progress_bar


@click.command("lock")
@shared.specs_argument
@shared.settings_option
@input_option
@shared.convention_option
@click.option("--check", "only_check", is_flag=True, help="Write nothing: the same as archcalc check.")
@click.pass_context
@excludes(
    "--check",
    takes_no=("--set", "--input", "--convention"),
    because="uses the settings and the convention of the lock",
    instead="leave --check out to lock with others",
)
def command(
    context: click.Context,
    specs: tuple[str, ...],
    assignments: tuple[str, ...],
    convention: str | None,
    only_check: bool,
) -> None:
    """Write archcalc.lock beside SPECS: the numbers of every network, layer by layer.

    \b
    archcalc lock
    archcalc lock specs/mine.yaml          only its networks; other entries stay
    archcalc lock models --set size=192    with another setting, which is stored
    archcalc lock net.onnx --input 1x3x64x64
    archcalc lock --convention fvcore      with the count of a tool, too

    The file depends only on the specs and on what archcalc counts. Commit it; archcalc check compares with
    it.
    """
    if only_check:
        _check(context, specs)
        return
    with progress_bar("locking") as progress:
        locks = archcalc.write_locks(specs, assignments, convention=convention, progress=progress)
    for lock in locks:
        say(f"{lock.path}: {'' if lock.is_new else 'unchanged, '}{lock.summary}\n")


def _check(context: click.Context, specs: tuple[str, ...]) -> None:
    """Run archcalc check, with the variables that it reads."""
    from archcalc.cli.check import command as check

    # A context reads the environment variables; calling the function of the command would skip them.
    with check.make_context("check", ["--", *specs], parent=context.parent) as inner:
        check.invoke(inner)
