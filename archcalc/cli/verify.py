"""A network held against PyTorch, layer by layer."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared
from archcalc.cli._progress import progress_bar


@click.command("verify")
@click.argument(
    "network",
    required=False,
    shell_complete=shared.complete_network,
    help="A name, a path to a YAML file, or -",
)
@click.option("--all", "everything", is_flag=True, help="All networks of archcalc list.")
@click.option(
    "--device", type=shared.Words(["meta", "cpu", "cuda"]), default="meta", show_default=True, help="Where."
)
@click.option("--batch", type=click.IntRange(1, 10**6), default=2, show_default=True, help="Images per pass.")
@shared.settings_option
@shared.output_options
def command(
    network: str | None,
    everything: bool,
    device: str,
    batch: int,
    assignments: tuple[str, ...],
    format: str | None,
    output: str | None,
) -> None:
    """NETWORK, with its auxiliary heads, built in PyTorch and run: every figure against what PyTorch does.

    \b
    archcalc verify resnet50
    archcalc verify mine.yaml --set size=128 --device cpu
    archcalc verify --all

    The meta device works out shapes, and what is kept for the backward pass, without computing values. What PyTorch is
    known to do otherwise is told apart, with the reason. Needs the extra torch.

    Exit codes: 0 all agrees, 1 something does not, 2 no PyTorch, no such device, or a bad spec.
    """
    from archcalc.language.find import all_specs
    from archcalc.render.verify import report, summary
    from archcalc.studies.verify import need_torch, verify, verify_all

    if (network is None) is not everything or (everything and assignments):
        raise click.UsageError("verify takes a network, or --all without settings")
    chosen = shared.chosen_format(format, output)
    need_torch()
    if network is not None:
        found = verify(shared.bind(network, assignments), device=device, batch=batch)
        shared.answer(report(found), chosen, output)
        raise SystemExit(0 if found.ok else 1)
    with progress_bar("verifying") as progress:
        networks = [spec.bind(about.name) for spec in all_specs() for about in spec.networks()]
        every = verify_all(networks, device=device, batch=batch, progress=progress)
    shared.answer(summary(every), chosen, output)
    raise SystemExit(0 if every.ok else 1)
