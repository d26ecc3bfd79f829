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
    in_every_layer,
    in_unit,
    times,
    volume,
)
from archcalc.engine.quantities import BY_KEY
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


def _flat(term: LayerTerm) -> LayerTerm | None:
    y = term.output()
    return term.but(y=Volume(y.spatial, 1)) if y.spatial else None


def _of_input(term: LayerTerm) -> LayerTerm | None:
    x = volume(term)
    return term.but(y=x) if x else None


def _values(calculation: Calculation) -> Iterator[Calculation]:
    yield from calculation.with_quantity(BYTES_OF[calculation.quantity])


def _in_bytes(calculation: Calculation) -> Iterator[Calculation]:
    for quantity, counted in BYTES_OF.items():
        if counted == calculation.quantity:
            yield from calculation.with_quantity(quantity)


def _other_types(calculation: Calculation) -> Iterator[Calculation]:
    for size in VALUE_BYTES:
        if size != calculation.value_bytes:
            yield calculation._replace(value_bytes=size, about=f"{size} byte{'s' if size > 1 else ''}")


def _thousands(calculation: Calculation) -> Iterator[Calculation]:
    # K, M and G: a student divides by 1024 once, twice or three times.
    for power in (1, 2, 3):
        yield from calculation.then(times(Fraction(1000, 1024) ** power))


def _batches(calculation: Calculation) -> Iterator[Calculation]:
    # With a batch, the mistake is to forget it, or to multiply weights by it. Without one, the figure may be
    # for any usual batch.
    if calculation.batch > 1:
        per_image = BY_KEY[calculation.quantity].with_batch
        changed = times(Fraction(1, calculation.batch)) if per_image else times(Fraction(calculation.batch))
        for new in calculation.then(changed):
            yield new._replace(about=str(calculation.batch))
        return
    for batch in BATCHES:
        for new in calculation.then(times(Fraction(batch))):
            yield new._replace(about=str(batch))


def _slipped(calculation: Calculation) -> Iterator[Calculation]:
    for factor in SLIPS:
        yield from calculation.then(times(factor))


def _swapped(calculation: Calculation) -> Iterator[Calculation]:
    """Swap two neighbouring digits."""
    for place in range(len(str(calculation.result())) - 1):
        yield from calculation.then(partial(_exchange, place=place))


def _exchange(value: Any, place: int) -> Any:
    digits = str(value)
    # A short number is a swap away from too many others.
    if not isinstance(value, int) or value < 1000 or place + 1 >= len(digits):
        return value
    return int(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :])


def _dropped(calculation: Calculation) -> Iterator[Calculation]:
    """Leave out one digit."""
    for place in range(len(str(calculation.result()))):
        yield from calculation.then(partial(_leave_out, place=place))


def _leave_out(value: Any, place: int) -> Any:
    digits = str(value)
    if not isinstance(value, int) or value < 10_000 or place >= len(digits):
        return value
    return int(digits[:place] + digits[place + 1 :])


def _wrong_units() -> Iterator[Mistake]:
    """The number in one unit of bytes, written with the other unit."""
    for binary, (binary_bytes, decimal, decimal_bytes) in BINARY_UNITS.items():
        pair = ((binary, binary_bytes), (decimal, decimal_bytes))
        for (meant, meant_bytes), (written, written_bytes) in permutations(pair):
            yield Mistake(
                f"{meant}-for-{written}".lower(),
                BYTES,
                f"The number is in {meant} ({meant_bytes:,} bytes), "
                f"but the unit {written} ({written_bytes:,} bytes) is written.",
                after(times(Fraction(written_bytes, meant_bytes))),
                applies_to=in_unit(written_bytes),
            )


WRONG_UNITS = tuple(_wrong_units())

MISTAKES = (
    Mistake(
        "forgot-depth",
        MEMORY,
        "The depth is missing: the volume holds H·W·D values.",
        in_every_layer(_flat),
        False,
    ),
    Mistake(
        "input-for-output",
        MEMORY,
        "These are the values that go into the layer; its memory holds its output.",
        in_every_layer(_of_input),
        False,
    ),
    Mistake(
        "forgot-bytes",
        BYTES,
        "These are values, not bytes: each value takes several bytes (4 in float32).",
        _values,
    ),
    Mistake(
        "bytes-for-values",
        tuple(BYTES_OF.values()),
        "These are bytes; the question asks for the number of values.",
        _in_bytes,
    ),
    Mistake("wrong-value-bytes", BYTES, "A size of {about} per value is used.", _other_types),
    Mistake("bits-for-bytes", BYTES, "These are bits; a byte has eight bits.", after(times(Fraction(8)))),
    *WRONG_UNITS,
    Mistake(
        "1024-for-1000",
        tuple(quantity for quantity in ALL if quantity not in BYTES),
        "K, M and G are powers of 1000 in counts, not of 1024.",
        _thousands,
    ),
    Mistake(
        "off-by-batch",
        ALL,
        "This is off by a batch of {about}: a batch multiplies activations and operations, never weights.",
        _batches,
    ),
    Mistake(
        "unit-slip",
        ALL,
        "The digits are right but the unit is not: check K, M, G and the decimal point.",
        _slipped,
    ),
    Mistake("swapped-digits", ALL, "Two neighbouring digits are swapped.", _swapped, applies_to=all_digits),
    Mistake("dropped-digit", ALL, "A digit is missing.", _dropped, applies_to=all_digits),
)
