"""Show networks side by side, with ratios."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli import _tables as tables
from archcalc.cli._conflicts import digits_of_units, exact_totals, excludes
from archcalc.cli._output import chosen, say_meanings
from archcalc.errors import alike


@click.command("compare")
@click.argument(
    "networks",
    nargs=-1,
    shell_complete=shared.complete_network,
    required=True,
    help="Two or more; NAME:size=288,classes=10 changes the settings of one.",
)
@click.option(
    "--base",
    metavar="NETWORK",
    shell_complete=shared.complete_network,
    help="Network that ratios are relative to (default: the first).",
)
@click.option("--layers", is_flag=True, help="Add every layer in which a network differs from the base.")
@shared.network_options
@shared.batch_option
@shared.dtype_option
@shared.convention_option
@click.option("--aux", is_flag=True, help="Include auxiliary heads.")
@tables.totals_columns_option
@tables.protocol_option
@click.option("--no-ratio", is_flag=True, help="Leave the ratios out.")
@click.option(
    "--stages/--no-stages",
    default=None,
    help="Add the MACs and params by stage; with two networks they are there.",
)
@shared.units_option
@shared.digits_option
@shared.layout_option
@shared.notes_option
@shared.output_options
@exact_totals
@excludes(
    "--format json",
    takes_no=("--columns", "--protocol", "--no-ratio", "--stages", "--no-stages"),
    because="has every figure, ratio, stage and accuracy",
    instead="leave them out, or choose another format",
)
@excludes(
    "--no-ratio",
    takes_no=("--base",),
    because="leaves out what the base is for",
    instead="leave out one of them",
)
@digits_of_units
def command(
    networks: tuple[str, ...],
    base: str | None,
    layers: bool,
    assignments: tuple[str, ...],
    batch: int,
    dtype: str,
    convention: str | None,
    aux: bool,
    columns: str | None,
    protocol: str | None,
    no_ratio: bool,
    stages: bool | None,
    units: str,
    digits: int | None,
    layout: str,
    notes: bool,
    format: str | None,
    output: str | None,
) -> None:
    """Compare NETWORKS: two side by side, with their stages; more than two as rows of a table.

    \b
    archcalc compare vgg16 resnet50
    archcalc compare vgg16 resnet50 googlenet --columns params,macs,top1 --units M
    archcalc compare vgg11 vgg13 vgg16 vgg19 --no-ratio --digits 2 -o table.tex
    archcalc compare resnet50 resnet50-v1.5 --layers
    archcalc compare resnet50:size=224 resnet50:size=288
    """
    if columns == "help":
        say_meanings(archcalc.totals_columns())
        return
    out = chosen(format, output)
    # A network that is named twice is compared once.
    targets = list(dict.fromkeys(networks))
    if base is not None and not alike(base, targets):
        targets.insert(0, base)
    compared = archcalc.compare(targets, assignments, base=base, layers=layers, batch=batch, dtype=dtype,
                                aux=aux, convention=convention)  # fmt: skip
    out.write(
        compared,
        columns=columns,
        protocol=protocol,
        ratio=not no_ratio,
        stages=stages,
        units=units,
        digits=digits,
        layout=layout,
        notes=notes,
    )
