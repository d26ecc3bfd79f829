"""Show what archcalc counts, and how."""

from __future__ import annotations

import click

from archcalc.cli._output import say
from archcalc.conventions import ARCHCALC


@click.command("conventions")
def command() -> None:
    """Show how archcalc counts: what is a MAC, a FLOP, a param, and what the units mean.

    \b
    archcalc conventions

    docs/conventions.md says more.
    """
    lines = [f"Convention {ARCHCALC.id}", "", *ARCHCALC.says()]
    say("\n".join(lines) + "\n")
