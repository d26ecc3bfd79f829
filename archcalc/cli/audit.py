"""Check the numbers printed in papers."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import chosen


@click.command("audit")
@click.argument(
    "network",
    required=False,
    shell_complete=shared.complete_network,
    help="A name, a path to a YAML file, or -; without any: all networks, counted by document.",
)
@click.option("--source", metavar="ID", default="", help="Only documents whose name contains this.")
@shared.output_options
def command(network: str | None, source: str, format: str | None, output: str | None) -> None:
    """Check the numbers that papers and lectures print about NETWORK, or about all networks.

    \b
    archcalc audit
    archcalc audit vgg16
    archcalc audit --source cs231n-2016-l7
    archcalc audit mine.yaml
    archcalc audit --format csv

    A number is exact, agrees as printed, disagrees, or cannot be computed from the layers (an accuracy, a
    year). The spec records every disagreement with its reason. The exit code is 1 if the recorded
    disagreements are not exactly the real ones.
    """
    out = chosen(format, output)
    audited = archcalc.audit(network, source)
    out.write(audited, list_all=network is not None, source=source)
    if audited.flaws:
        raise SystemExit(1)
