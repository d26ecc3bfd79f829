"""Explain a number of a tool or a paper."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import chosen

DOCUMENTS = (".md", ".markdown", ".rst", ".txt", ".log", ".csv", ".tsv", ".html", ".htm", ".tex", ".ipynb")
"""The endings of files with tables or prints."""


@click.command("reconcile")
@shared.network_argument
@click.argument(
    "numbers",
    nargs=-1,
    help="Numbers to explain: 4111512576, 4.11G, '25.6M params'; or a file with one in each line (-: stdin).",
)
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

    A file in the place of NETWORK is a README with tables of models, or the print of a tool. Of a table each
    FLOPs, MACs and params are judged, and other rows and tables are listed; of a print only the totals, and
    no layers or sizes in MB.

    \b
    archcalc reconcile resnet50-v1.5
    archcalc reconcile resnet50-v1.5 4111512576
    archcalc reconcile resnet50-v1.5 4.13G '25.6M params'
    archcalc reconcile vgg16 138.4M --as params
    archcalc reconcile README.md
    archcalc reconcile resnet50-v1.5 print-of-torchinfo.txt

    A number is explained exactly, or to its printed digits. Other input sizes, numbers of classes, variants,
    auxiliary heads, batches and training are tried after the network as it is. The exit code is 1 if nothing
    explains a number.
    """
    out = chosen(format, output)
    numbers = _with_units(numbers)
    file = _document(network, numbers)
    if file:
        if counts:
            raise click.UsageError("--as is about numbers, and a file says what its columns count")
        judged = archcalc.reconcile_file(file, network if file != network else None, assignments)
        out.write(judged)
        raise SystemExit(0 if judged.ok else 1)
    if not numbers:
        if counts:
            raise click.UsageError("--as is about numbers: archcalc reconcile NETWORK NUMBER --as macs")
        out.write(archcalc.count_by_conventions(network, assignments))
        return
    reconciled = archcalc.reconcile(network, numbers, assignments, counts=counts or "")
    out.write(reconciled)
    if not reconciled.ok:
        raise SystemExit(1)


def _document(network: str, numbers: Sequence[str]) -> str:
    """The file with numbers that is meant: in the place of the network, or of the numbers.

    It may not exist, which the reader says.
    """
    is_document = network.lower().endswith(DOCUMENTS)  # "-" in its place is a spec
    files = [network] * is_document + [text for text in numbers if _is_document(text)]
    if len(files) > 1 or (files and len(numbers) > 1):
        raise click.UsageError(
            "one file at a time: archcalc reconcile FILE, or archcalc reconcile NETWORK FILE"
        )
    if numbers:
        return numbers[0] if _is_document(numbers[0]) or os.path.isfile(numbers[0]) else ""
    return network if is_document else ""


def _is_document(text: str) -> bool:
    is_path = os.sep in text and not text[0].isdigit()  # 4.1 GFLOPs/s is a number
    return text == "-" or is_path or text.lower().endswith(DOCUMENTS)


def _with_units(numbers: Sequence[str]) -> list[str]:
    """The numbers, each with a unit that stands apart from it: 15.5 GFLOPs without quotes."""
    joined: list[str] = []
    for text in numbers:
        if joined and text.isalpha():
            joined[-1] += f" {text}"
        else:
            joined.append(text)
    return joined
