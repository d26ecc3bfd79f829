"""Numbers as text: exact with thousands commas, or short with a unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

NONE = "–"
"""Stands for a value that does not apply. Zero is printed as 0, an unknown value as UNKNOWN."""

UNKNOWN = "?"

SCALES = {"K": 10**3, "M": 10**6, "G": 10**9}
BYTES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
UNITS = ("exact", "auto", *SCALES)
"""How counts are printed: whole, with the unit that fits, or all in one unit."""

DECIMALS = range(2, 5)
"""Decimals of a column: two, and more if its smallest value would else be printed as 0.00."""


class Unit(NamedTuple):
    """The unit of all numbers of a column, which its heading names, and their decimals."""

    name: str = ""
    scale: int = 1
    digits: int = 0

    def heading(self, label: str) -> str:
        """The label with the unit, which replaces the word bytes.

        >>> Unit("M", 10**6, 2).heading("params"), Unit("MiB", 2**20, 2).heading("memory bytes")
        ('params (M)', 'memory (MiB)')
        """
        return f"{label.removesuffix(' bytes')} ({self.name})" if self.name else label

    def text(self, value: int | Fraction) -> str:
        """A number in the unit; a small one is not printed as 0, which means none.

        >>> unit = Unit("M", 10**6, 2)
        >>> unit.text(138357544), unit.text(1792), unit.text(0)
        ('138.36', '<0.01', '0')
        """
        if self.scale == 1 and not self.digits:
            return count(value)
        least = Fraction(1, 10**self.digits)
        number = Fraction(value, self.scale)
        if not number:
            return "0"
        sign, shown = ("<", least) if number < least / 2 else ("", number)
        return f"{sign}{float(shown):,.{self.digits}f}"


def unit_of(
    values: Iterable[int | Fraction | None], units: str, digits: int | None = None, of: str = "count"
) -> Unit:
    """The one unit of a column with these values, which are counts, ``values`` in memory, or ``bytes``.

    ``auto`` is the unit that fits the middle one of them: the largest may be of another kind, as a total is.

    >>> unit_of([138357544, 62378344], "auto"), unit_of([60950432], "M", of="bytes")
    (Unit(name='M', scale=1000000, digits=2), Unit(name='MiB', scale=1048576, digits=2))
    >>> unit_of([15237608], "exact", of="values").heading("memory")
    'memory (values)'
    >>> unit_of([138357544, 1792], "M").text(1792), unit_of([8, 16], "auto").text(16)
    ('0.002', '16')
    """
    if units == "exact":
        return Unit({"bytes": "bytes", "values": "values"}.get(of, ""))
    known = sorted(value for value in values if value)
    scales = BYTES if of == "bytes" else SCALES
    name = next((name for name in scales if name[0] == units), "")
    if units == "auto" and known:
        name = _fitting(known[len(known) // 2], scales)
    noun = {"bytes": name or "bytes", "values": f"{name} values".strip()}.get(of, name)
    if not name:
        return Unit(noun)
    least = Fraction(known[0], scales[name]) if known else Fraction(1)
    enough = next((places for places in DECIMALS if 2 * least * 10**places >= 1), DECIMALS[-1])
    return Unit(noun, scales[name], enough if digits is None else digits)


POINT, PLACE = "\u2008", "\u2007"
"""Spaces as wide as a point and as a digit: they stand for the decimals that a number does not have."""


def aligned(texts: Sequence[str]) -> list[str]:
    """Numbers of one column with their decimal points below each other, if all stand at the right.

    >>> aligned(["24.7", "22.85", "8", "–"]) == [f"24.7{PLACE}", "22.85", f"8{POINT}{PLACE}{PLACE}", "–"]
    True
    """
    tails = [len(text) - text.index(".") if "." in text else 0 for text in texts]
    spaces = (POINT + PLACE * max(tails, default=0))[: max(tails, default=0)]
    return [
        text + spaces[tail:] if text[-1:].isdigit() else text for text, tail in zip(texts, tails, strict=True)
    ]


def with_digits(units: str, digits: int | None) -> str:
    """The unit of a table: decimals make no sense for whole numbers, so they ask for a unit that fits.

    >>> with_digits("exact", 2), with_digits("M", 2), with_digits("exact", None)
    ('auto', 'M', 'exact')
    """
    return "auto" if units == "exact" and digits is not None else units


def _fitting(value: int | Fraction, scales: dict[str, int]) -> str:
    """The largest unit of which there is at least one; none for a small value."""
    return next((name for name, scale in reversed(scales.items()) if value >= scale), "")


def count(value: int | Fraction, units: str = "exact") -> str:
    """A count.

    >>> count(138357544), count(138357544, "auto"), count(1792, "M"), count(999, "auto")
    ('138,357,544', '138.4M', '0.001792M', '999')
    """
    if units == "exact" or value == 0:
        return f"{value:,}" if isinstance(value, int) else f"{float(value):,.2f}"
    if units != "auto":
        return f"{_digits(Fraction(value, SCALES[units]))}{units}"
    name = _fitting(value, SCALES)
    return f"{_digits(Fraction(value, SCALES[name]))}{name}" if name else f"{value:,}"


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
    name = _fitting(value, BYTES)
    return f"{value / BYTES[name]:,.2f} {name}" if name else f"{value} B"


def shape(sizes: Sequence[int], layout: str = "hwc") -> str:
    """Sizes joined by x, rows first and channels last, or channels first.

    >>> shape((224, 224, 3)), shape((224, 224, 3), "chw"), shape((1000,))
    ('224x224x3', '3x224x224', '1000')
    """
    ordered = (*sizes[-1:], *sizes[:-1]) if layout == "chw" else sizes
    return "x".join(str(side) for side in ordered)


def inputs(only: Sequence[int], named: Mapping[str, Sequence[int]], layout: str = "hwc") -> str:
    """The inputs of a network: the sizes of the only one, or of each by its name.

    >>> inputs((224, 224, 3), {}), inputs((64, 1), {"source": (64, 1), "target": (32, 1)})
    ('input 224x224x3', 'inputs source 64x1, target 32x1')
    """
    if not named:
        return f"input {shape(only, layout)}"
    return f"inputs {', '.join(f'{name} {shape(sizes, layout)}' for name, sizes in named.items())}"


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
