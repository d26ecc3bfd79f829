"""The networks there are, by family and year."""

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
    from archcalc.errors import ArchcalcError
    from archcalc.language.find import all_specs
    from archcalc.render.listing import report
    from archcalc.studies.listing import listing

    chosen = shared.chosen_format(format, output)
    networks = [
        (spec.bind(about.name), about.aliases)
        for spec in all_specs()
        for about in spec.networks()
        if not words or about.matches(words, spec.family)
    ]
    if not networks:
        raise ArchcalcError(f"no network matches {' or '.join(words)}; 'archcalc list' shows all")
    shared.answer(report(listing(networks), units), chosen, output)
