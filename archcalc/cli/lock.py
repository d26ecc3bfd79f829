"""The exact figures of specs, locked in a file for CI."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared
from archcalc.cli._progress import progress_bar


@click.command("lock")
@click.argument("specs", nargs=-1, help="Files, folders or patterns; default: [tool.archcalc] specs, or specs/.")
@shared.settings_option
@click.option("--check", "only_check", is_flag=True, help="Write nothing: the same as archcalc check.")
@click.pass_context
def command(context: click.Context, specs: tuple[str, ...], assignments: tuple[str, ...], only_check: bool) -> None:
    """Write archcalc.lock beside SPECS: every network's figures, layer by layer.

    \b
    archcalc lock
    archcalc lock specs/mine.yaml                 its networks only; the other entries stay
    archcalc lock models --set size=192

    The file depends on nothing but the specs and what archcalc counts; commit it, and let archcalc check guard it.
    """
    from archcalc import config, locking

    if only_check:
        from archcalc.cli.check import command as check

        context.invoke(check, specs=specs)
        return
    for group in locking.groups(specs, config.read(specs[0] if specs else ".")):
        old = locking.read(group.lock_path, broken_is_none=group.whole)
        with progress_bar("locking") as progress:
            made = locking.make(group, assignments, old, progress)
        says = locking.changes(old, made)
        text = locking.text_of(made)
        if locking.is_as(group.lock_path, text):
            click.echo(f"{group.lock_path}: unchanged, {says}")
            continue
        shared.write_whole(group.lock_path, text)
        click.echo(f"{group.lock_path}: {says}")
