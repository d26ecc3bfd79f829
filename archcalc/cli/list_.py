"""List the networks by family, or find some."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli import _tables as tables
from archcalc.cli._conflicts import RECORDS, UNITS, digits_of_units, excludes
from archcalc.cli._output import chosen, say_meanings


@click.command("list")
@click.argument(
    "words",
    nargs=-1,
    shell_complete=shared.complete_network,
    help="Only networks with one of these in the name, family or title.",
)
@click.option(
    "--family",
    multiple=True,
    metavar="NAME",
    shell_complete=shared.completes("families"),
    help="Only networks of this family.",
)
@click.option("--year", metavar="YEARS", help="Only networks of these years: 2015, 2015:, :2014, 2014:2016.")
@click.option("-l", "--long", is_flag=True, help="Figures of every network, too, and not the names only.")
@shared.list_option(
    "--columns",
    metavar="A,B,...",
    shell_complete=shared.completes("list columns"),
    help="Columns to print: params,top1; '--columns help' lists them.",
)
@tables.protocol_option
@shared.units_option
@shared.digits_option
@shared.output_options
@excludes(
    *RECORDS,
    takes_no=(*UNITS, "--digits"),
    because="has exact integers",
    instead="leave them out, or choose another format",
)
@excludes(
    "--format json",
    takes_no=("--columns", "--protocol"),
    because="has all figures of the list",
    instead="leave them out, or choose another format",
)
@digits_of_units
def command(
    words: tuple[str, ...],
    family: tuple[str, ...],
    year: str | None,
    long: bool,
    columns: str | None,
    protocol: str | None,
    units: str,
    digits: int | None,
    format: str | None,
    output: str | None,
) -> None:
    """List the built-in networks by family; of those that you choose, also year, params, MACs and depth.

    \b
    archcalc list                          the names, by family
    archcalc list vit                      networks with "vit" in the name or title
    archcalc list --family resnet          one family
    archcalc list vgg --year 2015:         both conditions; also :2014, 2014:2016
    archcalc list vgg16 resnet50           these two
    archcalc list --long --units auto      all networks with their figures
    archcalc list --family resnet --columns params,macs,top1_error
    archcalc list --format json
    """
    if columns == "help":
        say_meanings(archcalc.list_columns())
        return
    out = chosen(format, output)
    listed = archcalc.listing(words, family=family, year=year)
    out.write(listed, columns=columns, protocol=protocol, units=units, digits=digits, long=long)
