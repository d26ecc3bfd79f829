"""Devices as tables: the list, and one device with its figures and sources."""

from __future__ import annotations

from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.render.time_cells import rate
from archcalc.results import FORMAT
from archcalc.results.time import Device, DeviceList

_HEADS = (
    Head("name", "name", numeric=False, keep=100),
    Head("year", "year", keep=60),
    Head("title", "title", numeric=False, keep=50),
    Head("float32", "float32 FLOP/s", keep=97),
    Head("bfloat16", "bfloat16 FLOP/s", keep=85),
    Head("bandwidth", "bytes/s", keep=98),
    Head("memory", "memory", keep=99),
    Head("seen", "figures", numeric=False, keep=70),
)
UNSEEN = "not looked up"


def listing(listed: DeviceList) -> Report:
    """All devices, one row each."""
    devices = listed.devices
    notes = [
        "FLOP/s: dense peak of multiply-accumulates, without TF32.",
        "'archcalc device h100' shows one with its sources, 'archcalc device rtx' lists all with that word.",
    ]
    if not all(device.seen for device in devices):
        notes.append(f"'{UNSEEN}': written from memory, not checked against the vendor's document.")
    title = f"{len(devices)} device{'s' * (len(devices) > 1)}"
    grid = Grid(title, _HEADS, tuple(map(_row, devices)), notes=tuple(notes))
    return Report(lambda: grid, listed.as_json)


def _row(device: Device) -> tuple[Cell, ...]:
    return (
        Cell(device.name, device.name),
        Cell(device.year, str(device.year or units.NONE)),
        Cell(device.title, device.title),
        *(
            _rate(device.mac_rate(dtype) if dtype in device.dtypes else None)
            for dtype in ("float32", "bfloat16")
        ),
        _rate(device.bandwidth),
        Cell(device.memory, units.size(device.memory, "auto")),
        Cell(bool(device.seen), "looked up" if device.seen else UNSEEN),
    )


def _rate(value: int | None) -> Cell:
    return Cell(value, units.NONE if value is None else rate(value))


def report(device: Device) -> Report:
    """One device: its rates by dtype and unit, the ridge of the roofline, and the sources."""
    heads = (
        Head("dtype", "dtype", numeric=False, keep=100),
        Head("unit", "unit", numeric=False, keep=95),
        Head("rate", "FLOP/s", keep=99),
        Head("ridge", "FLOP/byte at the ridge", keep=90),
    )
    rows = tuple(
        (
            Cell(dtype, dtype),
            Cell(unit, unit),
            _rate(value),
            Cell(ridge := value / device.bandwidth, f"{ridge:.1f}"),
        )
        for unit, rates in (("vector", device.vector), ("matrix", device.matrix))
        for dtype, value in rates.items()
    )
    facts = (
        ("bandwidth", f"{rate(device.bandwidth)}B/s"),
        ("memory", f"{device.memory:,} bytes = {units.binary(device.memory)}"),
        *((("year", str(device.year)),) if device.year else ()),
        *((("also", ", ".join(device.aliases)),) if device.aliases else ()),
        ("source", device.source),
        ("seen", device.seen or f"{UNSEEN}: written from memory of the source"),
        *((("note", device.note),) if device.note else ()),
    )
    grid = Grid(f"{device.name}: {device.title}", heads, rows, facts=facts)
    return Report(lambda: grid, lambda: {"format": FORMAT, **device.as_json()})
