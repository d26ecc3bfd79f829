"""Show the totals of networks."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli import _tables as tables
from archcalc.cli._conflicts import digits_of_units, exact_totals, excludes
from archcalc.cli._output import chosen, say_meanings


@click.command("totals")
@click.argument(
    "networks",
    nargs=-1,
    shell_complete=shared.complete_network,
    callback=shared.announce_terminal,
    required=True,
    help="One or more; NAME:size=288,classes=10 changes the settings of one.",
)
@shared.network_options
@shared.batch_option
@shared.dtype_option
@shared.convention_option
@click.option("--aux", is_flag=True, help="Include auxiliary heads.")
@tables.totals_columns_option
@tables.protocol_option
@shared.units_option
@shared.digits_option
@shared.layout_option
@shared.notes_option
@shared.output_options
@exact_totals
@excludes(
    "--format json",
    takes_no=("--columns", "--protocol"),
    because="has every figure, and every published accuracy",
    instead="leave them out, or choose another format",
)
@digits_of_units
def command(
    networks: tuple[str, ...],
    assignments: tuple[str, ...],
    batch: int,
    dtype: str,
    convention: str | None,
    aux: bool,
    columns: str | None,
    protocol: str | None,
    units: str,
    digits: int | None,
    layout: str,
    notes: bool,
    format: str | None,
    output: str | None,
) -> None:
    """Print the totals of NETWORKS, a line for each: params, MACs, FLOPs, memory and depth.

    \b
    archcalc totals vgg16
    archcalc totals vgg16 resnet50 mynet.yaml --units auto
    archcalc totals resnet50 resnet50:size=288 --columns input,macs,memory
    archcalc totals vgg16 resnet50 --columns params,top1 --protocol '10 crops'
    """
    if columns == "help":
        say_meanings(archcalc.totals_columns())
        return
    out = chosen(format, output)
    # A network that is named twice has one line.
    targets = list(dict.fromkeys(networks))
    table = archcalc.totals(targets, assignments, batch=batch, dtype=dtype, aux=aux, convention=convention)
    out.write(
        table,
        columns=columns,
        protocol=protocol,
        units=units,
        digits=digits,
        layout=layout,
        notes=notes,
    )
