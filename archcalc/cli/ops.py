"""Show the options and costs of an op."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import current_page, say


@click.command("ops")
@click.argument(
    "op", required=False, shell_complete=shared.completes("ops"), help="One op; without it, all are listed."
)
def command(op: str | None) -> None:
    """Show the reference of an op: what it does, its options, what it counts and costs.

    \b
    archcalc ops
    archcalc ops conv
    """
    say(archcalc.manual(op or "", width=current_page().width or 100))
