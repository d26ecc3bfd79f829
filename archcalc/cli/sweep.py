"""All combinations of settings at once, filtered and sorted."""

from __future__ import annotations

from typing import Any

import click

from archcalc.cli import _options as shared
from archcalc.files import write_whole


@click.command("sweep")
@shared.network_argument
@click.option(
    "--set",
    "ranges",
    metavar="NAME=VALUES",
    multiple=True,
    help="A range START:STOP:STEP (the stop included), a list A,B,... or one value; lists by ;: 'depths=[3,4];[2,2]'.",
)
@click.option("--show", metavar="A,B,...", help="Columns to print; '--show help' lists them.")
@click.option(
    "--where", metavar="CONDITION", help="Keep what passes: --where 'macs < 600e6 and params < 5e6'."
)
@click.option(
    "--pareto", metavar="A,B,...", help="Keep what nothing beats, less being better; max:A for more."
)
@click.option("--sort", metavar="A", help="Sort by a column, smallest first; -A for largest first.")
@click.option("--top", type=click.IntRange(1), help="Keep the first rows only.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Threads that share the work."
)
@shared.batch_option
@shared.dtype_option
@click.option("--aux", is_flag=True, help="Count the auxiliary heads in.")
@shared.units_option
@shared.output_options
def command(
    network: str, ranges: tuple[str, ...], units: str, format: str | None, output: str | None, **given: Any
) -> None:
    """Every combination of settings of NETWORK: a row each, by the million.

    \b
    archcalc sweep resnet50 --set width=16:128:8 --set size=128,160,192
    archcalc sweep resnet50 --set width=8:128 --set size=64:320:32 --where "macs < 600e6" --pareto params,max:macs
    archcalc sweep densenet121 --set growth=12:48:4 --set "depths=[6,12,24,16];[6,12,32,32]" --sort -params --top 10
    archcalc sweep vgg16 --set size=32:512 -o vgg.parquet
    """
    import archcalc
    from archcalc.cli._progress import progress_bar
    from archcalc.language.ranges import parse_ranges
    from archcalc.render.sweep import parquet, report

    if given["show"] == "help":
        shared.say(f"settings of the network, and {', '.join(archcalc.sweep_columns())}\n")
        return
    to_parquet = bool(output) and not format and str(output).endswith(".parquet")
    chosen = "parquet" if to_parquet else shared.chosen_format(format, output)
    with progress_bar("networks") as progress:
        found = archcalc.sweep(network, parse_ranges(ranges), progress=progress, **given)
    if to_parquet:
        write_whole(str(output), parquet(found))
    else:
        shared.answer(report(found, units), chosen, output)
