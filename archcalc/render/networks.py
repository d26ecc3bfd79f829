"""Tables with a row for each network: columns that people choose, each with one unit in its heading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, did_you_mean, plain, short
from archcalc.render import units
from archcalc.render.columns import Style
from archcalc.render.grid import Cell, Head
from archcalc.results.accuracy import PublishedAccuracy

LEFT = ("shape", "word", "words")
"""What stands at the left of its column; all else are numbers."""


class NetworkRow(NamedTuple):
    """One row: a network, its accuracy by the protocol of the table, and the network of the ratios."""

    label: str
    network: Any
    accuracy: PublishedAccuracy | None = None
    base: Any = None


class NetworkColumn(NamedTuple):
    """One column of a table of networks; ``value`` gives it for one row, and ``unit`` says how it is printed:
    ``count``, ``values``, ``bytes``, ``layers``, ``ratio``, ``percent``, ``sizes``, ``shape``, ``year``,
    ``word`` or ``words``.
    """

    key: str
    header: str
    says: str
    value: Callable[[NetworkRow], Any]
    unit: str
    keep: int = 0
    least: int = 0

    def printed(self, rows: Sequence[NetworkRow], style: Style) -> tuple[Head, list[Cell]]:
        """The heading of the column with its unit, and its cells."""
        values = [self.value(row) for row in rows]
        header, texts = self._texts(values, style)
        head = Head(self.key, header, self.unit not in LEFT, self.keep, self.least)
        return head, [Cell(value, text) for value, text in zip(values, texts, strict=True)]

    def raw(self, rows: Sequence[NetworkRow]) -> tuple[Head, list[Cell]]:
        """The column for programs: its values as they are."""
        head = Head(self.key, self.key, self.unit not in LEFT, self.keep)
        values = map(self.value, rows)
        return head, [
            Cell(float(value) if isinstance(value, Fraction) else value, str(value)) for value in values
        ]

    def _texts(self, values: Sequence[Any], style: Style) -> tuple[str, list[str]]:
        if self.unit in _IN_WORDS:
            in_words = _IN_WORDS[self.unit]
            none = units.UNKNOWN if self.unit == "year" else units.NONE
            return self.header, [none if value is None else in_words(value, style) for value in values]
        if self.unit == "percent":
            return self.header, units.aligned([_percent(value, style.digits) for value in values])
        unit = units.Unit(digits=units.DECIMALS[0])
        if self.unit != "ratio":
            unit = units.unit_of(values, style.units, style.digits, self.unit)
        texts = [units.NONE if value is None else unit.text(value) for value in values]
        return unit.heading(self.header), units.aligned(texts)


_IN_WORDS: Mapping[str, Callable[[Any, Style], str]] = {
    "layers": lambda value, style: f"{value:,}",
    "sizes": lambda value, style: units.square(value),
    "shape": lambda value, style: units.shape(value, style.layout),
    "year": lambda value, style: str(value),
    "word": lambda value, style: str(value),
    "words": lambda value, style: " ".join(value),
}


def _percent(text: str, digits: int | None) -> str:
    """A published percentage, rounded; it gets no decimals that its source does not have.

    >>> _percent("22.85", 1), _percent("24.7", 2), _percent("", None)
    ('22.9', '24.7', '–')
    """
    if not text or digits is None or len(text.partition(".")[2]) <= digits:
        return text or units.NONE
    return str(Decimal(text).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def chosen_columns(
    words: Sequence[str] | str,
    known: Mapping[str, NetworkColumn],
    names: Mapping[str, str],
    elsewhere: str = "",
) -> list[NetworkColumn]:
    """The columns asked for by their keys or headings, each once; one text has commas between them.

    ``names`` are other names of columns; ``elsewhere`` says where more columns are.

    Raises ArchcalcError for a column that does not exist.
    """
    meant = {plain(name): key for name, key in names.items()} | {plain(key): key for key in known}
    asked = words.split(",") if isinstance(words, str) else words
    keys = {}
    for word in (word.strip() for word in asked):
        key = meant.get(plain(word))
        if key is None:
            hint = did_you_mean(word, known) or f"known: {', '.join(known)}"
            raise ArchcalcError(f"unknown column '{short(word)}' ({hint}{elsewhere})")
        keys[key] = known[key]
    return list(keys.values())


def check_layout(columns: Sequence[NetworkColumn], layout: str) -> None:
    """Raises ArchcalcError if an order of sizes is asked for, and no column has sizes."""
    if layout != "hwc" and not any(column.unit == "shape" for column in columns):
        raise ArchcalcError("no column has sizes that a layout could order: ask for the columns input,output")


def across(columns: Iterable[tuple[Head, list[Cell]]]) -> tuple[tuple[Head, ...], list[tuple[Cell, ...]]]:
    """Columns as headings and rows."""
    heads, cells = zip(*columns, strict=True)
    return heads, list(zip(*cells, strict=True))
