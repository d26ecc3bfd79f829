"""What the literature prints, judged by the computed figures."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared


@click.command("audit")
@click.argument(
    "network",
    required=False,
    shell_complete=shared.complete_network,
    help="A name, a path to a YAML file, or -; without any: all networks, counted by document.",
)
@click.option("--source", metavar="ID", default="", help="Only the documents whose name contains this.")
@shared.output_options
def command(network: str | None, source: str, format: str | None, output: str | None) -> None:
    """The figures that papers and lectures print about NETWORK, or about all of them, judged by the computed ones.

    \b
    archcalc audit
    archcalc audit vgg16
    archcalc audit --source cs231n-2016-l7
    archcalc audit mine.yaml
    archcalc audit --format csv

    A figure is exact, agrees as printed, disagrees, or is nothing that layers tell (an accuracy, a year). The spec
    records every disagreement with its reason; the exit code is 1 if there is one more, or one less.
    """
    import archcalc
    from archcalc.render.audit import report

    chosen = shared.chosen_format(format, output)
    found = archcalc.audit(network, source)
    list_all = network is not None
    shared.answer(report(found, list_all=list_all, source=source), chosen, output)
    if found.flaws:
        raise SystemExit(1)
