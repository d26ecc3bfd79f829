"""Explain a number of a tool or a paper."""

from __future__ import annotations

from collections.abc import Sequence

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import chosen


@click.command("reconcile")
@shared.network_argument
@click.argument("numbers", nargs=-1, help="Numbers to explain: 4111512576, 4.11G, '25.6M params'.")
@shared.settings_option
@click.option(
    "--as",
    "counts",
    type=shared.Words(["macs", "flops", "params", "bytes"]),
    help="What the numbers count; default: as they say.",
)
@shared.output_options
def command(
    network: str,
    numbers: Sequence[str],
    assignments: Sequence[str],
    counts: str | None,
    format: str | None,
    output: str | None,
) -> None:
    """Count NETWORK by the convention of every tool; or say which convention gives each of NUMBERS.

    \b
    archcalc reconcile resnet50-v1.5
    archcalc reconcile resnet50-v1.5 4111512576
    archcalc reconcile resnet50-v1.5 4.13G '25.6M params'
    archcalc reconcile vgg16 138.4M --as params

    A number is explained exactly, or to its printed digits. Other input sizes, numbers of classes, variants,
    auxiliary heads, batches and training are tried after the network as it is. The exit code is 1 if nothing
    explains a number.
    """
    out = chosen(format, output)
    if not numbers:
        if counts:
            raise click.UsageError("--as is about numbers: archcalc reconcile NETWORK NUMBER --as macs")
        out.write(archcalc.count_by_conventions(network, assignments))
        return
    reconciled = archcalc.reconcile(network, numbers, assignments, counts=counts or "")
    out.write(reconciled)
    if not reconciled.ok:
        raise SystemExit(1)
