"""The columns of a layer table: each says what it is, where its value comes from, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.engine.quantities import LAYER_FIGURES, Quantity, as_people_read, in_view
from archcalc.errors import ArchcalcError, did_you_mean
from archcalc.render import units
from archcalc.render.grid import Cell, Head
from archcalc.results import Analysis, Layer


class Style(NamedTuple):
    """How values are printed: the unit of counts, and the order of sizes."""

    units: str = "exact"
    layout: str = "hwc"


class Column(NamedTuple):
    """One column: ``value`` for machines, ``text`` for people, ``total`` for the row of totals."""

    key: str
    header: str
    says: str
    value: Callable[[Layer, Analysis], Any]
    text: Callable[[Any, Style], str]
    total: Callable[[Analysis], Any] | None = None
    numeric: bool = True
    keep: int = 0
    shown: bool = True
    quantity: str = ""

    def head(self) -> Head:
        return Head(self.key, self.header, self.numeric, self.keep)

    def cell(self, layer: Layer, analysis: Analysis, style: Style) -> Cell:
        value = self.value(layer, analysis)
        return Cell(value, units.NONE if value is None or value == "" else self.text(value, style))

    def total_cell(self, analysis: Analysis, style: Style) -> Cell:
        value = self.total(analysis) if self.total else None
        return Cell(value, "" if value is None else self.text(value, style))


def _word(value: Any, style: Style) -> str:
    return str(value)


def _count(value: Any, style: Style) -> str:
    return units.count(value, style.units)


def _size(value: Any, style: Style) -> str:
    return units.size(value, style.units)


def _shape(value: Any, style: Style) -> str:
    return units.shape(value, style.layout) if isinstance(value, tuple) else str(value)


def window(options: Mapping[str, Any]) -> str:
    """Kernel, stride and padding of a layer: ``11x11/4``, ``3x3/1 p1``; groups and dilation if it has any."""
    kernel = options.get("kernel")
    if kernel is None or isinstance(kernel, str):
        return str(kernel or "")
    text = "x".join(map(str, kernel))
    if "stride" in options:
        text += f"/{units.square(options['stride'])}"
    pad = padding(options)
    if pad != "0":
        text += f" {pad}" if isinstance(options["pad"], str) else f" p{pad}"
    if options.get("groups", 1) != 1:
        text += f" g{options['groups']}"
    if any(step != 1 for step in options.get("dilation", ())):
        text += f" d{units.square(options['dilation'])}"
    return text


def padding(options: Mapping[str, Any]) -> str:
    """The padding of a layer: ``1``, ``0x3``, ``(0,1)``, ``same``; 0 if it has none."""
    pad = options.get("pad", [0])
    return pad if isinstance(pad, str) else units.square([_pad(side) for side in pad])


def _pad(side: Any) -> str:
    return f"({side[0]},{side[1]})" if isinstance(side, tuple) else str(side)


def _of(key: str) -> Callable[[Layer, Analysis], Any]:
    return lambda layer, analysis: getattr(layer, key)


def _share(key: str) -> Callable[[Layer, Analysis], Any]:
    return lambda layer, analysis: units.share(layer.figures[key], analysis.totals.figures[key])


def _as_it_is(value: Any) -> Any:
    return value


def _yes_or_no(value: Any) -> str:
    return "yes" if value else "no"


_AS_WORDS: Mapping[str, Callable[[Any], Any]] = {"sizes": units.square, "statement": _yes_or_no}
_IN_PRINT: Mapping[str, Callable[[Any, Style], str]] = {"count": _count, "values": _count, "bytes": _size}


def printed(quantity: Quantity, value: Any, style: Style) -> str:
    """A figure as people read it."""
    return _IN_PRINT.get(quantity.unit, _word)(_AS_WORDS.get(quantity.unit, _as_it_is)(value), style)


def _column(quantity: Quantity) -> Column:
    """The column of a quantity; sizes and statements are words, also for machines."""
    key, unit = quantity.key, quantity.unit
    in_words = _AS_WORDS.get(unit, _as_it_is)
    return Column(
        key,
        quantity.label,
        quantity.meaning,
        lambda layer, analysis: in_words(layer.figures[key]),
        _IN_PRINT.get(unit, _word),
        (lambda analysis: analysis.totals.figures[key]) if quantity.additive else None,
        numeric=unit != "statement",
        keep=quantity.priority,
        shown=quantity.shown,
        quantity=key,
    )


SHARED = in_view("shares")
"""Quantities of which ``--shares`` prints each row's share."""

