"""Write a network for another program."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared


@click.command("export")
@shared.network_argument
@shared.network_options
@click.option(
    "-o",
    "--output",
    required=True,
    type=shared.FileName(dir_okay=False),
    help="The file; its ending picks the format (.onnx, .prototxt, .py).",
)
def command(network: str, assignments: tuple[str, ...], output: str) -> None:
    """Write NETWORK as a model of another program (ONNX, PyTorch, Caffe).

    \b
    archcalc export resnet50 -o resnet50.onnx
    archcalc export mine.yaml --set size=288 -o mine.py

    The ending of the file picks the format: .onnx, .py (a PyTorch module) or .prototxt (Caffe). The model
    has the same layers and the same figures, and no weights. A network with layers that the format lacks is
    refused.
    """
    archcalc.export(network, output, assignments)
