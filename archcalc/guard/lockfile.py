"""The text of a lock file: JSON, sorted, a line for every layer; whole numbers, names and hashes, nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from archcalc.errors import ArchcalcError, printable, short
from archcalc.results import FORMAT, Shape
from archcalc.results.lock import Lock, Locked, LockedLayer

MAX_BYTES = 200_000_000
MOST = 10**250
"""No count is larger; a float still holds a hundred times as much, so every share of two counts can be printed."""

_FRACTION = re.compile(r"-?[0-9]{1,19}/[1-9][0-9]{0,18}\Z")
_SETTINGS = re.compile(rb'^ "set": (\{.*\})\r?$', re.MULTILINE)
_CONFLICT = re.compile(rb"^(<{7}|={7}|>{7})", re.MULTILINE)

Item = TypeVar("Item")


# --- writing ------------------------------------------------------------------------------------------


def text_of(lock: Lock) -> str:
    """A lock as text.

    >>> print(text_of(Lock("archcalc/1", {"size": 192}, {})), end="")
    {
     "convention": "archcalc/1",
     "format": 1,
     "networks": {},
     "set": {"size": 192}
    }
    """
    parts = [f"  {_line(name)}: {_network(lock.networks[name])}" for name in sorted(lock.networks)]
    body = "{\n" + ",\n".join(parts) + "\n }" if parts else "{}"
    settings = {name: _written(value) for name, value in lock.settings.items()}
    head = f'{{\n "convention": {_line(lock.convention)},\n "format": {FORMAT},\n "networks": {body},\n'
    return f'{head} "set": {_line(settings)}\n}}\n'


def _network(locked: Locked) -> str:
    entry = locked.as_json()
    rows = ",".join(f"\n    {_line(row)}" for row in entry["layers"])
    lines = {name: _line(value) for name, value in entry.items()} | {
        "layers": f"[{rows}\n   ]" if rows else "[]"
    }
    return "{\n" + ",\n".join(f"   {_line(name)}: {lines[name]}" for name in sorted(lines)) + "\n  }"


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _written(value: Any) -> Any:
    """A setting as JSON holds it: a fraction as text, since JSON has only decimals."""
    if isinstance(value, list | tuple):
        return [_written(item) for item in value]
    return f"{value.numerator}/{value.denominator}" if isinstance(value, Fraction) else value


# --- reading ------------------------------------------------------------------------------------------


class _NoLock(Exception):
    """Why a text is no lock."""


def read(path: str) -> Lock | None:
    """The lock of a file; None if there is none. Raises ArchcalcError for one that cannot be read."""
    try:
        with open(path, "rb") as file:
            return parse(file.read(MAX_BYTES + 1))
    except FileNotFoundError:
        return None
    except (OSError, _NoLock) as error:
        says = error.strerror if isinstance(error, OSError) else error
        raise ArchcalcError(f"{printable(path)}: {says}") from None


def settings_of(path: str) -> Mapping[str, Any]:
    """The settings that a lock was made with, of one that cannot be read too: whoever writes it anew keeps them.

    Empty if nothing says so. Raises ArchcalcError if both sides of a merge say something else.
    """
    try:
        lock = read(path)
    except ArchcalcError:
        return _settings_left(path)
    return lock.settings if lock else {}


def _settings_left(path: str) -> Mapping[str, Any]:
    try:
        with open(path, "rb") as file:
            said = set(_SETTINGS.findall(file.read(MAX_BYTES)))
    except OSError:
        return {}
    if len(said) > 1:
        says = "a merge has left several settings in it; --set says which are meant, or delete it"
        raise ArchcalcError(f"{printable(path)}: {says}")
    try:
        return {name: _setting(value) for one in said for name, value in json.loads(one).items()}
    except (ValueError, RecursionError, _NoLock):
        return {}


def parse(data: bytes) -> Lock:
    """The lock that a text holds. Raises _NoLock."""
    if len(data) > MAX_BYTES:
        raise _NoLock(f"it is larger than {MAX_BYTES:,} bytes")
    if _CONFLICT.search(data):
        raise _NoLock("it has a merge conflict; 'archcalc lock' writes it anew")
    try:
        found = json.loads(data, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise _NoLock(f"it is no JSON: {error.msg}, line {error.lineno} column {error.colno}") from None
    except (ValueError, RecursionError):  # no UTF-8, a number of thousands of digits, nested without end
        raise _NoLock("it is no lock") from None
    if not isinstance(found, dict) or type(found.get("format")) is not int:
        raise _NoLock("it is no lock ('archcalc lock' writes one)")
    if found["format"] != FORMAT:
        way_out = "update archcalc" if found["format"] > FORMAT else "'archcalc lock' writes it anew"
        says = f"it is a lock of format {short(str(found['format']))}; this archcalc reads format {FORMAT}"
        raise _NoLock(f"{says} ({way_out})")
    settings = {name: _setting(value) for name, value in _table(found, "set").items()}
    networks = {_text(name): _locked(name, entry) for name, entry in _table(found, "networks").items()}
    return Lock(_text(found.get("convention")), settings, networks)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _NoLock(f"'{short(next(name for name in names if names.count(name) > 1))}' stands in it twice")
    return found


def _locked(name: str, entry: Any) -> Locked:
    rows = _list(_layer)(_get(entry, "layers"))
    if len({row.path for row in rows}) < len(rows):
        raise _NoLock(f"a layer of '{short(name)}' stands in it twice")
    totals = {_text(key): _count(value) for key, value in _table(entry, "totals").items()}
    return Locked(name, _text(_get(entry, "spec")), _shape(_get(entry, "input")), rows, totals)


_NO_FIGURES = ("layer", "op", "input", "output")


def _layer(row: Any) -> LockedLayer:
    shapes = _shapes(_get(row, "input"))
    path, op, output = _text(_get(row, "layer")), _text(_get(row, "op")), _shape(_get(row, "output"))
    figures = {_text(key): _count(value) for key, value in row.items() if key not in _NO_FIGURES}
    return LockedLayer(path, op, shapes, output, figures)


def _get(record: Any, key: str) -> Any:
    if not isinstance(record, dict) or key not in record:
        raise _NoLock(f"something lacks its '{key}'")
    return record[key]


def _table(record: Any, key: str) -> Mapping[str, Any]:
    found = _get(record, key)
    if not isinstance(found, dict):
        raise _NoLock(f"'{key}' is no table")
    return found


def _list(read_item: Callable[[Any], Item]) -> Callable[[Any], tuple[Item, ...]]:
    def read_all(value: Any) -> tuple[Item, ...]:
        if not isinstance(value, list):
            raise _NoLock("a list is none")
        return tuple(map(read_item, value))

    return read_all


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < MOST:
        raise _NoLock(f"{short(repr(value))} is no count")
    return value


def _text(value: Any) -> str:
    """A name; those that archcalc writes have no control characters."""
    if not isinstance(value, str) or not value.isprintable():
        raise _NoLock(f"{short(repr(value))} is no name")
    return value


def _setting(value: Any) -> Any:
    if isinstance(value, list):
        return [_setting(item) for item in value]
    if isinstance(value, str) and _FRACTION.match(value):
        above, below = map(int, value.split("/"))
        return Fraction(above, below)
    if isinstance(value, bool) or (type(value) is int and abs(value) < MOST):
        return value
    return _text(value)


_shape: Callable[[Any], Shape] = _list(_count)
_shapes = _list(_shape)
