"""The text format of protobuf, as people write it by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple


class EnumWord(NamedTuple):
    """A word of an enum: it has no quotes."""

    word: str


def lines(message: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """A message; a mapping is a message in it, a list is a field that stands several times.

    >>> print(*lines({"name": "a", "param": {"pool": EnumWord("AVE"), "dim": [1, 2]}}), sep="; ")
    name: "a"; param {;   pool: AVE;   dim: 1;   dim: 2; }
    """
    blanks = "  " * depth
    for name, given in message.items():
        for value in given if isinstance(given, Sequence) and _is_list(given) else [given]:
            if isinstance(value, Mapping):
                yield f"{blanks}{name} {{"
                yield from lines(value, depth + 1)
                yield f"{blanks}}}"
            else:
                yield f"{blanks}{name}: {_value(value)}"


def _is_list(value: Sequence[Any]) -> bool:
    return not isinstance(value, str | EnumWord)


def _value(value: Any) -> str:
    if isinstance(value, EnumWord):
        return value.word
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Fraction):
        return f"{float(value):.9g}"
    if isinstance(value, str):
        escaped = value.replace("\\", r"\\").replace('"', r"\"")
        return f'"{escaped}"'
    return str(value)
