"""What stands above a column: the quantity, its unit, and the order of the sizes in its volumes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from archcalc.classroom.read.labels import meant, quantity_and_unit
from archcalc.classroom.read.marks import remembered
from archcalc.classroom.read.number import MAX_LENGTH
from archcalc.classroom.read.words import bare_word, meaning_of
from archcalc.classroom.submission import LAYER_LABELS, quantity_of
from archcalc.engine.quantities import QUANTITIES

LAYER, TYPE, DETAILS, NETWORK, IGNORED, UNKNOWN = "layer", "type", "details", "network", "", "?"
CALCULATION, FILTER, OPERATIONS = "calculation", "filter", "operations"
"""Columns without a quantity; every other column has the key of its quantity.

The cells below FILTER say what it is: the size of a kernel, or a number of filters.
"""

SIDES = ("h", "w", "c")
"""Columns with one size each: together they are the output."""

STANDARD = "hwc"

_BRACKET = re.compile(r"(.*?)\s*[(\[（]\s*([^()\[\]（）]+?)\s*[)\]）]\Z")
_ORDER = re.compile(r"(?:[nb]\s*[x×*,]?\s*)?([hwcdk])\s*[x×*,]?\s*([hwcdk])\s*[x×*,]?\s*([hwcdk])\Z", re.I)
_OF_OUTPUT = re.compile(r"(?:out(?:put)?|output map)[ _-]+", re.IGNORECASE)
_SIDE = re.compile(r"(?:out(?:put)?[ _-]*)?([hwcd])(?:[ _-]*out(?:put)?)?\Z", re.IGNORECASE)
_NOT_ASKED = frozenset(
    bare_word(name)
    for quantity in QUANTITIES
    if not quantity.asked
    for name in (quantity.key, quantity.label)
    if not quantity_of(name)
)
"""Quantities that archcalc prints and never asks."""


class Heading(NamedTuple):
    """What a column holds.

    ``meaning`` is a quantity or one of the words above. ``unit`` is the unit of its figures, ``order`` the
    order of the sizes in its volumes.
    """

    meaning: str
    unit: str = ""
    order: str = STANDARD

    @property
    def is_asked(self) -> bool:
        """Whether the column has answers."""
        return bool(quantity_of(self.meaning))


@remembered
def column_of(heading: str) -> Heading:
    """The column below a heading.

    >>> column_of("Speicher (KB)"), column_of("output (CxHxW)").order, column_of("Параметры").meaning
    (Heading(meaning='activations', unit='KB', order='hwc'), 'chw', 'params')
    >>> column_of("计算量 (MACs)").meaning, column_of("GFLOPs").meaning, column_of("operations").meaning
    ('macs', 'flops', '?')
    >>> column_of("Layer (type)").meaning, column_of("HxWxC").meaning, column_of("colour").meaning
    ('layer', 'output', '?')
    """
    text = " ".join(heading.split())[:MAX_LENGTH]
    if _order(text):
        return Heading("output", "", _order(text))
    if side := _SIDE.match(text):
        return Heading(side[1].lower().replace("d", "c"))
    quantity, unit = quantity_and_unit(text)
    if quantity:
        return Heading(quantity, unit, _order_in_bracket(text))
    word, bracket = text, _BRACKET.match(text)
    meaning = meaning_of(text)
    if meaning is None and bracket:
        word, meaning = bracket[1], meaning_of(bracket[1])
    if meaning == OPERATIONS:
        # These may be MACs or FLOPs, unless the brackets say it: 计算量 (MACs).
        quantity, unit = quantity_and_unit(bracket[2] if bracket else "")
        return Heading(quantity or UNKNOWN, unit)
    if meaning is None and (side_word := meaning_of(_OF_OUTPUT.sub("", text))) in SIDES:
        return Heading(side_word or UNKNOWN)
    if meaning is None:
        # A share of a total, and what archcalc prints but never asks, answer nothing.
        is_known = "%" in text or bare_word(text) in _NOT_ASKED
        return Heading(IGNORED if is_known else UNKNOWN)
    if not quantity_of(meaning):
        return Heading(IGNORED if meaning in ("input", "total") else meaning)
    # The word is translated, and a unit behind it is read as behind the English word.
    quantity, unit = quantity_and_unit(
        meaning if word == text else f"{meaning} ({bracket[2] if bracket else ''})"
    )
    if quantity or (meaning == "output" and _order_in_bracket(text) != STANDARD):
        return Heading(quantity or meaning, unit, _order_in_bracket(text))
    return Heading(UNKNOWN)


def _order_in_bracket(heading: str) -> str:
    """The order of the sizes behind a heading; the standard one if none is stated."""
    bracket = _BRACKET.match(heading)
    return (_order(bracket[2]) if bracket else "") or STANDARD


def _order(text: str) -> str:
    """The order of the sizes that a heading states, as ``chw``; empty if it states none.

    >>> _order("CxHxW"), _order("N, C, H, W"), _order("W x H x D"), _order("H x W")
    ('chw', 'chw', 'whc', '')
    """
    match = _ORDER.match(text)
    sides = "".join(match.groups()).lower().translate(str.maketrans("dk", "cc")) if match else ""
    return sides if sorted(sides) == sorted(STANDARD) else ""


class TableHead(NamedTuple):
    """The columns of a table, their headings, and the place of the column with the names of layers."""

    layer_column: int
    headings: list[str]
    columns: tuple[Heading, ...]

    def places(self, meaning: str) -> list[int]:
        """The places of the columns that hold this."""
        return [place for place, column in enumerate(self.columns) if column.meaning == meaning]

    @property
    def is_of_networks(self) -> bool:
        """Whether the rows are networks: their figures are totals."""
        return self.columns[self.layer_column].meaning == NETWORK

    @property
    def type_column(self) -> int | None:
        """The place of the column with the kind of each layer, if there is one besides the names.

        Beside a column "name", a column "module" or "operation" holds the kind.
        """
        places = (*self.places(TYPE), *self.places(LAYER))
        return next((place for place in places if place != self.layer_column), None)


def head_of(cells: Sequence[str]) -> TableHead | None:
    """The headings, if these cells have one for layers and one for a quantity; else None.

    >>> head_of(["#", "Type", "Output"]).layer_column, head_of(["", "Sortie"]).layer_column
    (1, 0)
    """
    columns = _with_depth(tuple(column_of(meant(cell)) for cell in cells))
    has_sides = {column.meaning for column in columns} >= set(SIDES)
    if not has_sides and not any(column.is_asked for column in columns):
        return None
    place = _layer_column(cells, columns)
    return None if place is None else TableHead(place, list(cells), columns)


def _with_depth(columns: tuple[Heading, ...]) -> tuple[Heading, ...]:
    """The columns, where a depth beside a height and a width is a number of channels."""
    meanings = {column.meaning for column in columns}
    if not {"h", "w"} <= meanings or "c" in meanings:
        return columns
    return tuple(Heading("c") if column.meaning == "depth" else column for column in columns)


def _layer_column(cells: Sequence[str], columns: Sequence[Heading]) -> int | None:
    """The place of the names of layers: the clearest heading wins."""
    for place, cell in enumerate(cells):
        if cell.lower() in LAYER_LABELS:
            return place
    for meaning in (LAYER, TYPE, NETWORK):
        for place, column in enumerate(columns):
            if column.meaning == meaning:
                return place
    # A first heading that is empty stands above the names, if every other heading is known.
    is_first_empty = bool(cells) and not bare_word(cells[0])
    return 0 if is_first_empty and all(column.meaning != UNKNOWN for column in columns[1:]) else None
