"""The time of a network by its name: predicted for a device of the list, or measured on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from archcalc.errors import ArchcalcError
from archcalc.language.find import network_of
from archcalc.language.settings import Settings as NetworkSettings
from archcalc.network import Network
from archcalc.results.time import Device, Settings, Timing
from archcalc.timing.devices import device_named
from archcalc.timing.measure import measure, need_device, peak_rates
from archcalc.timing.predict import predict

Progress = Callable[[int, int], None]


def is_here(device: str) -> bool:
    """Whether a device is one of this machine, which can be measured."""
    return bool(re.fullmatch(r"cpu|cuda(:[0-9]{1,3})?", device))


def calibrate(where: str = "cpu", *, threads: int | None = None, progress: Progress | None = None) -> Device:
    """The peak rates of this machine, measured. Raises ArchcalcError for a device that is not here."""
    if not is_here(where):
        raise ArchcalcError(f"--calibrate measures cpu or cuda, not {where!r}")
    need_device(where)
    if progress:
        progress(0, 1)  # one long step: a progress bar appears, and cannot advance
    return peak_rates(where, threads)


def time_target(
    target: str | Network,
    device: str | Device = "cpu",
    settings: NetworkSettings | None = None,
    *,
    batches: Sequence[int] = (1,),
    dtypes: Sequence[str] = ("float32",),
    layers: bool = False,
    devices: str | None = None,
    peaks: str | Device | None = None,
    tf32: bool = False,
    channels_last: bool = False,
    threads: int | None = None,
    seconds: float = 0.5,
    progress: Progress | None = None,
) -> Timing:
    """The time of a network on a device; both may be given by name."""
    network = network_of(target, settings)
    if isinstance(device, Device) or not is_here(device):
        return predict(network, device_named(device, devices), batches, dtypes, tf32=tf32)
    # Without a named device, measured times are compared with what this machine can reach.
    if peaks is None:
        rates = calibrate(device, threads=threads, progress=progress)
    else:
        rates = device_named(peaks, devices)
    how = Settings(tf32=tf32, channels_last=channels_last, threads=threads)
    return measure(
        network, rates, batches, dtypes,
        where=device, settings=how, layers=layers, seconds=seconds, progress=progress,
    )  # fmt: skip
