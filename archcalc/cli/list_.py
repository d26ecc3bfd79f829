"""The networks there are, by family and year, with their params and MACs."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared


@click.command("list")
@click.argument("words", nargs=-1, help="Only networks whose name, family or title contains one of these.")
@shared.units_option
@shared.output_options
def command(words: tuple[str, ...], units: str, format: str | None, output: str | None) -> None:
    """The networks there are, by family and year, with their params and MACs.

    \b
    archcalc list
    archcalc list vgg lenet
    archcalc list --format json
    """
    from archcalc.studies.listing import report

    chosen = shared.chosen_format(format, output)
    shared.answer(report(words, units), chosen, output)
