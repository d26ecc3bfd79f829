"""Try every combination of settings."""

from __future__ import annotations

from typing import Any

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import RECORDS, UNITS, excludes
from archcalc.cli._output import chosen, formats_of, say
from archcalc.cli._progress import progress_bar
from archcalc.results.sweep import Sweep


def all_of(ctx: click.Context, param: click.Parameter, conditions: tuple[str, ...]) -> str | None:
    """One condition that says what several say."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return " and ".join(f"({condition})" for condition in conditions)


@click.command("sweep")
@shared.network_argument
@click.option(
    "--set",
    "ranges",
    metavar="NAME=VALUES",
    multiple=True,
    shell_complete=shared.completes("settings"),
    help="A range START:STOP:STEP (with the stop), a list A,B,... or one value; between lists ;: "
    "'depths=[3,4];[2,2]'.",
)
@shared.list_option(
    "--show",
    metavar="A,B,...",
    shell_complete=shared.completes("sweep columns"),
    help="Columns to print; '--show help' lists them.",
)
@click.option(
    "--where",
    metavar="CONDITION",
    multiple=True,
    callback=all_of,
    help="Keep rows that meet a condition: --where 'macs < 600e6 and params < 5e6'.",
)
@shared.list_option(
    "--pareto",
    metavar="A,B,...",
    shell_complete=shared.completes("sweep columns"),
    help="Keep only Pareto-optimal rows (lower is better; max:A to maximise A).",
)
@click.option(
    "--sort",
    metavar="A",
    shell_complete=shared.completes("sweep columns"),
    help="Sort by a column, smallest first; -A for largest first.",
)
@click.option("--top", type=click.IntRange(1), metavar="N", help="Keep the first rows only.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Threads that share the work.",
)
@shared.batch_option
@shared.dtype_option
@shared.convention_option
@click.option("--aux", is_flag=True, help="Include auxiliary heads.")
@shared.units_option
@shared.output_options_for(Sweep)
@excludes(
    *RECORDS,
    "--format parquet",
    takes_no=UNITS,
    because="has exact integers",
    instead="leave them out, or choose another format",
)
def command(
    network: str, ranges: tuple[str, ...], units: str, format: str | None, output: str | None, **given: Any
) -> None:
    """Evaluate every combination of settings of NETWORK, one row each; millions are possible.

    \b
    archcalc sweep resnet50 --set width=16:128:8 --set size=128,160,192
    archcalc sweep resnet18 --set width=8:128 --where "macs < 600e6"
    archcalc sweep resnet18 --set width=8:128 --pareto params,max:macs
    archcalc sweep densenet121 --set "depths=[6,12,24,16];[6,12,32,32]"
    archcalc sweep densenet121 --set growth=12:48:4 --sort -params --top 10
    archcalc sweep vgg16 --set size=32:512 -o vgg.parquet
    """
    if given["show"] == "help":
        say(f"settings of the network, and {', '.join(archcalc.sweep_columns())}\n")
        return
    out = chosen(format, output, formats_of(Sweep))
    with progress_bar("networks") as progress:
        swept = archcalc.sweep(network, ranges, progress=progress, **given)
    out.write(swept, units=units)
