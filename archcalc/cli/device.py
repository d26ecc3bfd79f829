"""Devices, their peaks and sources; this machine measured."""

from __future__ import annotations

import click

from archcalc.cli import _devices
from archcalc.cli import _options as shared


@click.command("device")
@click.argument("name", required=False, help="A device; with --calibrate cpu (the default) or cuda.")
@_devices.devices_option
@click.option(
    "--calibrate", is_flag=True, help="Measure this machine: a large product for every dtype, a large copy."
)
@click.option(
    "--threads", type=click.IntRange(1, 1024), help="Threads of the CPU for --calibrate; default: PyTorch's."
)
@shared.output_options
def command(
    name: str | None,
    devices: str | None,
    calibrate: bool,
    threads: int | None,
    format: str | None,
    output: str | None,
) -> None:
    """The devices there are, one of them with its sources, or this machine's own ceilings measured.

    \b
    archcalc device
    archcalc device h100
    archcalc device cpu --calibrate -o mine.yaml
    archcalc time vgg16 --device here --devices mine.yaml
    """
    from archcalc.render import device as rendered
    from archcalc.timing.devices import find_device, load_devices, written

    if calibrate:
        where = name or "cpu"
        if not _devices.is_here(where):
            raise click.UsageError(f"--calibrate measures cpu or cuda, not {where!r}")
        found = _devices.ceilings(where, None, None, threads)
        if format is None and (not output or output.endswith((".yaml", ".yml"))):
            shared.say_or_write(written(found), output)
            return
        report = rendered.single(found)
    else:
        known = load_devices(devices)
        report = rendered.single(find_device(name, known)) if name else rendered.listing([*known.values()])
    shared.answer(report, shared.chosen_format(format, output), output)
