"""The time of a network: predicted for a device of the list, or measured on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeGuard

from archcalc.errors import ArchcalcError, short
from archcalc.language.find import Target, network_of
from archcalc.language.settings import Settings
from archcalc.network import Network
from archcalc.results.time import Device, Timing
from archcalc.results.time import Settings as RunSettings
from archcalc.timing.devices import DEFAULT_DEVICE, device_named
from archcalc.timing.expected import Manner, manner_of
from archcalc.timing.measure import measure, need_device, peak_rates
from archcalc.timing.predict import predict

SECONDS = 0.5
"""Seconds of one measurement."""


def time(
    target: Target | Network,
    device: str | Device | None = None,
    settings: Settings | None = None,
    *,
    batches: Sequence[int] = (1,),
    dtypes: Sequence[str] = ("float32",),
    layers: bool = False,
    devices: str | None = None,
    peaks: str | Device | None = None,
    tf32: bool | None = None,
    framework: str = "eager",
    launch: float | None = None,
    layout: str = "nchw",
    train: str | None = None,
    channels_last: bool = False,
    threads: int | None = None,
    seconds: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Timing:
    """How long a pass takes, in milliseconds: at least, and as expected; on ``cpu`` and ``cuda`` measured.

    Parameters:
        target, settings: as for ``analyze``.
        device: ``cpu``, ``cuda``, ``cuda:1`` (to measure), or one of ``archcalc device``; None: ``h100``.
        batches, dtypes: images, and types of values (also ``amp``, ``tf32``); a run for each pair.
        layers, peaks, devices: time every layer, too; the rates to compare with; a file of devices.
        tf32: for all float32 products, for none, or, as in PyTorch, for convolutions (None).
        framework, launch: ``eager``, ``compiled`` or ``graph``; microseconds per kernel (None: the usual).
        layout, train: ``nchw`` or ``nhwc``; an optimizer, for a training step.
        channels_last, threads, seconds, progress: of a measurement (PyTorch's threads, 0.5 s).

    Raises:
        SpecError: the spec has mistakes.
        ArchcalcError: a name does not exist, or PyTorch or the device is missing.

    >>> run = time("alexnet", "gtx580-3gb", batches=[128]).runs[0]
    >>> round(run.lower_bound_ms or 0), round(run.expected_ms or 0), run.bound_by
    (99, 182, 'compute')
    """
    manner, network = manner_of(framework, launch, layout, train), network_of(target, settings)
    device = _device(device, peaks=peaks, channels_last=channels_last, threads=threads, seconds=seconds)
    if not is_here(device):
        return predict(network, device_named(device, devices), batches, dtypes, tf32=tf32, manner=manner)
    how = RunSettings(tf32=tf32, channels_last=channels_last, threads=threads)
    rates, span = _rates(device, peaks, devices, manner, how, progress), seconds or SECONDS
    return measure(
        network, rates, batches, dtypes,
        where=device, settings=how, layers=layers, seconds=span, progress=progress,
    )  # fmt: skip


def _rates(
    where: str,
    peaks: str | Device | None,
    devices: str | None,
    manner: Manner,
    how: RunSettings,
    progress: Callable[[int, int], None] | None,
) -> Device:
    """The rates that measured times are compared with. Raises ArchcalcError for what cannot be measured."""
    if manner != Manner():
        raise ArchcalcError("a forward pass is measured as PyTorch runs it: name a device to predict another")
    if peaks is None:
        return calibrate(where, threads=how.threads, progress=progress)
    return device_named(peaks, devices)


def _device(device: str | Device | None, **measuring: object) -> str | Device:
    """The device that is meant. Raises ArchcalcError for an argument that this device does not need."""
    given = [name for name, value in measuring.items() if value]
    if device is None:
        return "cpu" if given else DEFAULT_DEVICE
    if given and not is_here(device):
        name = device if isinstance(device, str) else device.name
        says = f"--{given[0].replace('_', '-')} is for measuring; it takes no --device {short(name)}"
        raise ArchcalcError(f"{says} (measure with --device cpu or --device cuda)")
    return device


def calibrate(
    where: str = "cpu",
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Device:
    """Measure the peak rates of this machine: FLOP/s of a large product for every dtype, bytes/s of a large
    copy.

    Parameters:
        where: ``cpu``, ``cuda`` or ``cuda:1``.
        threads: threads of the CPU; None: PyTorch's default.
        progress: called when the measurement begins.

    Raises:
        ArchcalcError: PyTorch or the device is missing.

    Example, with PyTorch installed::

        calibrate().name  # 'here'
    """
    if not is_here(where):
        raise ArchcalcError(f"--calibrate measures cpu or cuda, not {where!r}")
    need_device(where)
    if progress:
        progress(0, 1)  # one long step: a progress bar appears, and cannot advance
    return peak_rates(where, threads)


def is_here(device: str | Device) -> TypeGuard[str]:
    """Whether a device is one of this machine, which can be measured."""
    return isinstance(device, str) and bool(re.fullmatch(r"cpu|cuda(:[0-9]{1,3})?", device))
