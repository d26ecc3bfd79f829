"""Show how archcalc and other tools count."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import chosen
from archcalc.conventions import ARCHCALC


@click.command("conventions")
@click.argument(
    "name",
    required=False,
    shell_complete=shared.completes("conventions"),
    help="A convention to explain; without any: all of them.",
)
@shared.output_options
def command(name: str | None, format: str | None, output: str | None) -> None:
    """List the conventions: how archcalc counts MACs, FLOPs and params, and how other tools do.

    \b
    archcalc conventions
    archcalc conventions archcalc
    archcalc conventions fvcore
    archcalc conventions --format json

    docs/conventions.md says more; 'archcalc reconcile' counts a network by every convention.
    """
    out = chosen(format, output)
    if name is None or name.lower() == ARCHCALC.name:
        out.write(archcalc.list_conventions(tools=name is None))
    else:
        out.write(archcalc.explain_convention(name))
