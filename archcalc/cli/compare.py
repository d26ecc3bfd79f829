"""Show networks side by side, with ratios."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import RECORDS, UNITS, excludes
from archcalc.cli._output import chosen
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
@shared.settings_option
@shared.batch_option
@shared.dtype_option
@click.option("--aux", is_flag=True, help="Include auxiliary heads.")
@shared.units_option
@shared.layout_option
@shared.notes_option
@shared.output_options
@excludes(
    *RECORDS,
    takes_no=(*UNITS, "--layout chw", "--notes"),
    because="has exact integers, and sizes as HxWxC",
    instead="leave them out, or choose another format",
)
def command(
    networks: tuple[str, ...],
    base: str | None,
    layers: bool,
    assignments: tuple[str, ...],
    batch: int,
    dtype: str,
    aux: bool,
    units: str,
    layout: str,
    notes: bool,
    format: str | None,
    output: str | None,
) -> None:
    """Compare NETWORKS side by side: totals with ratios, then stage by stage.

    \b
    archcalc compare vgg16 resnet50 googlenet
    archcalc compare inception-naive inception-reduced
    archcalc compare resnet50 resnet50-v1.5 --layers
    archcalc compare resnet50:size=224 resnet50:size=288
    """
    out = chosen(format, output)
    # A network that is named twice is compared once.
    targets = list(dict.fromkeys(networks))
    if base is not None and not alike(base, targets):
        targets.insert(0, base)
    compared = archcalc.compare(
        targets, assignments, base=base, layers=layers, batch=batch, dtype=dtype, aux=aux
    )
    out.write(compared, units=units, layout=layout, notes=notes)
