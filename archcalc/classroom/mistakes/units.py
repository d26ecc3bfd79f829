"""Mistakes in memory, bytes, units and digits."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import permutations
from typing import Any

from archcalc.classroom.calculation import BYTES_OF, Calculation, LayerTerm
from archcalc.classroom.mistakes.base import (
    BYTES,
    COUNTS,
    MEMORY,
    Mistake,
    after,
    all_digits,
    in_unit,
    parts,
    times,
    volume,
)
from archcalc.ops.base import Volume

ALL = (*COUNTS, *MEMORY, "biases", "norm_params", "buffers")
BATCHES = (8, 16, 32, 50, 64, 100, 128, 256, 512)
VALUE_BYTES = (8, 2, 1)
SLIPS = (
    Fraction(1000),
    Fraction(1, 1000),
    Fraction(10**6),
    Fraction(1, 10**6),
    Fraction(10),
    Fraction(1, 10),
)
BINARY_UNITS = {"KiB": (2**10, "KB", 10**3), "MiB": (2**20, "MB", 10**6), "GiB": (2**30, "GB", 10**9)}


def _flat(part: LayerTerm) -> LayerTerm | None:
    y = part.output()
    return part._replace(y=Volume(y.spatial, 1)) if y.spatial else None


def _of_input(part: LayerTerm) -> LayerTerm | None:
    x = volume(part)
    return part._replace(y=x) if x else None


def _values(working: Calculation) -> Iterator[Calculation]:
    yield from working.asking(BYTES_OF[working.quantity])


def _in_bytes(working: Calculation) -> Iterator[Calculation]:
    for quantity, counted in BYTES_OF.items():
        if counted == working.quantity:
            yield from working.asking(quantity)


def _other_types(working: Calculation) -> Iterator[Calculation]:
    for size in VALUE_BYTES:
        if size != working.value_bytes:
            yield working._replace(value_bytes=size, about=f"{size} byte{'s' if size > 1 else ''}")


def _thousands(working: Calculation) -> Iterator[Calculation]:
    for power in (1, 2, 3):
        yield from working.then(times(Fraction(1000, 1024) ** power))


def _batches(working: Calculation) -> Iterator[Calculation]:
    if working.batch > 1:
        per_image = working.quantity not in ("params", "weights", "param_bytes", "biases")
        changed = times(Fraction(1, working.batch)) if per_image else times(Fraction(working.batch))
        for new in working.then(changed):
            yield new._replace(about=str(working.batch))
        return
    for batch in BATCHES:
        for new in working.then(times(Fraction(batch))):
            yield new._replace(about=str(batch))


def _slipped(working: Calculation) -> Iterator[Calculation]:
    for factor in SLIPS:
        yield from working.then(times(factor))


def _swapped(working: Calculation) -> Iterator[Calculation]:
    """Two neighbouring digits exchanged."""
    for place in range(len(str(working.result())) - 1):
        yield from working.then(partial(_exchange, place=place))


def _exchange(value: Any, place: int) -> Any:
    digits = str(value)
    if not isinstance(value, int) or value < 1000 or place + 1 >= len(digits):
        return value
    return int(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :])


def _dropped(working: Calculation) -> Iterator[Calculation]:
    """One digit left out."""
    for place in range(len(str(working.result()))):
        yield from working.then(partial(_leave_out, place=place))


def _leave_out(value: Any, place: int) -> Any:
    digits = str(value)
    if not isinstance(value, int) or value < 10_000 or place >= len(digits):
        return value
    return int(digits[:place] + digits[place + 1 :])


def _wrong_units() -> Iterator[Mistake]:
    """The number of one unit of bytes, with the other written behind it."""
    for binary, (power_of_2, decimal, power_of_10) in BINARY_UNITS.items():
        for (meant, is_of), (shown, unit) in permutations(((binary, power_of_2), (decimal, power_of_10))):
            yield Mistake(
                f"{meant}-for-{shown}".lower(),
                BYTES,
                f"The number is one of {meant} ({is_of:,} bytes), but {shown} ({unit:,} bytes) is written.",
                after(times(Fraction(unit, is_of))),
                applies_to=in_unit(unit),
            )


WRONG_UNITS = tuple(_wrong_units())

MISTAKES = (
    Mistake(
        "forgot-depth",
        MEMORY,
        "The depth is missing: the volume holds H·W·D values.",
        parts(_flat),
        False,
    ),
    Mistake(
        "input-for-output",
        MEMORY,
        "These are the values that go into the layer; its memory is that of its output.",
        parts(_of_input),
        False,
    ),
    Mistake(
        "forgot-bytes",
        BYTES,
        "These are values, not bytes: every value takes several (4 of float32).",
        _values,
    ),
    Mistake(
        "bytes-for-values",
        ("activations", "params"),
        "These are bytes; asked for is the number of values.",
        _in_bytes,
    ),
    Mistake(
        "wrong-value-bytes",
        BYTES,
        "A value is taken to have {about}.",
        _other_types,
    ),
    Mistake(
        "bits-for-bytes",
        BYTES,
        "These are bits: a byte has eight.",
        after(times(Fraction(8))),
    ),
    *WRONG_UNITS,
    Mistake(
        "1024-for-1000",
        tuple(quantity for quantity in ALL if quantity not in BYTES),
        "K, M and G of a count are powers of 1000, not of 1024.",
        _thousands,
    ),
    Mistake(
        "off-by-batch",
        ALL,
        "It is off by a batch of {about}: a batch multiplies activations and operations, never weights.",
        _batches,
    ),
    Mistake(
        "unit-slip",
        ALL,
        "The digits are right, but not the unit: check K, M, G and the decimal point.",
        _slipped,
    ),
    Mistake(
        "swapped-digits", ALL, "Two digits next to each other are exchanged.", _swapped, applies_to=all_digits
    ),
    Mistake("dropped-digit", ALL, "A digit is missing.", _dropped, applies_to=all_digits),
)
