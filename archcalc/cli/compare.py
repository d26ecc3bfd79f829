"""Architectures side by side, with ratios."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared


@click.command("compare")
@click.argument(
    "networks",
    nargs=-1,
    shell_complete=shared.complete_network,
    required=True,
    help="Two or more; NAME:size=288,classes=10 changes settings of one.",
)
@click.option("--base", metavar="NETWORK", help="What ratios are to; default: the first.")
@click.option("--layers", is_flag=True, help="Add every layer in which a network differs from the base.")
@shared.settings_option
@shared.batch_option
@shared.dtype_option
@click.option("--aux", is_flag=True, help="Count the auxiliary heads in.")
@shared.units_option
@shared.layout_option
@shared.output_options
def command(
    networks: tuple[str, ...],
    base: str | None,
    layers: bool,
    assignments: tuple[str, ...],
    batch: int,
    dtype: str,
    aux: bool,
    units: str,
    layout: str,
    format: str | None,
    output: str | None,
) -> None:
    """NETWORKS side by side: totals with ratios, then stage by stage.

    \b
    archcalc compare vgg16 resnet50 googlenet
    archcalc compare inception-naive inception-reduced
    archcalc compare resnet50 resnet50-v1.5 --layers
    archcalc compare resnet50:size=224 resnet50:size=288
    """
    from archcalc.render.columns import Style
    from archcalc.render.compare import report
    from archcalc.results.compare import compared
    from archcalc.studies.analyze import analyze
    from archcalc.studies.compare import compare

    chosen = shared.chosen_format(format, output)
    targets = list(dict.fromkeys(networks))
    if base is not None and base not in targets:
        targets.insert(0, base)
    if len(targets) < 2:
        raise click.UsageError("compare takes two networks or more")
    found = []
    for target in targets:
        network, about = shared.bind_with_settings(target, assignments)
        analysis = analyze(network, batch=batch, dtype=dtype, aux=aux)
        as_published = not assignments and "=" not in target
        found.append(compared(target, analysis, about if as_published else None))
    made = compare(found, targets.index(base) if base else 0, layers)
    shared.answer(report(made, Style(units, layout)), chosen, output)
