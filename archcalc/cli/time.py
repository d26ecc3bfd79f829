"""Predict or measure a forward pass."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

import archcalc
from archcalc.cli import _devices
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import excludes
from archcalc.cli._output import chosen
from archcalc.cli._progress import progress_bar
from archcalc.conventions import FRAMEWORKS, LAYOUTS, OPTIMIZERS

MEASURING = ("--peaks", "--channels-last", "--threads", "--seconds")
PREDICTING = ("--tf32", "--train", "--framework", "--launch", "--layout")


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
@shared.network_options
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
@click.option(
    "--tf32/--no-tf32",
    default=None,
    help="TF32 for all float32 products, or for none; default: for convolutions, as in PyTorch.",
)
@click.option(
    "--train",
    type=shared.Words(list(OPTIMIZERS)),
    is_flag=False,
    flag_value="momentum",
    help="A training step with that optimizer (default: momentum), not only the forward pass.",
)
@click.option(
    "--framework",
    type=shared.Words(list(FRAMEWORKS)),
    default="eager",
    show_default=True,
    help="How kernels are launched: one per layer, fused by a compiler, or as a CUDA graph.",
)
@click.option(
    "--launch",
    type=click.FloatRange(0, 100_000),
    metavar="US",
    help="Microseconds per launched kernel; default: 45 if eager, else 5.",
)
@click.option(
    "--layout",
    type=shared.Words(LAYOUTS),
    default="nchw",
    show_default=True,
    help="Axes in memory: tensor cores compute in nhwc and copy nchw.",
)
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
@click.option(
    "--check",
    "published",
    type=shared.FileName(dir_okay=False),
    metavar="FILE",
    help="Judge published times: a table with network, device, batch and ms, or images_per_second.",
)
@shared.output_options
@excludes(
    "--check",
    takes_no=("network", *MEASURING, "--set", "--layers", *PREDICTING, "--from"),
    because="judges the times of a table",
    instead="a table may have columns for pass, layout, framework and settings",
)
@excludes(
    "--from",
    takes_no=("network", *MEASURING, "--device", "--devices", "--set", "--batch", "--dtype", *PREDICTING),
    because="shows stored results",
    instead="leave --from out to estimate or measure",
)
def command(
    network: str | None,
    stored: tuple[str, ...],
    published: str | None,
    assignments: tuple[str, ...],
    layers: bool,
    format: str | None,
    output: str | None,
    **measured: Any,
) -> None:
    """Estimate how long NETWORK takes on a device, or measure it here.

    Two numbers: the lower bound of the device, and the time that a framework is expected to take.

    \b
    archcalc time vgg16
    archcalc time vgg16 --device h100 --batch 1,32,128 --dtype float32,bfloat16
    archcalc time resnet50 --device rtx3090 --batch 256 --dtype amp --train
    archcalc time resnet50 --device v100 --framework graph
    archcalc time alexnet --device gtx580-3gb --batch 128 --layers
    archcalc time resnet50 --device cuda --batch 128 --layers -o h200.json
    archcalc time --from h200.json --from a100.json
    archcalc time --check published.csv --device a100-40gb

    Without --device the time is predicted for an H100.

    Measuring needs PyTorch. Exit code of --check: 1 if a time is impossible.
    """
    out = chosen(format, output)
    if published:
        checked = archcalc.check_times(published, **_for_the_file(measured))
        out.write(checked)
        raise SystemExit(0 if checked.ok else 1)
    if stored:
        timings = [timing for path in stored for timing in archcalc.load_timings(path)]
    elif network:
        with progress_bar("timing") as progress:
            timing = archcalc.time(
                network, settings=assignments, layers=layers, progress=progress, **measured
            )
        timings = [timing]
    else:
        raise click.UsageError(
            "name a network, show stored results with --from, or judge a table with --check"
        )
    # A new timing is shown like a stored one, so both look the same.
    by_default = not stored and measured["device"] is None
    out.write(archcalc.compare_timings(timings), layers=layers, by_default=by_default)


def _for_the_file(given: dict[str, Any]) -> dict[str, Any]:
    """What stands for the columns that a table of times lacks; one value for each.

    Raises UsageError for several batches or dtypes.
    """
    context = click.get_current_context()
    values = {"device": given["device"], "devices": given["devices"]}
    for name, parameter in (("batch", "batches"), ("dtype", "dtypes")):
        if context.get_parameter_source(parameter) is ParameterSource.DEFAULT:
            continue
        several = given[parameter]
        if len(several) > 1:
            raise click.UsageError(f"--check takes one --{name}, for the rows without one")
        values[name] = several[0]
    return values
