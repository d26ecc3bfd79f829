"""Give costs as closed forms."""

from __future__ import annotations

from collections.abc import Sequence

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import excludes
from archcalc.cli._output import chosen, current_page, formats_of
from archcalc.render import formats
from archcalc.results.formula import ClosedForm

OTHERS = tuple(f"--format {name}" for name in formats.FORMATS)


@click.command("formula")
@shared.network_argument
@shared.list_option(
    "--free",
    metavar="A,B,...",
    shell_complete=shared.completes("free"),
    help="Settings to keep symbolic; also H, W and batch.",
)
@click.option(
    "--assume", "forms", metavar="NAME=FORM", multiple=True, help="The form of a free setting: size=32*s."
)
@click.option(
    "--no-assume", "rounded", is_flag=True, help="Keep floor/ceil; do not assume that sizes divide evenly."
)
@click.option("--layers", is_flag=True, help="Every layer; csv and json have them anyway.")
@click.option(
    "--python", is_flag=True, help="Write the totals as plain Python functions; also with -o FILE.py."
)
@shared.depth_option
@shared.network_options
@shared.batch_option
@click.option("--aux", is_flag=True, help="Include auxiliary heads.")
@shared.output_options_for(ClosedForm)
@excludes(
    "--python",
    "--format python",
    takes_no=(*OTHERS, "--layers", "--depth"),
    because="writes the totals as Python functions",
    instead="use one of them",
)
def command(
    network: str,
    free: str | None,
    forms: Sequence[str],
    rounded: bool,
    layers: bool,
    python: bool,
    depth: int | str | None,
    assignments: Sequence[str],
    batch: int,
    aux: bool,
    format: str | None,
    output: str | None,
) -> None:
    """Print the costs of NETWORK as closed forms in its free settings, with the assumptions that they need.

    \b
    archcalc formula resnet50-v1.5 --free width,H,W
    archcalc formula densenet121 --free growth
    archcalc formula vgg16 --free size --no-assume
    archcalc formula vgg16 --assume size=32*s --layers -o vgg.tex
    archcalc formula resnet50 --free size,width,classes,batch --python
    """
    layers = layers or depth is not None  # to what depth is a question about layers
    # --python is short for --format python.
    out = chosen("python" if python else format, output, formats_of(ClosedForm))
    # Records have every layer; a layout folds them, and shows them if they are asked for.
    records = out.format in formats.FORMATS and formats.prints_records(out.format)
    closed = archcalc.formula(
        network,
        free or "",
        assignments,
        assume=forms,
        divisible=not rounded,
        batch=batch,
        aux=aux,
        depth=depth or ("all" if records else None),
        layers=layers or records,
    )
    page = current_page()
    width = page.width if out.format == "table" and out.path is None else None
    out.write(closed, layers=layers, width=width, plain=not page.unicode)
