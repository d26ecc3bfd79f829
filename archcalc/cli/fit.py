"""Say whether a network fits on a device."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _devices
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import needs
from archcalc.cli._output import chosen
from archcalc.conventions import FRAGMENTATION, OPTIMIZERS, RESERVE


@click.command("fit")
@shared.network_argument
@click.option(
    "--device",
    required=True,
    metavar="NAME",
    shell_complete=shared.completes("devices"),
    help="A name of 'archcalc device'.",
)
@_devices.devices_option
@shared.network_options
@shared.batch_option
@_devices.precision_option
@click.option(
    "--train",
    type=shared.Words(list(OPTIMIZERS)),
    is_flag=False,
    flag_value="momentum",
    help="Training step with that optimizer (default: momentum) instead of inference.",
)
@click.option(
    "--gpus",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Split every layer's channels across N devices.",
)
@click.option(
    "--reserve",
    metavar="BYTES",
    help="Memory for the CUDA context and workspaces (0, 512MiB, 1GB); default: 768MiB.",
)
@click.option(
    "--fragmentation",
    type=click.IntRange(0, 90),
    default=FRAGMENTATION,
    show_default=True,
    metavar="PERCENT",
    help="Memory lost between allocations.",
)
@click.option(
    "--relu",
    type=shared.Words(["in-place", "copies"]),
    default="in-place",
    show_default=True,
    help="Whether activations write over their input or have memory of their own, in training.",
)
@shared.output_options
@needs("--relu", other="--train", because="is about training", instead="add --train, or leave it out")
def command(
    network: str,
    device: str,
    devices: str | None,
    assignments: tuple[str, ...],
    batch: int,
    dtype: str,
    train: str | None,
    gpus: int,
    reserve: str | None,
    fragmentation: int,
    relu: str,
    format: str | None,
    output: str | None,
) -> None:
    """Say whether NETWORK fits into the memory of a device, and the largest batch that fits.

    \b
    archcalc fit alexnet-2gpu --device gtx580-3gb --batch 128 --train
    archcalc fit alexnet-2gpu --device gtx580-3gb --batch 128 --train --gpus 2
    archcalc fit resnet152 --device t4 --train adam
    archcalc fit resnet50 --device rtx3090 --batch 384 --train --dtype amp

    Exit codes: 0 it fits, by the first memory figure; 1 it does not fit.
    """
    out = chosen(format, output)
    fitted = archcalc.fit(
        network,
        device,
        assignments,
        batch=batch,
        dtype=dtype,
        train=train,
        gpus=gpus,
        reserve=RESERVE if reserve is None else reserve,
        fragmentation=fragmentation,
        in_place=relu == "in-place",
        devices=devices,
    )
    out.write(fitted)
    raise SystemExit(0 if fitted.ok else 1)
