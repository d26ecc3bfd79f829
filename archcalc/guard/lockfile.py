"""The text of a lock file: JSON with a line for each thing that may change; only figures, names and hashes.

What stands in a line of a layer is said in ``results/lock_lines.py``, how scopes nest in
``results/lock_scopes.py``. The first format of locks is still read (``guard/first_format.py``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from archcalc.errors import ArchcalcError, printable, short
from archcalc.guard.lock_reader import name_of, networks_of, quantities_of
from archcalc.results.json_reader import JsonValue, parse_json
from archcalc.results.lock import LOCKED, Lock, LockedNetwork
from archcalc.results.lock_lines import MOST, shape_text
from archcalc.results.lock_scopes import Lines

NAME = "archcalc.lock"
FORMAT = 2
"""The format that is written; it is raised when an older archcalc could misread a lock."""
MAX_BYTES = 200_000_000

_FRACTION = re.compile(r"-?[0-9]{1,19}/[1-9][0-9]{0,18}\Z")
_SETTINGS = re.compile(rb'^ "set": (\{.*\})\r?$', re.MULTILINE)
_CONFLICT = (b"<" * 7, b"=" * 7, b">" * 7)
"""What git writes at the left of a file that it could not merge."""


# --- writing ------------------------------------------------------------------------------------------


def text_of(lock: Lock) -> str:
    """A lock as text.

    >>> print(text_of(Lock("archcalc/1", {"size": 192}, {}, ("params", "macs"))), end="")
    {
     "convention": "archcalc/1",
     "format": 2,
     "networks": {},
     "quantities": ["params", "macs"],
     "set": {"size": 192}
    }
    """
    # A diff shows lines, so everything that may change alone has a line; json.dumps cannot do that.
    networks = _nested("  ", "{}", (_network(lock.networks[name]) for name in sorted(lock.networks)))
    settings = {name: _as_json(value) for name, value in lock.settings.items()}
    head = f'{{\n "convention": {_json(lock.convention)},\n "format": {FORMAT},\n "networks": {networks},\n'
    return f'{head} "quantities": {_json(list(lock.quantities))},\n "set": {_json(settings)}\n}}\n'


def _network(locked: LockedNetwork) -> str:
    """The entry of a network. Its totals come first: they are what a reader of a diff asks for first."""
    held = [key for key in LOCKED if key in locked.totals]
    more = sorted(locked.totals.keys() - set(held))
    totals = _nested("    ", "{}", (f"{_json(key)}: {locked.totals[key]}" for key in (*held, *more)))
    parts = {
        "totals": totals,
        "input": _json(shape_text(locked.input)),
        "spec": _json(locked.spec),
        "layers": _layers(locked.lines, "    "),
    }
    body = _nested("   ", "{}", (f"{_json(key)}: {text}" for key, text in parts.items()))
    return f"{_json(locked.name)}: {body}"


def _layers(lines: Lines, indent: str) -> str:
    return _nested(indent, "[]", (_line(line, indent) for line in lines))


def _line(line: str | dict[str, Lines], indent: str) -> str:
    if isinstance(line, str):
        return _json(line)
    (path, lines), *_ = line.items()
    return f"{{{_json(path)}: {_layers(lines, indent + ' ')}}}"


def _nested(indent: str, brackets: str, lines: Iterator[str]) -> str:
    """A JSON object or list with a line for each of its parts."""
    body = f",\n{indent}".join(lines)
    return f"{brackets[0]}\n{indent}{body}\n{indent[1:]}{brackets[1]}" if body else brackets


_json = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


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
    if data.startswith(_CONFLICT) or any(b"\n" + marker in data for marker in _CONFLICT):
        raise ArchcalcError(f"{file}: it has a merge conflict; run 'archcalc lock' to write it again")
    root = parse_json(data, file)
    version = root.value.get("format") if isinstance(root.value, dict) else None
    if type(version) is not int:
        raise root.error("this is not a lock; run 'archcalc lock' to write one")
    if version not in (1, FORMAT):
        hint = "update archcalc" if version > FORMAT else "run 'archcalc lock' to write it again"
        says = f"this is a lock of format {short(str(version))}; this archcalc reads formats 1 and {FORMAT}"
        raise root.error(f"{says} ({hint})")
    quantities = quantities_of(root.get("quantities"))
    networks = networks_of(root.get("networks"), quantities, is_first_format=version == 1)
    return Lock(name_of(root.get("convention")), root.get("set").mapping(_setting), networks, quantities)


def _setting(value: JsonValue) -> Any:
    if isinstance(value.value, list):
        return [_setting(item) for item in value.items()]
    if isinstance(value.value, str) and _FRACTION.match(value.value):
        numerator, denominator = map(int, value.value.split("/"))
        return Fraction(numerator, denominator)
    if isinstance(value.value, bool):
        return value.value
    return value.whole(-MOST, MOST) if isinstance(value.value, int) else name_of(value)
