"""``--set width=16:128:8``: the values that a setting takes in a sweep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.errors import ArchcalcError, short
from archcalc.language.arithmetic import shown
from archcalc.language.settings import parse_assignment

MAX_VALUES = 1_000_000
"""Values of one setting."""

_ITEM = re.compile(r"[,;](?![^\[]*\])(?![^(]*\))")  # not a comma inside [...] or (...)
_COLON = re.compile(r":(?![^\[]*\])(?![^(]*\))")


def parse_ranges(texts: Mapping[str, Sequence[Any]] | Sequence[str]) -> Mapping[str, Sequence[Any]]:
    """The values of every setting, in their order; a name that comes again adds values. Raises ArchcalcError.

    A mapping has the values already; one text may stand alone.

    >>> parse_ranges(["width=16:64:16", "size=128,160", "depths=[3,4,6,3];[2,2,2,2]"])
    {'width': [16, 32, 48, 64], 'size': [128, 160], 'depths': [[3, 4, 6, 3], [2, 2, 2, 2]]}
    """
    if isinstance(texts, Mapping):
        return texts
    settings: dict[str, list[Any]] = {}
    for text in [texts] if isinstance(texts, str) else texts:
        name, equals, items = text.partition("=")
        if not equals:
            parse_assignment(text)  # raises: the equals sign is missing
        values = settings.setdefault(name.strip(), [])
        for item in _ITEM.split(items):
            values.extend(_values(name.strip(), item))
            if len(values) > MAX_VALUES:
                raise ArchcalcError(f"--set {short(name.strip())}: more than {MAX_VALUES:,} values")
    return {name: _each_once(values) for name, values in settings.items()}


def _values(name: str, item: str) -> Sequence[Any]:
    """One value, or the values of a range START:STOP or START:STOP:STEP, with the stop included."""
    numbers = _COLON.split(item)
    if len(numbers) == 1:
        return [parse_assignment(f"{name}={item}")[1]]
    values = [parse_assignment(f"{name}={number}")[1] for number in numbers]
    start, stop, step = (
        (*values, 1) if len(values) == 2 else values if len(values) == 3 else (None, None, None)
    )
    if type(start) is not int or type(stop) is not int or type(step) is not int or step < 1 or stop < start:
        message = f"--set {short(name)}: '{short(item)}' is not a valid range"
        raise ArchcalcError(f"{message} (write START:STOP:STEP in whole numbers, such as 16:128:8)")
    return range(start, stop + 1, step)[: MAX_VALUES + 1]


def _each_once(values: Sequence[Any]) -> list[Any]:
    return list({shown(value): value for value in values}.values())
