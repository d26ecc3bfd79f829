"""Draw charts of networks, also as bars."""

from __future__ import annotations

from typing import Any

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import chosen, formats_of, writers_of
from archcalc.conventions import DTYPES
from archcalc.results.plot import Plot

PICTURES = ("json", "html", *writers_of(Plot))
"""The formats that draw the chart; the others print its numbers."""

LOOK = {"style": "paper", "width": None, "dark": False}
"""The options of a picture, with their defaults."""


class PlotCommand(click.Command):
    """A command whose help lists the kinds of charts."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Kinds"):
            formatter.write_dl(list(archcalc.plot_kinds().items()))


@click.command("plot", cls=PlotCommand)
@click.argument("kind", shell_complete=shared.completes("charts"), help="The kind of the chart, see below.")
@click.argument(
    "networks",
    nargs=-1,
    shell_complete=shared.complete_network,
    callback=shared.announce_terminal,
    help="Names, specs or models; 'balls' and 'history' know some of their own.",
)
@click.option(
    "--set",
    "set",
    metavar="NAME=VALUE",
    multiple=True,
    shell_complete=shared.completes("settings"),
    help="Change a setting; 'form' and 'front' take ranges: --set size=32:512:16.",
)
@shared.list_option(
    "--columns",
    metavar="A,B,...",
    shell_complete=shared.completes("sweep columns"),
    help="Figures to draw: --columns params,macs.",
)
@click.option("--protocol", metavar="TEXT", help="Only accuracies by this protocol, such as '10 crops'.")
@shared.depth_option
@click.option("--device", metavar="NAME", shell_complete=shared.completes("devices"),
              help="Device of a roofline (default: h100); cpu and cuda measure.")  # fmt: skip
@click.option(
    "--batch", type=shared.CountRange(1, 10**9), metavar="N", help="Images in one pass (default: 1)."
)
@click.option(
    "--dtype", type=shared.Words(list(DTYPES), shared.dtype_of), help="Data type (default: float32)."
)
@click.option("--train", is_flag=True, default=None, help="What a training step keeps in memory.")
@click.option("--where", metavar="CONDITION", help="Keep networks that meet a condition: 'macs < 600e6'.")
@click.option("--title", metavar="TEXT", help="Another title; '' leaves it out.")
@click.option("--style", type=shared.Words(["paper", "slide"]), default="paper", show_default=True,
              help="Sizes for a column of a paper, or for a slide.")  # fmt: skip
@click.option("--width", type=click.IntRange(100, 4000), metavar="N", help="Width of the drawing in points.")
@click.option("--dark", is_flag=True, help="Light ink on a dark ground.")
@shared.output_options_for(Plot)
def command(
    kind: str,
    networks: tuple[str, ...],
    title: str | None,
    style: str,
    width: int | None,
    dark: bool,
    format: str | None,
    output: str | None,
    **options: Any,
) -> None:
    """Draw a chart of NETWORKS; without -o, its numbers as bars.

    \b
    archcalc plot balls -o complexity.svg
    archcalc plot history -o depth.png --style slide
    archcalc plot layers vgg16 resnet50 --columns params,macs -o layers.pdf
    archcalc plot memory resnet50 --batch 32 --train -o memory.html
    archcalc plot roofline resnet50 --device a100 --batch 64 -o roofline.svg
    archcalc plot field vgg16 resnet50 -o field.svg
    archcalc plot front resnet50 --set width=16:128:8 --columns params,max:macs -o front.svg
    archcalc plot form vgg16 --set size=32:512:16 --columns macs -o form.svg
    """
    out = chosen(format, output, formats_of(Plot))
    look: dict[str, Any] = {"style": style, "width": width, "dark": dark}
    changed = [name for name, value in look.items() if value != LOOK[name]]
    if changed and out.format not in PICTURES:
        says = f"--{changed[0]} is for a picture; write one with -o chart.svg"
        raise click.UsageError(says, click.get_current_context())
    given = {name: value for name, value in options.items() if value not in (None, ())}
    out.write(archcalc.plot(kind, networks, title=title, **look, **given))
