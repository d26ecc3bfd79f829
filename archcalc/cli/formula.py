"""Closed forms of params, MACs, FLOPs and activations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from archcalc.cli import _options as shared


@click.command("formula")
@shared.network_argument
@click.option(
    "--free", metavar="A,B,...", default="", help="Settings that stay symbols; also H, W and batch."
)
@click.option(
    "--assume", "forms", metavar="NAME=FORM", multiple=True, help="The form of a free setting: size=32*s."
)
@click.option("--no-assume", "rounded", is_flag=True, help="Assume no divisibility: divisions stay rounded.")
@click.option("--layers", is_flag=True, help="Every layer; json has them anyway.")
@click.option("--python", is_flag=True, help="The totals as plain Python functions; also by -o FILE.py.")
@shared.depth_option
@shared.settings_option
@shared.batch_option
@click.option("--aux", is_flag=True, help="Count the auxiliary heads in.")
@shared.output_options
def command(
    network: str,
    free: str,
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
    """NETWORK's costs as closed forms in its free settings, and the assumptions under which they hold.

    \b
    archcalc formula resnet50-v1.5 --free width,H,W
    archcalc formula densenet121 --free growth
    archcalc formula vgg16 --free size --no-assume
    archcalc formula vgg16 --assume size=32*s --layers -o vgg.tex
    archcalc formula resnet50 --free size,width,classes,batch --python
    """
    from archcalc.language.settings import parse_form, parse_names
    from archcalc.render.formats import prints_records
    from archcalc.render.formula import python as functions
    from archcalc.render.formula import report
    from archcalc.studies.formula import formula

    python = python or (format is None and bool(output) and str(output).endswith(".py"))
    chosen = "python" if python else shared.chosen_format(format, output)
    records = not python and prints_records(chosen)
    closed = formula(
        shared.binder(network, assignments),
        parse_names(free),
        assume=dict(map(parse_form, forms)),
        divisible=not rounded,
        batch=batch,
        aux=aux,
        depth=depth or ("all" if records else None),
        layers=layers or records,
    )
    if python:
        shared.say_or_write(functions(closed), output)
        return
    page: Any = shared.page()
    width = page.width if chosen == "table" and not output else None
    shared.answer(report(closed, layers=layers, width=width, plain=not page.unicode), chosen, output)
