"""The worked answer: figures as formula, numbers and value."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared


@click.command("explain")
@shared.network_argument
@click.argument(
    "layers", nargs=-1, metavar="[LAYER]...", help="Paths, names or scopes; without any: all, in short."
)
@shared.settings_option
@shared.batch_option
@shared.dtype_option
@click.option("--aux", is_flag=True, help="Count the auxiliary heads in.")
@shared.output_options
def command(
    network: str,
    layers: tuple[str, ...],
    assignments: tuple[str, ...],
    batch: int,
    dtype: str,
    aux: bool,
    format: str | None,
    output: str | None,
) -> None:
    """How the figures of NETWORK come about: formula, numbers and value, as a teacher would write it.

    \b
    archcalc explain alexnet conv1
    archcalc explain googlenet inception_3a
    archcalc explain vgg16
    archcalc explain alexnet conv1 --set size=224
    archcalc explain resnet50 conv1 --format latex

    Where a layer does not fit, the derivation goes up to it and says why; the exit code is 1.
    """
    from archcalc.render.explain import report
    from archcalc.studies.explain import explain

    chosen = shared.chosen_format(format, output)
    made = explain(shared.bind(network, assignments), layers, batch=batch, dtype=dtype, aux=aux)
    width = shared.page().width if chosen == "table" else None
    shared.answer(report(made, width=width), chosen, output)
    if made.misfits:
        raise SystemExit(1)
