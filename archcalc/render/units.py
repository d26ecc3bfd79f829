"""Numbers as text: exact with thousands commas, or short with a unit."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

NONE = "–"
"""Stands for a value that does not apply. Zero is printed as 0, an unknown value as UNKNOWN."""

UNKNOWN = "?"

SCALES = {"K": 10**3, "M": 10**6, "G": 10**9}
UNITS = ("exact", "auto", *SCALES)
"""How counts are printed: whole, with the unit that fits, or all in one unit."""


def count(value: int | Fraction, units: str = "exact") -> str:
    """A count.

    >>> count(138357544), count(138357544, "auto"), count(1792, "M"), count(999, "auto")
    ('138,357,544', '138.4M', '0.001792M', '999')
    """
    if units == "exact" or value == 0:
        return f"{value:,}" if isinstance(value, int) else f"{float(value):,.2f}"
    if units != "auto":
        return f"{_digits(Fraction(value, SCALES[units]))}{units}"
    name, scale = next(((name, scale) for name, scale in reversed(SCALES.items()) if value >= scale), ("", 1))
    return f"{_digits(Fraction(value, scale))}{name}" if name else f"{value:,}"


def _digits(value: Fraction) -> str:
    """Four significant digits, and every digit before the point."""
    if value < 1:
        return f"{float(value):.4g}"
    # Fewer digits after the point, the more stand before it: 1.234, 12.34, 123.4, 1,234.
    places = 3 - min(3, len(str(int(value))) - 1)
    return f"{float(value):,.{places}f}"


def size(value: int, units: str = "exact") -> str:
    """Bytes: exact, or in binary units.

    >>> size(60950432), size(60950432, "auto"), size(512, "auto")
    ('60,950,432', '58.13 MiB', '512 B')
    """
    return f"{value:,}" if units == "exact" else binary(value)


def binary(value: int) -> str:
    """Bytes in the binary unit that fits."""
    for name, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value >= scale:
            return f"{value / scale:,.2f} {name}"
    return f"{value} B"


def shape(sizes: Sequence[int], layout: str = "hwc") -> str:
    """Sizes joined by x, rows first and channels last, or channels first.

    >>> shape((224, 224, 3)), shape((224, 224, 3), "chw"), shape((1000,))
    ('224x224x3', '3x224x224', '1000')
    """
    ordered = (*sizes[-1:], *sizes[:-1]) if layout == "chw" else sizes
    return "x".join(str(side) for side in ordered)


def square(sides: Sequence[object]) -> str:
    """A size along every axis, once if all are the same.

    >>> square((3, 3)), square((1, 7)), square(())
    ('3', '1x7', '–')
    """
    if not sides:
        return NONE
    return str(sides[0]) if len(set(sides)) == 1 else "x".join(str(side) for side in sides)


def share(part: int, whole: int) -> str:
    """A part in percent.

    >>> share(1, 3), share(0, 0)
    ('33.3%', '–')
    """
    return f"{100 * part / whole:.1f}%" if whole else NONE
