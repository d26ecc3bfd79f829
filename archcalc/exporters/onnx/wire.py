"""Protobuf: messages as bytes, without the code that a ``.proto`` file would be compiled to."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TypeAlias

Written: TypeAlias = "int | float | str | bytes | Sequence[int] | Sequence[bytes]"

VARINT, LENGTH, FIXED32 = 0, 2, 5


def varint(value: int) -> bytes:
    """A whole number, seven bits in a byte; a negative one as if it had 64 bits.

    >>> varint(150), len(varint(-1))
    (b'\\x96\\x01', 10)
    """
    value &= (1 << 64) - 1
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def message(*fields: tuple[int, Written]) -> bytes:
    """A message of fields, each with its number; a list is a field that stands several times.

    >>> message((1, 150), (2, "hi"), (3, [1, 2]))
    b'\\x08\\x96\\x01\\x12\\x02hi\\x18\\x01\\x18\\x02'
    """
    return b"".join([_field(number, value) for number, value in fields])


def _field(number: int, value: Written) -> bytes:
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | FIXED32) + struct.pack("<f", value)
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return varint(number << 3 | LENGTH) + varint(len(value)) + value
    return b"".join([_field(number, one) for one in value])
