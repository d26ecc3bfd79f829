"""The exact table of a network, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import click

from archcalc.cli import _options as shared
from archcalc.conventions import OPTIMIZERS


@click.command("table")
@shared.network_argument
@shared.settings_option
@shared.batch_option
@shared.dtype_option
@shared.depth_option
@click.option("--columns", metavar="A,B,...", help="Columns to print; '--columns help' lists them.")
@click.option("--shares", is_flag=True, help="Add each row's share of params, MACs and activations.")
@click.option(
    "--train",
    type=shared.Words(list(OPTIMIZERS)),
    help="Add the memory of a training step with that optimizer.",
)
@click.option("--paths", is_flag=True, help="Add the unraveled view: ways from input to output, by length.")
@click.option("--aux", is_flag=True, help="Count the auxiliary heads in.")
@click.option(
    "--style",
    type=shared.Words(["table", "cs231n"]),
    default="table",
    help="cs231n: rows as the lectures write them.",
)
@shared.units_option
@shared.layout_option
@shared.output_options
def command(
    network: str,
    assignments: Sequence[str],
    batch: int,
    dtype: str,
    depth: int | str | None,
    columns: str | None,
    shares: bool,
    train: str | None,
    paths: bool,
    aux: bool,
    style: str,
    units: str,
    layout: str,
    format: str | None,
    output: str | None,
) -> None:
    """The exact table of NETWORK: volumes, params, memory, MACs and FLOPs, layer by layer.

    \b
    archcalc table vgg16
    archcalc table alexnet --style cs231n
    archcalc table vgg16 --batch 128 --train adam
    archcalc table vgg16 --columns output,params,macs --shares --units auto
    archcalc table mynet.yaml --set size=288 -o table.tex
    """
    from archcalc.render import layers
    from archcalc.render.columns import columns_help
    from archcalc.studies.analyze import analyze

    if columns == "help":
        shared.say(columns_help())
        return
    chosen = shared.chosen_format(format, output)
    bound = shared.bind(network, assignments)
    analysis = analyze(bound, batch=batch, dtype=dtype, aux=aux, train=train, paths=paths)
    if style == "cs231n":
        from archcalc.render.cs231n import text

        shared.say_or_write(text(analysis), output)
        return
    keys = [key.strip() for key in columns.split(",")] if columns else None
    report = layers.report(analysis, depth=depth, columns=keys, shares=shares, units=units, layout=layout)
    shared.answer(report, chosen, output)
