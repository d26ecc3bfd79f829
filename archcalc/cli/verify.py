"""Compare every number with PyTorch."""

from __future__ import annotations

from typing import Any

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import excludes
from archcalc.cli._output import chosen
from archcalc.cli._progress import progress_bar


@click.command("verify")
@click.argument(
    "network",
    required=False,
    shell_complete=shared.complete_network,
    help="A name, a path to a YAML file, or -",
)
@click.option("--all", "everything", is_flag=True, help="Verify all networks of archcalc list.")
@click.option(
    "--device",
    type=shared.Words(["meta", "cpu", "cuda"]),
    default="meta",
    show_default=True,
    help="Device to run on.",
)
@click.option(
    "--batch",
    type=shared.CountRange(1, 10**6),
    default=2,
    show_default=True,
    metavar="N",
    help="Batch size.",
)
@shared.network_options
@shared.output_options
@excludes(
    "--all",
    takes_no=("network", "--set"),
    because="verifies all networks as they are",
    instead="name a network, or use --all without a network or --set",
)
def command(
    network: str | None,
    everything: bool,
    device: str,
    batch: int,
    assignments: tuple[str, ...],
    format: str | None,
    output: str | None,
) -> None:
    """Build NETWORK with its auxiliary heads in PyTorch, run it, and compare every number.

    \b
    archcalc verify resnet50
    archcalc verify mine.yaml --set size=128 --device cpu
    archcalc verify --all

    The meta device works out shapes, and what is kept for the backward pass, without computing values. Known
    differences of PyTorch are listed separately, with the reason. Needs PyTorch.

    Exit codes: 0 everything agrees, 1 something differs, 2 no PyTorch, no such device, or a bad spec.
    """
    if network is None and not everything:
        raise click.UsageError("name a network, or use --all without a network and without --set")
    out = chosen(format, output)
    if network is not None:
        verified: Any = archcalc.verify(network, assignments, device=device, batch=batch)
    else:
        with progress_bar("verifying") as progress:
            verified = archcalc.verify_all(device=device, batch=batch, progress=progress)
    out.write(verified)
    raise SystemExit(0 if verified.ok else 1)
