"""How long a network takes: the roofline of a device, and a clock."""

from __future__ import annotations

import click

from archcalc.cli import _devices
from archcalc.cli import _options as shared
from archcalc.cli._progress import progress_bar


@click.command("time")
@click.argument(
    "network", required=False, shell_complete=shared.complete_network, help="As for table; none with --from."
)
@click.option(
    "--device",
    default="cpu",
    show_default=True,
    metavar="cpu|cuda|NAME",
    help="cpu, cuda, cuda:1: measure here; a name of 'archcalc device': predict only.",
)
@_devices.devices_option
@click.option(
    "--peaks",
    metavar="NAME",
    help="The device whose ceilings stand beside measured times; default: measured.",
)
@shared.settings_option
@click.option(
    "--batch", "batches", type=_devices.Batches(), default="1", show_default=True, metavar="N,N,..."
)
@click.option(
    "--dtype", "dtypes", type=_devices.Dtypes(), default="float32", show_default=True, metavar="NAME,..."
)
@click.option(
    "--layers", is_flag=True, help="Every layer too; when measuring, every different layer is timed."
)
@click.option("--tf32", is_flag=True, help="Let products of float32 be rounded to TF32.")
@click.option("--channels-last", is_flag=True, help="Measure with channels last in memory.")
@click.option("--threads", type=click.IntRange(1, 1024), help="Threads of the CPU; default: PyTorch's.")
@click.option(
    "--seconds", type=click.FloatRange(0.01, 600), default=0.5, show_default=True, help="For each time."
)
@click.option("--from", "stored", multiple=True, metavar="FILE", help="Show results stored by --format json.")
@shared.output_options
def command(
    network: str | None,
    device: str,
    devices: str | None,
    peaks: str | None,
    assignments: tuple[str, ...],
    batches: tuple[int, ...],
    dtypes: tuple[str, ...],
    layers: bool,
    tf32: bool,
    channels_last: bool,
    threads: int | None,
    seconds: float,
    stored: tuple[str, ...],
    format: str | None,
    output: str | None,
) -> None:
    """How long a forward pass of NETWORK takes: predicted by the roofline of a device, or measured beside it.

    \b
    archcalc time vgg16 --device h100 --batch 1,32,128 --dtype float32,bfloat16
    archcalc time alexnet --device gtx580-3gb --batch 128 --layers
    archcalc time resnet50 --device cuda --batch 128 --dtype bfloat16 --layers -o h200.json
    archcalc time --from h200.json --from a100.json

    Measuring needs PyTorch: pip install 'archcalc[torch]'.
    """
    from archcalc.render.time import report
    from archcalc.timing.model_error import model_error

    chosen = shared.chosen_format(format, output)
    if stored:
        if network:
            raise click.UsageError("--from shows stored results: leave the network out")
        from archcalc.timing.load import read_timings

        timings = [timing for path in stored for timing in read_timings(path)]
    else:
        if network is None:
            raise click.UsageError("a network to time, or --from FILE")
        bound = shared.bind(network, assignments)
        if _devices.is_here(device):
            from archcalc.results.time import Settings
            from archcalc.timing.measure import measure

            settings = Settings(tf32=tf32, channels_last=channels_last, threads=threads)
            ceilings = _devices.ceilings(device, devices, peaks, threads)
            with progress_bar("timing") as progress:
                timing = measure(
                    bound, ceilings, batches, dtypes, where=device, settings=settings, layers=layers, seconds=seconds,
                    progress=progress,
                )  # fmt: skip
        else:
            from archcalc.timing.predict import predict

            timing = predict(bound, _devices.named(device, devices), batches, dtypes, tf32=tf32)
        timings = [timing]
    shared.answer(report(timings, model_error(timings), layers), chosen, output)
