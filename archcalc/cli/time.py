"""Predict or measure a forward pass."""

from __future__ import annotations

from typing import Any

import click

import archcalc
from archcalc.cli import _devices
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import excludes
from archcalc.cli._output import chosen
from archcalc.cli._progress import progress_bar

MEASURING = ("--peaks", "--channels-last", "--threads", "--seconds")


@click.command("time")
@click.argument(
    "network",
    required=False,
    shell_complete=shared.complete_network,
    help="A name, a path to a YAML file, or -; none with --from.",
)
@click.option(
    "--device",
    metavar="cpu|cuda|NAME",
    shell_complete=shared.completes("devices"),
    help="A name of 'archcalc device': predict; cpu, cuda, cuda:1: measure here. Default: h100, or cpu with "
    "an option for measuring.",
)
@_devices.devices_option
@click.option(
    "--peaks",
    metavar="NAME",
    shell_complete=shared.completes("devices"),
    help="Device whose peak rates are compared with measured times; default: measured.",
)
@shared.settings_option
@click.option(
    "--batch",
    "batches",
    type=_devices.Batches(),
    multiple=True,
    callback=_devices.without_repeats,
    default=("1",),
    show_default=True,
    metavar="N,N,...",
    help="Batch sizes; one run for each.",
)
@click.option(
    "--dtype",
    "dtypes",
    type=_devices.Dtypes(),
    multiple=True,
    callback=_devices.without_repeats,
    default=("float32",),
    show_default=True,
    metavar="NAME,...",
    help="Data types; one run for each.",
)
@click.option(
    "--layers", is_flag=True, help="Also every layer; when measuring, every different layer is timed."
)
@click.option("--tf32", is_flag=True, help="Allow TF32 in float32 products.")
@click.option("--channels-last", is_flag=True, help="Measure with channels last in memory.")
@click.option(
    "--threads", type=click.IntRange(1, 1024), metavar="N", help="Threads of the CPU; default: PyTorch's."
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.01, 600),
    metavar="S",
    help="Seconds per measurement; default: 0.5.",
)
@click.option(
    "--from", "stored", multiple=True, metavar="FILE", help="Show results that --format json stored."
)
@shared.output_options
@excludes(
    "--from",
    takes_no=("network", *MEASURING, "--device", "--devices", "--set", "--batch", "--dtype", "--tf32"),
    because="shows stored results",
    instead="leave --from out to estimate or measure",
)
def command(
    network: str | None,
    stored: tuple[str, ...],
    assignments: tuple[str, ...],
    layers: bool,
    format: str | None,
    output: str | None,
    **measured: Any,
) -> None:
    """Estimate the time of a forward pass of NETWORK from the roofline of a device, or measure it.

    \b
    archcalc time vgg16
    archcalc time vgg16 --device h100 --batch 1,32,128 --dtype float32,bfloat16
    archcalc time alexnet --device gtx580-3gb --batch 128 --layers
    archcalc time resnet50 --device cuda --batch 128 --layers -o h200.json
    archcalc time --from h200.json --from a100.json

    Without --device the time is predicted for an H100.

    Measuring needs PyTorch.
    """
    out = chosen(format, output)
    if stored:
        timings = [timing for path in stored for timing in archcalc.load_timings(path)]
    elif network:
        with progress_bar("timing") as progress:
            timing = archcalc.time(
                network, settings=assignments, layers=layers, progress=progress, **measured
            )
        timings = [timing]
    else:
        raise click.UsageError("name a network, or show stored results with --from FILE")
    # A new timing is shown like a stored one, so both look the same.
    by_default = not stored and measured["device"] is None
    out.write(archcalc.compare_timings(timings), layers=layers, by_default=by_default)
