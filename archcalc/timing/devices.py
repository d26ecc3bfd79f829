"""Devices in YAML: the shipped ones (``devices.yaml``), and a user's file in the same form."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from archcalc.errors import ArchcalcError, Source, SpecError, alike, did_you_mean, plain, short
from archcalc.language.compose import read_nodes
from archcalc.language.figure_expressions import parse_quantity
from archcalc.language.find import read_file
from archcalc.language.nodes import Map, Node, Scalar
from archcalc.language.tokens import ExprError
from archcalc.language.values import ValueReader, place_of
from archcalc.results.time import Device

TEXTS = ("title", "source", "seen", "note")
KEYS = (*TEXTS, "year", "aliases", "vector", "matrix", "bandwidth", "memory")
NEEDED = ("bandwidth", "memory", "source")
DEFAULT_DEVICE = "h100"
"""The device that times are predicted for if none is named: well known, and with a rate for every dtype."""
DTYPES = ("float64", "float32", "float16", "bfloat16", "float8", "int8")
"""The dtypes that can have a rate; matrix units can also have ``tf32``."""
MAKERS = ("nvidia", "amd", "apple", "google", "intel")
"""First words that a name of a device can lack: NVIDIA's drivers report its name only since version 465."""


def load_devices(path: str | None = None) -> dict[str, Device]:
    """Devices by name: those of the user's file first, then the shipped ones. Raises ArchcalcError."""
    shipped = os.path.join(os.path.dirname(os.path.abspath(__file__)), "devices.yaml")
    from_user = read_devices(read_file(path)) if path else {}
    # Named without its folder, so that a problem in it reads the same on every machine.
    built_in = read_devices(Source("devices.yaml", read_file(shipped).text))
    return {**from_user, **{name: device for name, device in built_in.items() if name not in from_user}}


def device_named(name: str | Device, path: str | None = None) -> Device:
    """The device of that name, also among those of a user's file. Raises ArchcalcError."""
    return name if isinstance(name, Device) else find_device(name, load_devices(path))


def find_device(name: str, devices: Mapping[str, Device]) -> Device:
    """Find a device by name or alias; its spelling does not matter (see ``plain``), nor a maker before it.

    Raises ArchcalcError, also for a name that several devices have.
    """
    found = _meant(name, devices)
    if len(found) == 1:
        return found[0]
    if found:
        which = " or ".join(device.name for device in found)
        raise ArchcalcError(f"several devices are called '{short(name)}': write {which}")
    aliases = (alias for device in devices.values() for alias in device.aliases)
    hint = did_you_mean(name, [*devices, *aliases])
    hint = hint or "'archcalc device' lists the devices; with --calibrate it measures this machine"
    raise ArchcalcError(f"unknown device '{short(name)}' ({hint})")


def match_device(name: str, devices: Mapping[str, Device]) -> Device | None:
    """The device with this name or alias, as a driver may report it; None if no device matches."""
    found = _meant(name, devices)
    return found[0] if len(found) == 1 else None


def devices_like(word: str, devices: Mapping[str, Device]) -> list[Device]:
    """The devices with this word in the name, the title or an alias, in any spelling.

    >>> [device.name for device in devices_like("Titan X", load_devices())]
    ['titan-x-maxwell', 'titan-x-pascal', 'titan-xp']
    """
    part = plain(word)
    return [
        device
        for device in devices.values()
        if part and any(part in plain(text) for text in (device.name, device.title, *device.aliases))
    ]


def _meant(name: str, devices: Mapping[str, Device]) -> list[Device]:
    """The devices that a name can mean: the one that has it, else all that have it as an alias."""
    maker, _, rest = name.strip().partition(" ")
    for word in (name, rest) if maker.lower() in MAKERS else (name,):
        by_name = alike(word, devices)
        # A device of the user's file comes before a shipped one whose name differs in spelling only.
        if by_name:
            return [devices[by_name[0]]]
        by_alias = [device for device in devices.values() if alike(word, device.aliases)]
        if by_alias:
            return by_alias
    return []


def read_devices(source: Source) -> dict[str, Device]:
    """Read the devices of a YAML text. Raises SpecError with every mistake."""
    reader = ValueReader()
    root = reader.mapping(read_nodes(source, reader.problems), "a file of devices", "devices: {name: {...}}")
    devices: dict[str, Device] = {}
    if root is not None:
        reader.known_keys(root, ("devices",), "a file of devices")
        entry = root.entries.get("devices")
        if entry is None:
            reader.fail("this file defines no devices", root.mark, "", "devices: {name: {...}}")
        listed = reader.mapping(entry.value, "devices") if entry else None
        for name, item in listed.entries.items() if listed else ():
            mapping = reader.mapping(item.value, name)
            if mapping is not None:
                devices[name] = _device(name, mapping, item.key, reader)
    if reader.problems:
        raise SpecError(reader.problems)
    return devices


def _device(name: str, mapping: Map, key: Scalar, reader: ValueReader) -> Device:
    reader.known_keys(mapping, KEYS, name)
    nodes = {word: entry.value for word, entry in mapping.entries.items()}
    missing = [word for word in NEEDED if word not in nodes]
    if missing:
        reader.fail(f"a device needs {' and '.join(missing)}", key.mark, name)
    vector = _rates(nodes.get("vector"), name, DTYPES, reader)
    matrix = _rates(nodes.get("matrix"), name, (*DTYPES, "tf32"), reader)
    # TF32 alone is not enough: it is a mode of float32, and not a dtype of values.
    if not missing and not set(vector) | set(matrix) - {"tf32"}:
        reader.fail(
            "a device needs a rate for at least one dtype", key.mark, name, "vector: {float32: 19.5T}"
        )
    texts = {word: reader.text(nodes[word], word) if word in nodes else "" for word in TEXTS}
    return Device(
        name=name,
        title=texts["title"] or name,
        year=_count(nodes["year"], f"{name}: year", reader) if "year" in nodes else None,
        vector=vector,
        matrix=matrix,
        bandwidth=_count(nodes.get("bandwidth"), f"{name}: bandwidth", reader),
        memory=_count(nodes.get("memory"), f"{name}: memory", reader),
        source=texts["source"],
        seen=texts["seen"],
        aliases=tuple(reader.text(item, "an alias") for item in _items(nodes.get("aliases"), reader)),
        note=texts["note"],
    )


def _items(node: Node | None, reader: ValueReader) -> Any:
    return reader.sequence(node, "aliases") if node else ()


def _rates(node: Node | None, name: str, dtypes: tuple[str, ...], reader: ValueReader) -> dict[str, int]:
    mapping = reader.mapping(node, f"{name}: rates", "{float32: 19.5T}") if node else None
    if mapping is None:
        return {}
    reader.known_keys(mapping, dtypes, name, "dtype")
    return {
        dtype: _count(entry.value, f"{name}: {dtype}", reader) for dtype, entry in mapping.entries.items()
    }


def _count(node: Node | None, what: str, reader: ValueReader) -> int:
    """A number of at least 1: plain, with a unit (19.5T), or a product of such numbers; rounded down."""
    if node is None:
        return 1
    if isinstance(node, Scalar) and not node.refused:
        try:
            value = parse_quantity(node.text).evaluate({})
        except ExprError as error:
            reader.fail(f"{what}: {error.message}", place_of(node, error.column), "", error.hint)
            return 1
        if isinstance(value, int | Fraction) and not isinstance(value, bool) and value >= 1:
            return int(value)
    reader.fail(f"{what} must be a number above 0, such as 19.5T", node.mark)
    return 1
