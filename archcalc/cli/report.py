"""Write a page about networks."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import chosen
from archcalc.cli._progress import progress_bar


@click.command("report")
@click.argument(
    "networks",
    nargs=-1,
    required=True,
    shell_complete=shared.complete_network,
    callback=shared.announce_terminal,
    help="One or more; NAME:size=288 changes the settings of one.",
)
@shared.network_options
@shared.batch_option
@shared.dtype_option
@click.option("--aux", is_flag=True, help="Include auxiliary heads.")
@shared.output_options
def command(
    networks: tuple[str, ...],
    assignments: tuple[str, ...],
    batch: int,
    dtype: str,
    aux: bool,
    format: str | None,
    output: str | None,
) -> None:
    """Write one page about NETWORKS, which loads no other file and opens from disk.

    The page has a summary, the layers with a derivation for each, a diagram, charts, and what papers and
    lectures print. With several networks it compares them. Without -o, only the summary is printed.

    \b
    archcalc report vgg16 -o vgg16.html
    archcalc report resnet50 mobilenet-v2 efficientnet-b0 -o networks.html
    archcalc report mynet.yaml --batch 32 -o mynet.html
    """
    out = chosen(format, output)
    targets = list(dict.fromkeys(networks))
    with progress_bar("networks") as progress:
        page = archcalc.report(targets, assignments, batch=batch, dtype=dtype, aux=aux, progress=progress)
    out.write(page)
