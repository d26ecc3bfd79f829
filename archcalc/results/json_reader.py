"""Values of a JSON file, each checked when it is read. An error names the place, as ``runs[0].batch``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from archcalc.errors import ArchcalcError, Problem, Source, SpecError, printable, short

MOST, LEAST = 10**60, 1e-15
"""Default limits: no number is larger, and no decimal except 0 is smaller. So quotients stay finite."""
T = TypeVar("T")


def parse_json(data: bytes, file: str) -> JsonValue:
    """The value that a JSON text holds; ``file`` is its name in messages. Raises ArchcalcError; a
    SpecError shows the line.

    >>> parse_json(b'{"runs": [{"batch": 1}]}', "times.json").get("runs").items()[0].get("batch").whole()
    1
    >>> parse_json(b'{"runs": [{"batch": -1}]}', "times.json").get("runs").items()[0].get("batch").whole()
    Traceback (most recent call last):
    archcalc.errors.ArchcalcError: times.json: runs[0].batch must be a whole number from 1 to 1e+60, not -1
    """
    try:
        return JsonValue(json.loads(data, object_pairs_hook=_mapping), file)
    except json.JSONDecodeError as error:
        # With its mark the user sees the line, as for a spec.
        mark = Source(file, error.doc).mark(error.pos)
        raise SpecError([Problem(f"not JSON: {error.msg}", mark)]) from None
    except _DuplicateKey as error:
        says = f"the key '{short(str(error))}' occurs twice in one object"
    except (ValueError, RecursionError):
        says = "not JSON in UTF-8, or too deeply nested, or a number has too many digits"
    raise ArchcalcError(f"{file}: {says}")


class _DuplicateKey(Exception):
    """A key that one object has twice; json would keep the last value and drop the others."""


def _mapping(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKey(next(key for key in keys if keys.count(key) > 1))
    return mapping


class JsonValue:
    """A value of a JSON file that knows its place, such as ``runs[0].batch``."""

    __slots__ = ("above", "file", "key", "value")

    def __init__(self, value: Any, file: str, above: JsonValue | None = None, key: str | int = "") -> None:
        self.value, self.file, self.above, self.key = value, file, above, key

    @property
    def place(self) -> str:
        """Where the value stands in the file; empty for the whole file."""
        # Put together only for a message: a lock has a million values, and most of them are right.
        if self.above is None:
            return ""
        if isinstance(self.key, int):
            return f"{self.above.place}[{self.key}]"
        return f"{self.above.place}.{short(self.key)}".lstrip(".")

    def error(self, says: str) -> ArchcalcError:
        """An error at this place."""
        return ArchcalcError(": ".join(filter(None, (self.file, self.place, says))))

    def wrong(self, wanted: str) -> ArchcalcError:
        """The error that says what this value should be."""
        is_large = isinstance(self.value, dict | list)
        given = "something else" if is_large else short(json.dumps(self.value), 40)
        # A large value would fill the message; json.dumps also makes control characters visible.
        return ArchcalcError(f"{self.file}: {self.place or 'the file'} must be {wanted}, not {given}")

    def get(self, key: str) -> JsonValue:
        """The value of a key; null if the key is missing."""
        if not isinstance(self.value, dict):
            raise self.wrong("a mapping")
        return JsonValue(self.value.get(key), self.file, self, key)

    def items(self) -> list[JsonValue]:
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return [JsonValue(item, self.file, self, number) for number, item in enumerate(self.value)]

    def item(self, number: int) -> JsonValue:
        """One item of a list that has so many."""
        return JsonValue(self.value[number], self.file, self, number)

    def mapping(self, read: Callable[[JsonValue], T]) -> dict[str, T]:
        """A mapping whose values are all read in the same way."""
        if not isinstance(self.value, dict):
            raise self.wrong("a mapping")
        return {str(key): read(self.get(key)) for key in self.value}

    def text(self) -> str:
        """A text; control characters are made visible."""
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return printable(self.value)

    def whole(self, least: int = 1, most: int = MOST) -> int:
        """A whole number within limits; true and 1.0 are not whole numbers."""
        if type(self.value) is not int or not least <= self.value <= most:
            raise self.wrong(f"a whole number from {least} to {most:.0e}")
        return self.value

    def whole_numbers(self, least: int = 1, most: int = MOST) -> tuple[int, ...]:
        """A list of whole numbers within limits."""
        # Shapes are most of a lock, so their numbers get no JsonValue each unless one of them is wrong.
        numbers = self.value if isinstance(self.value, list) else None
        if numbers is not None and all(type(item) is int and least <= item <= most for item in numbers):
            return tuple(numbers)
        return tuple(item.whole(least, most) for item in self.items())

    def number(self) -> float:
        """A number that is not negative."""
        # json also reads NaN and Infinity, which are not in the range.
        if type(self.value) not in (int, float) or not (self.value == 0 or LEAST <= self.value <= MOST):
            raise self.wrong(f"0 or a number from {LEAST} to {MOST:.0e}")
        return float(self.value)

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def maybe(self, read: Callable[[JsonValue], T]) -> T | None:
        """The value, or None for null."""
        return None if self.value is None else read(self)
