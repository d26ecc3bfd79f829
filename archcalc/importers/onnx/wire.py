"""Protobuf: the fields of a message, without the code that a ``.proto`` file would be compiled to.

A field is a view of the file, so what is skipped is never read. The weights of a network are such fields.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import TypeAlias

from archcalc.errors import ArchcalcError, printable

Field: TypeAlias = "int | memoryview"

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class WireError(Exception):
    """The bytes are not a protobuf message."""


def view_of(path: str) -> memoryview:
    """The content of a file; only the pages that are looked at are read. Raises ArchcalcError."""
    try:
        with open(path, "rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except ValueError:
        raise ArchcalcError(f"{printable(path)}: the file is empty") from None
    except OSError as error:
        raise ArchcalcError(f"{printable(path)}: {error.strerror or error}") from None


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    if place < len(data) and data[place] < 0x80:  # nearly all numbers have one byte
        return data[place], place + 1
    value = shift = 0
    for byte in data[place : place + 10]:
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise WireError


def fields(data: memoryview) -> Iterator[tuple[int, Field]]:
    """The number and the value of every field. Raises WireError.

    >>> [(number, value if isinstance(value, int) else bytes(value))
    ...  for number, value in fields(memoryview(bytes([8, 150, 1, 18, 2, 104, 105])))]
    [(1, 150), (2, b'hi')]
    """
    place, end = 0, len(data)
    while place < end:
        key = data[place]
        if key < 0x80:
            place += 1
        else:
            key, place = _varint(data, place)
        kind = key & 7
        if kind == VARINT:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        if kind == LENGTH:
            size, place = _varint(data, place)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise WireError
        if place + size > end:
            raise WireError
        yield key >> 3, data[place : place + size]
        place += size


def message(value: Field) -> memoryview:
    """A field that holds bytes. Raises WireError."""
    if isinstance(value, int):
        raise WireError
    return value


def text(value: Field) -> str:
    """A field that holds a text. Raises WireError."""
    return bytes(message(value)).decode("utf-8", "replace")


def whole(value: Field) -> int:
    """A field that holds a signed number. Raises WireError.

    >>> whole(2**64 - 1)
    -1
    """
    if not isinstance(value, int):
        raise WireError
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def wholes(value: Field, most: int) -> list[int]:
    """One number, or several in one field, but not more than ``most``. Raises WireError."""
    if isinstance(value, int):
        return [whole(value)]
    numbers, place = [], 0
    while place < len(value):
        number, place = _varint(value, place)
        numbers.append(whole(number))
        if len(numbers) > most:
            raise WireError
    return numbers
