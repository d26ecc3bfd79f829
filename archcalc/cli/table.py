"""Show one network, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import ROWS, UNITS, digits_of_units, excludes
from archcalc.cli._output import chosen, say_meanings
from archcalc.conventions import OPTIMIZERS
from archcalc.render import formats

NO_TEXT = tuple(f"--format {name}" for name in formats.FORMATS if name not in ("table", "plain"))


@click.command("table")
@shared.network_argument
@shared.network_options
@shared.batch_option
@shared.dtype_option
@shared.convention_option
@shared.depth_option
@shared.list_option(
    "--columns",
    metavar="A,B,...",
    shell_complete=shared.completes("columns"),
    help="Columns to print, or all; '--columns help' lists them.",
)
@click.option("--shares", is_flag=True, help="Add the share of each row in params, MACs and activations.")
@click.option(
    "--train",
    type=shared.Words(list(OPTIMIZERS)),
    help="Add the memory of a training step with that optimizer.",
)
@click.option("--paths", is_flag=True, help="Add path statistics: number and length of input-output paths.")
@click.option("--aux", is_flag=True, help="Include auxiliary heads.")
@click.option(
    "--style",
    type=shared.Words(["table", "cs231n"]),
    default="table",
    help="cs231n: rows in the notation of the lectures.",
)
@shared.units_option
@shared.digits_option
@shared.layout_option
@shared.notes_option
@shared.output_options
@excludes(
    "--style cs231n",
    takes_no=(
        *NO_TEXT,
        "--units",
        "--digits",
        "--layout",
        "--depth",
        "--columns",
        "--shares",
        "--train",
        "--paths",
        "--batch",
        "--convention",
        "--notes",
    ),
    because="prints the text of the lectures",
    instead="leave --style out, or the other options",
)
@excludes(
    *ROWS,
    takes_no=("--train", "--paths", *UNITS, "--digits", "--layout chw", "--notes"),
    because="has one row for each layer, with exact integers",
    instead="json has what is worked out for the whole network; the other formats have units",
)
@excludes(
    "--format json",
    takes_no=("--columns", "--shares", *UNITS, "--digits", "--notes"),
    because="has every exact figure",
    instead="leave them out, or choose another format",
)
@digits_of_units
def command(
    network: str,
    assignments: Sequence[str],
    batch: int,
    dtype: str,
    convention: str | None,
    depth: int | str | None,
    columns: str | None,
    shares: bool,
    train: str | None,
    paths: bool,
    aux: bool,
    style: str,
    units: str,
    digits: int | None,
    layout: str,
    notes: bool,
    format: str | None,
    output: str | None,
) -> None:
    """Print the exact table of NETWORK: volumes, params, memory, MACs, FLOPs.

    \b
    archcalc table vgg16
    archcalc table alexnet --style cs231n
    archcalc table vgg16 --batch 128 --train adam
    archcalc table vgg16 --columns output,params,macs --shares --units auto
    archcalc table mynet.yaml --set size=288 -o table.tex
    """
    if columns == "help":
        say_meanings(archcalc.table_columns())
        return
    out = chosen(format, output)
    analysis = archcalc.analyze(network, assignments, batch=batch, dtype=dtype, aux=aux, train=train,
                                paths=paths, convention=convention)  # fmt: skip
    # The notation of the lectures is a text of its own: no format and no option changes it.
    if style == "cs231n":
        out._replace(format=style).write(analysis)
        return
    keys = [key.strip() for key in columns.split(",")] if columns else None
    out.write(
        analysis,
        depth=depth,
        columns=keys,
        shares=shares,
        units=units,
        digits=digits,
        layout=layout,
        notes=notes,
    )