SHARE_PRIORITY = 36  # of the first share: shares go before the columns of figures do

COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        Column(
            "layer",
            "layer",
            "path of the layer",
            _of("path"),
            _word,
            lambda a: "total",
            numeric=False,
            keep=100,
        ),
        Column("op", "op", "op, with those folded into its row", _of("op"), _word, numeric=False, keep=60),
        Column(
            "window",
            "window",
            "kernel/stride, padding (p), groups (g), dilation (d)",
            lambda layer, analysis: window(layer.options),
            _word,
            numeric=False,
            keep=70,
        ),
        Column(
            "input",
            "input",
            "input volume, or volumes",
            lambda layer, analysis: " ".join(units.shape(shape) for shape in layer.input),
            _word,
            numeric=False,
            keep=15,
            shown=False,
        ),
        Column("output", "output", "output volume", _of("output"), _shape, numeric=False, keep=90),
        *map(_column, as_people_read(LAYER_FIGURES)),
        *(
            Column(
                f"{quantity.key}_share",
                f"{quantity.label} %",
                f"share of the {quantity.label}",
                _share(quantity.key),
                _word,
                keep=SHARE_PRIORITY - place,
                shown=False,
                quantity=quantity.key,
            )
            for place, quantity in enumerate(SHARED)
        ),
    )
}
"""Every column by its key, in the order in which they are printed."""


SHARES = tuple(f"{quantity.key}_share" for quantity in SHARED)


def computed(analysis: Analysis) -> dict[str, Column]:
    """The columns whose quantities were computed, and the columns that need none."""
    return {key: column for key, column in COLUMNS.items() if _is_computed(column, analysis)}


def _is_computed(column: Column, analysis: Analysis) -> bool:
    return not column.quantity or analysis.has(column.quantity)


def _is_default(column: Column, analysis: Analysis, shares: bool) -> bool:
    """Whether a column is printed if none are chosen."""
    if column.key in SHARES:
        return shares
    if column.quantity and analysis.quantities is not None:
        return True  # it was asked for by name
    is_empty = column.key == "norm_params" and analysis.totals.norm_params == 0
    return column.shown and not is_empty


def choose(keys: Sequence[str] | str | None, analysis: Analysis, shares: bool = False) -> list[Column]:
    """The columns asked for by key, heading or word, the layer first; by default those shown and not empty.

    One text has commas between the columns.

    Raises ArchcalcError for a column that does not exist, or whose quantity was not computed.
    """
    if keys is None:
        return [column for column in computed(analysis).values() if _is_default(column, analysis, shares)]
    headers = {column.header.lower(): column.key for column in COLUMNS.values()}
    words = {word: quantity.key for quantity in LAYER_FIGURES for word in quantity.words}
    chosen = ["layer"]
    for word in [word.strip() for word in keys.split(",")] if isinstance(keys, str) else keys:
        key = {**words, **headers}.get(word.lower(), word)
        if key not in COLUMNS:
            hint = did_you_mean(word, COLUMNS) or f"known: {', '.join(COLUMNS)}"
            raise ArchcalcError(f"unknown column '{word}' ({hint})")
        if not _is_computed(COLUMNS[key], analysis):
            raise ArchcalcError(f"the analysis was not asked for '{COLUMNS[key].quantity}'")
        chosen.append(key)
    share_keys = [key for key in SHARES if shares and _is_computed(COLUMNS[key], analysis)]
    return [COLUMNS[key] for key in dict.fromkeys([*chosen, *share_keys])]
