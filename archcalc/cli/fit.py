"""Whether a network fits on a device, and the largest batch."""

from __future__ import annotations

import click

from archcalc.cli import _devices
from archcalc.cli import _options as shared
from archcalc.conventions import OPTIMIZERS


@click.command("fit")
@shared.network_argument
@click.option("--device", required=True, metavar="NAME", help="A name of 'archcalc device'.")
@_devices.devices_option
@shared.settings_option
@shared.batch_option
@shared.dtype_option
@click.option(
    "--train",
    type=shared.Words(list(OPTIMIZERS)),
    is_flag=False,
    flag_value="momentum",
    help="A training step with that optimizer (momentum, if none is named), not inference.",
)
@click.option(
    "--gpus", type=click.IntRange(1, 64), default=1, help="Share every layer's maps among so many devices."
)
@shared.output_options
def command(
    network: str,
    device: str,
    devices: str | None,
    assignments: tuple[str, ...],
    batch: int,
    dtype: str,
    train: str | None,
    gpus: int,
    format: str | None,
    output: str | None,
) -> None:
    """Whether NETWORK fits into the memory of a device, by which figure, and the largest batch that does.

    \b
    archcalc fit alexnet-2gpu --device gtx580-3gb --batch 128 --train
    archcalc fit alexnet-2gpu --device gtx580-3gb --batch 128 --train --gpus 2
    archcalc fit resnet152 --device t4 --train adam

    Exit codes: 0 it fits by the first figure, 1 it does not.
    """
    from archcalc.render.fit import report
    from archcalc.timing.fit import fit

    chosen = shared.chosen_format(format, output)
    bound = shared.bind(network, assignments)
    found = fit(bound, _devices.named(device, devices), batch=batch, dtype=dtype, train=train, gpus=gpus)
    shared.answer(report(found), chosen, output)
    raise SystemExit(0 if found.ok else 1)
