"""Draw a network as a diagram with costs."""

from __future__ import annotations

from typing import Any

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import chosen, formats_of
from archcalc.results.diagram import Diagram

PICTURES = ("html", "svg", "png", "pdf")
"""The formats with colours."""


@click.command("graph")
@shared.network_argument
@shared.network_options
@shared.depth_option
@shared.list_option(
    "--costs",
    metavar="A,B,...",
    default=(),
    shell_complete=shared.completes("sweep columns"),
    help="Figures in the boxes (default: macs,params); the first one shades them.",
)
@shared.batch_option
@click.option("--aux", is_flag=True, help="Include auxiliary heads.")
@click.option("--dark", is_flag=True, help="Light ink on a dark ground.")
@shared.output_options_for(Diagram)
def command(
    network: str,
    assignments: tuple[str, ...],
    costs: str | None,
    dark: bool,
    format: str | None,
    output: str | None,
    **how: Any,
) -> None:
    """Draw NETWORK as a diagram: boxes for layers and blocks, with output volumes and costs.

    Blocks that repeat are drawn once. Without -o, the boxes are printed as an outline.

    \b
    archcalc graph inception-module -o module.svg
    archcalc graph resnet50 -o resnet50.png
    archcalc graph resnet50 --depth 2 --costs params -o resnet50.mmd
    archcalc graph googlenet --depth 2 --aux -o googlenet.html
    archcalc graph vit-b-16 -o vit.tex
    """
    out = chosen(format, output, formats_of(Diagram))
    if dark and out.format not in PICTURES:
        raise click.UsageError(
            "--dark is for a picture; write one with -o graph.svg", click.get_current_context()
        )
    look = {"dark": True} if dark else {}
    out.write(archcalc.graph(network, assignments, costs=costs or (), **how), **look)
