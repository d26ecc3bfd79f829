"""Times and rates as text and as cells."""

from __future__ import annotations

from archcalc.render import units
from archcalc.render.grid import Cell


def number_cell(value: float | None) -> Cell:
    return Cell(value, units.NONE if value is None else decimal(value))


def decimal(value: float) -> str:
    """Three significant digits, and every digit before the point.

    >>> decimal(0.01234), decimal(1.5), decimal(2598.6), decimal(0), decimal(0.0000123)
    ('0.0123', '1.50', '2,599', '0', '0.0000123')
    """
    if not value:
        return "0"
    places = 2
    size = abs(value)
    while size >= 10 and places:
        places, size = places - 1, size / 10
    while size < 1:
        places, size = places + 1, size * 10
    return f"{value:,.{places}f}"


def rate(value: int) -> str:
    """FLOP/s or bytes per second, without the unit.

    >>> rate(1581056000000), rate(192384000000)
    ('1.581 T', '192.4 G')
    """
    return f"{value / 1e12:.4g} T" if value >= 10**12 else f"{value / 1e9:.4g} G"
