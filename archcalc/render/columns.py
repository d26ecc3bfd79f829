"""The columns of a layer table: each says what it is, where its value comes from, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.engine.quantities import (
    BY_KEY,
    LAYER_FIGURES,
    Quantity,
    as_people_read,
    bytes_of,
    in_view,
    label_of,
)
from archcalc.errors import ArchcalcError, closest, plain, short
from archcalc.render import units
from archcalc.render.grid import Cell, Head
from archcalc.results import Analysis, Layer, Totals


class Style(NamedTuple):
    """How values are printed: the unit of counts, the order of sizes, and the decimals (None: as needed)."""

    units: str = "exact"
    layout: str = "hwc"
    digits: int | None = None


class Column(NamedTuple):
    """One column: ``value`` for machines, ``text`` for people, ``total`` for the row of totals.

    Of a column that counts something, ``counts`` says what: all its figures are printed in one unit.

    ``name`` is its word in ``--columns`` and its heading in CSV. ``header`` is its heading for people: the
    same words, with the unit. ``quantity`` is the key of the quantity that it shows, and ``reads`` that of
    the figure from which it makes it.
    """

    name: str
    header: str
    says: str
    value: Callable[[Layer, Analysis], Any]
    text: Callable[[Any, Style], str]
    total: Callable[[Analysis], Any] | None = None
    numeric: bool = True
    keep: int = 0
    shown: bool = True
    quantity: str = ""
    reads: str = ""
    counts: str = ""

    def printed(self, values: Sequence[Any], style: Style) -> tuple[Head, list[Cell]]:
        """The heading of the column with its unit, and its cells."""
        header, texts = self.header, [self._text(value, style) for value in values]
        if self.counts:
            unit = units.unit_of(values, style.units, style.digits, self.counts)
            header = unit.heading(label_of(self.quantity))
            texts = units.aligned([units.NONE if value is None else unit.text(value) for value in values])
        head = Head(self.name, header, self.numeric, self.keep)
        return head, [Cell(value, text) for value, text in zip(values, texts, strict=True)]

    def _text(self, value: Any, style: Style) -> str:
        return units.NONE if value is None or value == "" else self.text(value, style)


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
    unit = quantity.unit
    in_words = _AS_WORDS.get(unit, _as_it_is)
    # Results hold most figures of bytes for whole networks only.
    is_held = quantity.is_layer_figure
    reads = quantity.key if is_held else quantity.values

    def figure(owner: Layer | Totals, analysis: Analysis) -> Any:
        value = owner.figures[reads]
        return in_words(value) if is_held else analysis.value_bytes * value

    return Column(
        quantity.column,
        quantity.heading,
        quantity.meaning,
        figure,
        _IN_PRINT.get(unit, _word),
        (lambda analysis: figure(analysis.totals, analysis)) if quantity.additive else None,
        numeric=unit != "statement",
        keep=quantity.priority,
        shown=quantity.shown,
        quantity=quantity.key,
        reads=reads,
        counts=unit if unit in _IN_PRINT else "",
    )


def _with_bytes(quantities: Iterable[Quantity]) -> list[Quantity]:
    """Every quantity, and beside it the bytes that it takes."""
    pairs = ((quantity.key, bytes_of(quantity.key)) for quantity in quantities)
    return [BY_KEY[key] for key in dict.fromkeys(key for pair in pairs for key in pair if key)]


SHARED = in_view("shares")
"""Quantities of which ``--shares`` prints each row's share."""

SHARE_PRIORITY = 36  # of the first share: shares go before the columns of figures do

COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column(
            "layer",
            "layer",
            "path of the layer",
            _of("path"),
            _word,
            lambda a: "total (partial)" if a.partial else "total",
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
        *map(_column, _with_bytes(as_people_read(LAYER_FIGURES))),
        *(
            Column(
                f"{quantity.column}_share",
                f"{quantity.label} share",
                f"share of the {quantity.label}",
                _share(quantity.key),
                _word,
                keep=SHARE_PRIORITY - place,
                shown=False,
                quantity=quantity.key,
                reads=quantity.key,
            )
            for place, quantity in enumerate(SHARED)
        ),
    )
}
"""Every column by its name, in the order in which they are printed."""

SHARES = tuple(f"{quantity.column}_share" for quantity in SHARED)

ALL = "all"
"""The word of ``--columns`` for every column but the shares, which ``--shares`` adds."""


def _is_computed(column: Column, analysis: Analysis) -> bool:
    return not column.reads or analysis.has(column.reads)


def _is_default(column: Column, analysis: Analysis) -> bool:
    """Whether a column is printed if none are chosen; shares are added apart."""
    if column.name in SHARES:
        return False
    if column.quantity and analysis.quantities is not None:
        return analysis.has(column.quantity)  # it was asked for by name
    return column.shown


def choose(words: Sequence[str] | str | None, analysis: Analysis, shares: bool = False) -> list[Column]:
    """The columns asked for, the layer first; by default those that are ``shown``.

    A column has a name, and other words mean it too: its heading, and the key and the other words of its
    quantity. "all" means every column. One text has commas between the words.

    Raises ArchcalcError for a column that does not exist, or whose quantity was not computed.
    """
    computed = [column for column in COLUMNS.values() if _is_computed(column, analysis)]
    if words is None:
        chosen = [column for column in computed if _is_default(column, analysis)]
    else:
        listed = words.split(",") if isinstance(words, str) else words
        every = [column for column in computed if column.name not in SHARES]
        chosen = [COLUMNS["layer"]]
        for word in map(str.strip, listed):
            chosen += every if word.lower() == ALL else [_meant(word, analysis)]
    added = [column for column in computed if column.name in SHARES] if shares else []
    return list({column.name: column for column in [*chosen, *added]}.values())


def _meant(word: str, analysis: Analysis) -> Column:
    """The column that a word means."""
    known = _words()
    column = COLUMNS.get(known.get(plain(word), ""))
    if column is None:
        close = known.get(closest(plain(word), known))
        hint = f"did you mean '{close}'?" if close else f"known: {', '.join([*COLUMNS, ALL])}"
        raise ArchcalcError(f"unknown column '{short(word)}' ({hint})")
    if not _is_computed(column, analysis):
        raise ArchcalcError(f"the analysis was not asked for '{column.reads}'")
    return column


_NO_BRACKETS = str.maketrans("", "", "()")


def _words() -> dict[str, str]:
    """Every word for a column in plain spelling, with the name of the column that it means."""
    names: dict[str, str] = {}
    others: dict[str, str] = {}
    for column in COLUMNS.values():
        for word in (column.name, column.header, column.header.translate(_NO_BRACKETS)):
            names[plain(word)] = column.name
        quantity = BY_KEY.get(column.quantity or column.name)
        if quantity and column.name not in SHARES:
            for word in (quantity.key, *quantity.words):
                others.setdefault(plain(word), column.name)
    # A name wins: "memory" is one, and also a word of students for the activations.
    return {**others, **names}
