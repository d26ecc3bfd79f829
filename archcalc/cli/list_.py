"""List the built-in networks, by family and year."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import RECORDS, UNITS, excludes
from archcalc.cli._output import chosen


@click.command("list")
@click.argument("words", nargs=-1, help="Only networks whose name, family or title contains one of these.")
@shared.units_option
@shared.output_options
@excludes(
    *RECORDS,
    takes_no=UNITS,
    because="has exact integers",
    instead="leave them out, or choose another format",
)
def command(words: tuple[str, ...], units: str, format: str | None, output: str | None) -> None:
    """List the built-in networks, by family and year, with their params and MACs.

    \b
    archcalc list
    archcalc list vgg lenet
    archcalc list --format json
    """
    out = chosen(format, output)
    out.write(archcalc.listing(words), units=units)
