"""Write a model file as a spec."""

from __future__ import annotations

import os

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import say_or_write
from archcalc.errors import ArchcalcError


@click.command("import")
@shared.network_argument
@shared.network_options
@click.option("--flat", is_flag=True, help="Write a plain list: one line for each layer, with all names.")
@click.option(
    "-o", "--output", type=shared.FileName(dir_okay=False, allow_dash=True), help="Write to a file."
)
def command(network: str, assignments: tuple[str, ...], flat: bool, output: str | None) -> None:
    """Write NETWORK as a spec, as a person would: with blocks, repeats and branches.

    \b
    archcalc import model.onnx -o model.yaml
    archcalc import model.onnx --input 1x3x256x256
    archcalc import model.onnx --flat

    The spec has the same layers in the same order and the same figures as the model, and you can change it.
    Norms and activations stand in the line of the layer that they follow. Modules that are alike become a
    block with arguments. The size of the input and the number of classes are settings.
    """
    ending = os.path.splitext(output or "")[1].lower()
    if ending not in ("", ".yaml", ".yml"):
        says = f"a spec is a YAML file: -o {os.path.splitext(output or '')[0]}.yaml"
        raise ArchcalcError(f"{says} ('archcalc export' writes models for other programs)")
    say_or_write(archcalc.to_yaml(network, assignments, flat=flat), output)
