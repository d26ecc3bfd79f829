"""Write a model file as a spec."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import say_or_write


@click.command("import")
@shared.network_argument
@shared.network_options
@click.option(
    "-o", "--output", type=shared.FileName(dir_okay=False, allow_dash=True), help="Write to a file."
)
def command(network: str, assignments: tuple[str, ...], output: str | None) -> None:
    """Write NETWORK as a spec, with one line for each layer.

    \b
    archcalc import model.onnx -o model.yaml
    archcalc import model.onnx --input 1x3x256x256

    The spec has the same figures as the model, and you can change it. Norms and activations stand in the
    line of the layer that they follow. The size of the input and the number of classes are settings.
    """
    say_or_write(archcalc.to_yaml(network, assignments), output)
