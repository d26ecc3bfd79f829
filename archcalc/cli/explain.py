"""Show how each number is computed."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import chosen, current_page


@click.command("explain")
@shared.network_argument
@click.argument(
    "layers",
    nargs=-1,
    metavar="[LAYER]...",
    shell_complete=shared.completes("layers"),
    help="Layers or blocks to explain; default: a short derivation of every layer.",
)
@shared.network_options
@shared.batch_option
@shared.dtype_option
@shared.convention_option
@click.option("--aux", is_flag=True, help="Include auxiliary heads.")
@shared.output_options
def command(
    network: str,
    layers: tuple[str, ...],
    assignments: tuple[str, ...],
    batch: int,
    dtype: str,
    convention: str | None,
    aux: bool,
    format: str | None,
    output: str | None,
) -> None:
    """Show how each number of NETWORK is computed: formula, numbers and value.

    \b
    archcalc explain alexnet conv1
    archcalc explain googlenet inception_3a
    archcalc explain vgg16
    archcalc explain alexnet conv1 --set size=224
    archcalc explain resnet50 conv1 --format latex

    If a layer does not fit, the derivation ends there and says why; the exit code is 1.
    """
    out = chosen(format, output)
    derivation = archcalc.explain(network, layers, assignments, batch=batch, dtype=dtype, aux=aux,
                                  convention=convention)  # fmt: skip
    out.write(derivation, width=current_page().width if out.format == "table" else None)
    if derivation.misfits:
        raise SystemExit(1)
