"""Speed and memory on a device: predicted, measured, and whether a network fits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archcalc.conventions import FRAGMENTATION, RESERVE
from archcalc.language.settings import Settings

if TYPE_CHECKING:
    from archcalc.language.find import FilePath, Target
    from archcalc.network import Network
    from archcalc.results.fit import Fit
    from archcalc.results.published_times import CheckedTimes
    from archcalc.results.time import Device, DeviceList, Timing, TimingTable


def load_timings(path: FilePath) -> tuple[Timing, ...]:
    """The timings of a JSON file that ``archcalc time`` wrote.

    Parameters:
        path: the file.

    Raises:
        ArchcalcError: the file cannot be read, or is not such a file.

    Example, with times that ``archcalc time`` has stored::

        load_timings("h200.json")  # (Timing(network='resnet50', ...),)
    """
    from archcalc.timing.load import read_timings

    return read_timings(os.fspath(path))


def compare_timings(timings: Sequence[Timing]) -> TimingTable:
    """Timings side by side, and how far the roofline is from the measured times.

    Parameters:
        timings: what ``time`` or ``load_timings`` returned.

    >>> from archcalc import time
    >>> table = compare_timings([time("alexnet", "h100"), time("vgg16", "h100")])
    >>> [timing.network for timing in table.timings]
    ['alexnet', 'vgg16']
    """
    from archcalc.results.time import TimingTable
    from archcalc.timing.model_error import model_error

    return TimingTable(tuple(timings), model_error(timings))


def check_times(
    path: FilePath,
    *,
    device: str | None = None,
    batch: int | None = None,
    dtype: str | None = None,
    devices: str | None = None,
) -> CheckedTimes:
    """Judge published times: each is impossible on its device, or a multiple of the expected time.

    Parameters:
        path: a table in CSV, TSV, YAML or JSON with ``network``, ``device``, ``batch`` and ``ms`` or
            ``images_per_second``; optional are ``dtype``, ``pass``, ``layout``, ``framework``, ``settings``.
        device, batch, dtype: for a file that lacks the column.
        devices: a YAML file with more devices.

    Raises:
        SpecError: rows that cannot be read, all of them.
        ArchcalcError: the file cannot be read, or has no times.

    Example, with a table of a README::

        check_times("times.csv", device="a100-40gb").ok  # False: VGG-16 cannot take 4.2 ms there
    """
    from archcalc.timing.published import check_times as check

    given = {"device": device, "batch": batch, "dtype": dtype}
    return check(
        os.fspath(path), {key: str(value) for key, value in given.items() if value is not None}, devices
    )


def fit(
    target: Target | Network,
    device: str | Device,
    settings: Settings | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    train: str | None = None,
    gpus: int = 1,
    reserve: int | str = RESERVE,
    fragmentation: int = FRAGMENTATION,
    in_place: bool = True,
    devices: str | None = None,
) -> Fit:
    """Whether a network fits into the memory of a device, and the largest batch that fits; memory is in
    bytes.

    Parameters:
        target, settings: as for ``analyze``.
        device: a device of ``archcalc device``.
        batch: images in one pass.
        dtype: the type of values; ``amp``: activations in float16, parameters in float32.
        train: an optimizer (``sgd``, ``momentum``, ``adam``): a training step; None: inference.
        gpus: so many devices, each with its share of every layer's channels.
        reserve: bytes for the CUDA context and the workspaces of convolutions, also as ``"512MiB"``.
        fragmentation: percent of the memory that is lost between allocations.
        in_place: activations such as ReLU write over their input.
        devices: a YAML file with more devices.

    Raises:
        SpecError: the spec has mistakes.
        ArchcalcError: the device does not exist, the reserve is no size, or several GPUs are asked for
            without ``train``.

    >>> fitted = fit("alexnet-2gpu", "gtx580-3gb", batch=128, train="momentum")
    >>> fitted.ok, [demand.largest_batch for demand in fitted.demands]
    (False, [122, 95])
    """
    from archcalc.language.find import network_of
    from archcalc.timing.devices import device_named
    from archcalc.timing.fit import fit as fit_network
    from archcalc.timing.fit import size_of

    network, chosen = network_of(target, settings), device_named(device, devices)
    return fit_network(
        network, chosen, batch=batch, dtype=dtype, train=train, gpus=gpus,
        reserve=size_of(reserve), fragmentation=fragmentation, in_place=in_place,
    )  # fmt: skip


def devices(path: str | None = None, like: str = "") -> DeviceList:
    """The devices that are known: FLOP/s by dtype, bytes per second, bytes of memory, and the sources.

    Parameters:
        path: a YAML file with more devices; they come first.
        like: only devices with this word in the name, title or an alias, such as ``"rtx"`` or ``"apple"``.

    Raises:
        SpecError: the file has mistakes.

    >>> [device.name for device in devices(like="tpu").devices]
    ['tpu-v2', 'tpu-v3', 'tpu-v4']
    """
    from archcalc.results.time import DeviceList
    from archcalc.timing.devices import devices_like, load_devices

    known = load_devices(path)
    return DeviceList(tuple(devices_like(like, known) if like else known.values()))


def device(name: str, path: str | None = None) -> Device:
    """The device of that name or alias; case, spaces and hyphens do not matter.

    Parameters:
        name: a name of ``archcalc device``.
        path: a YAML file with more devices.

    Raises:
        SpecError: the file has mistakes.
        ArchcalcError: the device does not exist.

    >>> device("H100").dtypes[0]
    'float32'
    """
    from archcalc.timing.devices import device_named

    return device_named(name, path)
