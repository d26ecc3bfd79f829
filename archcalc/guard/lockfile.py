"""The text of a lock file: sorted JSON, one line per layer, with only whole numbers, names and hashes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeVar

from archcalc.errors import ArchcalcError, printable, short
from archcalc.results import FORMAT, Shape
from archcalc.results.json_reader import JsonValue, parse_json
from archcalc.results.lock import LOCKED_AT_FIRST, Lock, LockedLayer, LockedNetwork

NAME = "archcalc.lock"
MAX_BYTES = 200_000_000
MOST = 10**250
"""The largest count. A float can hold 10**300, so the ratio of two counts can be printed in percent."""

_FRACTION = re.compile(r"-?[0-9]{1,19}/[1-9][0-9]{0,18}\Z")
_SETTINGS = re.compile(rb'^ "set": (\{.*\})\r?$', re.MULTILINE)
_CONFLICT = re.compile(rb"^(<{7}|={7}|>{7})", re.MULTILINE)

Item = TypeVar("Item")


# --- writing ------------------------------------------------------------------------------------------


def text_of(lock: Lock) -> str:
    """A lock as text.

    >>> print(text_of(Lock("archcalc/1", {"size": 192}, {}, ("params", "macs"))), end="")
    {
     "convention": "archcalc/1",
     "format": 1,
     "networks": {},
     "quantities": ["params", "macs"],
     "set": {"size": 192}
    }
    """
    # Each layer stands on one line, so that a diff shows one line per change; json.dumps cannot do that.
    parts = [f"  {_line(name)}: {_network(lock.networks[name])}" for name in sorted(lock.networks)]
    body = "{\n" + ",\n".join(parts) + "\n }" if parts else "{}"
    settings = {name: _as_json(value) for name, value in lock.settings.items()}
    head = f'{{\n "convention": {_line(lock.convention)},\n "format": {FORMAT},\n "networks": {body},\n'
    return f'{head} "quantities": {_line(list(lock.quantities))},\n "set": {_line(settings)}\n}}\n'


def _network(locked: LockedNetwork) -> str:
    entry = locked.as_json()
    rows = ",".join(f"\n    {_line(row)}" for row in entry["layers"])
    lines = {name: _line(value) for name, value in entry.items()} | {
        "layers": f"[{rows}\n   ]" if rows else "[]"
    }
    return "{\n" + ",\n".join(f"   {_line(name)}: {lines[name]}" for name in sorted(lines)) + "\n  }"


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _as_json(value: Any) -> Any:
    """A setting in JSON; a fraction becomes a text, because a decimal may not be exact."""
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    return f"{value.numerator}/{value.denominator}" if isinstance(value, Fraction) else value


# --- reading ------------------------------------------------------------------------------------------


def read(path: str) -> Lock | None:
    """The lock in a file, or None if the file does not exist. Raises ArchcalcError if it cannot be read."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ArchcalcError(f"{printable(path)}: {error.strerror}") from None
    return parse(data, printable(path))


def settings_of(path: str) -> Mapping[str, Any]:
    """The settings that a lock was made with, also of a damaged lock: writing it again keeps them.

    Empty if the file does not exist, or if its settings are damaged too. Raises ArchcalcError if a merge
    conflict has left two different settings.
    """
    try:
        lock = read(path)
    except ArchcalcError:
        return _settings_of_damaged(path)
    return lock.settings if lock else {}


def _settings_of_damaged(path: str) -> Mapping[str, Any]:
    try:
        with open(path, "rb") as file:
            # The writer of locks puts the settings on a separate line, so the rest need not be JSON.
            lines = set(_SETTINGS.findall(file.read(MAX_BYTES)))
    except OSError:
        return {}
    if len(lines) > 1:
        says = "a merge conflict left different settings in it; choose them with --set, or delete the file"
        raise ArchcalcError(f"{printable(path)}: {says}")
    try:
        return parse_json(lines.pop(), printable(path)).mapping(_setting) if lines else {}
    except ArchcalcError:
        return {}


def parse(data: bytes, file: str = NAME) -> Lock:
    """The lock that a text holds; ``file`` is its name in messages. Raises ArchcalcError."""
    if len(data) > MAX_BYTES:
        raise ArchcalcError(f"{file}: the file is larger than {MAX_BYTES:,} bytes")
    # Before the JSON parser, whose message would point at a marker without naming the cause.
    if _CONFLICT.search(data):
        raise ArchcalcError(f"{file}: it has a merge conflict; run 'archcalc lock' to write it again")
    root = parse_json(data, file)
    version = root.value.get("format") if isinstance(root.value, dict) else None
    if type(version) is not int:
        raise root.error("this is not a lock; run 'archcalc lock' to write one")
    if version != FORMAT:
        hint = "update archcalc" if version > FORMAT else "run 'archcalc lock' to write it again"
        says = f"this is a lock of format {short(str(version))}; this archcalc reads format {FORMAT}"
        raise root.error(f"{says} ({hint})")
    networks = _by_name(root.get("networks"), _read_network)
    quantities = root.get("quantities")
    held = LOCKED_AT_FIRST if quantities.value is None else tuple(map(_name, quantities.items()))
    return Lock(_name(root.get("convention")), root.get("set").mapping(_setting), networks, held)


def _read_network(entry: JsonValue) -> LockedNetwork:
    layers = tuple(map(_read_layer, entry.get("layers").items()))
    paths: set[str] = set()
    for layer in layers:
        if layer.path in paths:
            raise entry.get("layers").error(f"the layer '{short(layer.path)}' occurs twice")
        paths.add(layer.path)
    totals = _by_name(entry.get("totals"), _count)
    return LockedNetwork(str(entry.key), _name(entry.get("spec")), _shape(entry.get("input")), layers, totals)


_NOT_COUNTS = ("layer", "op", "input", "output")


def _read_layer(row: JsonValue) -> LockedLayer:
    path, op, output = _name(row.get("layer")), _name(row.get("op")), _shape(row.get("output"))
    inputs = tuple(map(_shape, row.get("input").items()))
    # Every other key is a count: the lock of a later archcalc may have more of them.
    counts = {
        name: _count(row.get(_checked_name(row, name))) for name in row.value if name not in _NOT_COUNTS
    }
    return LockedLayer(path, op, inputs, output, counts)


def _by_name(value: JsonValue, read_item: Callable[[JsonValue], Item]) -> dict[str, Item]:
    """A mapping of which every key is a name."""
    return {_checked_name(value, name): item for name, item in value.mapping(read_item).items()}


def _checked_name(value: JsonValue, name: str) -> str:
    if not name.isprintable():
        raise value.error(f"the name '{short(name)}' has control characters")
    return name


def _shape(value: JsonValue) -> Shape:
    return value.whole_numbers(0, MOST)


def _count(value: JsonValue) -> int:
    return value.whole(0, MOST)


def _name(value: JsonValue) -> str:
    """A name. archcalc writes no control characters into names."""
    if not isinstance(value.value, str) or not value.value.isprintable():
        raise value.wrong("a text without control characters")
    return value.value


def _setting(value: JsonValue) -> Any:
    if isinstance(value.value, list):
        return [_setting(item) for item in value.items()]
    if isinstance(value.value, str) and _FRACTION.match(value.value):
        numerator, denominator = map(int, value.value.split("/"))
        return Fraction(numerator, denominator)
    if isinstance(value.value, bool):
        return value.value
    return value.whole(-MOST, MOST) if isinstance(value.value, int) else _name(value)
