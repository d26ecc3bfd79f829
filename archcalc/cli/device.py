"""List devices, or calibrate this machine."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _devices
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import excludes, needs
from archcalc.cli._output import chosen, formats_of
from archcalc.cli._progress import progress_bar
from archcalc.errors import ArchcalcError
from archcalc.results.time import Device, DeviceList


@click.command("device")
@click.argument(
    "name",
    required=False,
    shell_complete=shared.completes("devices"),
    help="A device, or a word in the names of several; with --calibrate: cpu (the default) or cuda.",
)
@_devices.devices_option
@click.option(
    "--calibrate",
    is_flag=True,
    help="Measure this machine with a large product for every dtype, and a large copy.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Threads of the CPU for --calibrate; default: PyTorch's.",
)
@shared.output_options
@excludes(
    "--calibrate",
    takes_no=("--devices",),
    because="measures this machine",
    instead="use one of them",
)
@needs("--threads", other="--calibrate", because="is for measuring", instead="measure with --calibrate")
def command(
    name: str | None,
    devices: str | None,
    calibrate: bool,
    threads: int | None,
    format: str | None,
    output: str | None,
) -> None:
    """List the devices, show one with its sources, or measure the peak rates of this machine.

    \b
    archcalc device                        all devices
    archcalc device rtx                    devices with "rtx" in the name or title
    archcalc device h100                   one device, with its sources
    archcalc device cpu --calibrate -o mine.yaml
    archcalc time vgg16 --device here --devices mine.yaml
    """
    if calibrate:
        # Chosen first: a file name with an unknown ending must not cost the measurement.
        out = chosen(format, output, formats_of(Device), stdout="yaml")
        with progress_bar("measuring the peak rates") as progress:
            measured = archcalc.calibrate(name or "cpu", threads=threads, progress=progress)
        out.write(measured)
    else:
        out = chosen(format, output)
        out.write(_named(name, devices) if name else archcalc.devices(devices))


def _named(name: str, devices: str | None) -> Device | DeviceList:
    """The device of this name; else all devices with this word in the name or title. Raises ArchcalcError."""
    try:
        return archcalc.device(name, devices)
    except ArchcalcError:
        found = archcalc.devices(devices, like=name)
        if not found.devices:
            raise
        return found
