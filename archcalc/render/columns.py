"""The columns of a layer table: each says what it is, where its value comes from, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

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
    """Kernel, stride and padding of a layer: ``11x11/4``, ``3x3/1 p1``, with groups and dilation if there are any."""
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


def _sum(key: str) -> Callable[[Analysis], Any]:
    return lambda analysis: getattr(analysis.totals, key)


def _of(key: str) -> Callable[[Layer, Analysis], Any]:
    return lambda layer, analysis: getattr(layer, key)


def _share(key: str) -> Callable[[Layer, Analysis], Any]:
    return lambda layer, analysis: units.share(getattr(layer, key), getattr(analysis.totals, key))


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
        Column("params", "params", "everything trained", _of("params"), _count, _sum("params"), keep=85),
        Column(
            "weights",
            "weights",
            "params without biases and norm",
            _of("weights"),
            _count,
            _sum("weights"),
            keep=40,
        ),
        Column(
            "biases",
            "biases",
            "biases of conv, fc and the like",
            _of("biases"),
            _count,
            _sum("biases"),
            keep=39,
        ),
        Column(
            "norm_params", "norm", "gamma and beta", _of("norm_params"), _count, _sum("norm_params"), keep=38
        ),
        Column(
            "buffers",
            "buffers",
            "stored, not trained",
            _of("buffers"),
            _count,
            _sum("buffers"),
            keep=10,
            shown=False,
        ),
        Column("macs", "MACs", "multiply-accumulates", _of("macs"), _count, _sum("macs"), keep=80),
        Column(
            "flops",
            "FLOPs",
            "2 per MAC, and the other operations",
            _of("flops"),
            _count,
            _sum("flops"),
            keep=65,
        ),
        Column(
            "slide_activations",
            "memory",
            "values by the lectures' count: input, conv, pool, norm and fc rows; ReLU and the like work in place",
            _of("slide_activations"),
            _count,
            _sum("slide_activations"),
            keep=75,
        ),
        Column(
            "activations",
            "activations",
            "output values of every layer in the row",
            _of("activations"),
            _count,
            _sum("activations"),
            keep=50,
        ),
        Column(
            "activation_bytes",
            "bytes",
            "bytes of the activations",
            lambda layer, analysis: layer.activations * analysis.value_bytes,
            _size,
            _sum("activation_bytes"),
            keep=45,
        ),
        Column(
            "receptive_field",
            "field",
            "receptive field: side on the input that a value sees through the windows up to here",
            lambda layer, analysis: units.square(layer.receptive_field),
            _word,
            keep=55,
        ),
        Column(
            "smallest_field",
            "smallest",
            "receptive field by the narrowest path through the branches",
            lambda layer, analysis: units.square(layer.smallest_field),
            _word,
            keep=13,
            shown=False,
        ),
        Column(
            "aligned",
            "aligned",
            "whether all branches up to here agree on the centre of the receptive field",
            lambda layer, analysis: "yes" if layer.aligned else "no",
            _word,
            numeric=False,
            keep=9,
            shown=False,
        ),
        Column(
            "jump",
            "jump",
            "step between the receptive fields of neighbours (effective stride)",
            lambda layer, analysis: units.square(layer.jump),
            _word,
            keep=12,
            shown=False,
        ),
        Column(
            "connections",
            "connections",
            "edges from inputs and biases to outputs (LeCun et al. 1998)",
            _of("connections"),
            _count,
            _sum("connections"),
            keep=11,
            shown=False,
        ),
        Column(
            "params_share", "params %", "share of the params", _share("params"), _word, keep=36, shown=False
        ),
        Column("macs_share", "MACs %", "share of the MACs", _share("macs"), _word, keep=35, shown=False),
        Column(
            "activations_share",
            "act. %",
            "share of the activations",
            _share("activations"),
            _word,
            keep=34,
            shown=False,
        ),
    )
}
"""Every column by its key, in the order in which they are printed."""


def columns_help() -> str:
    """Every column with its meaning, a line each."""
    width = max(map(len, COLUMNS))
    return "".join(f"{column.key:{width}}  {column.says}\n" for column in COLUMNS.values())


SHARES = ("params_share", "macs_share", "activations_share")


def choose(keys: Sequence[str] | None, analysis: Analysis, shares: bool = False) -> list[Column]:
    """The columns asked for by key or header, the layer first; by default those shown that say something here.

    Raises ArchcalcError for a column that does not exist.
    """
    if keys is None:
        empty = "norm_params" if analysis.totals.norm_params == 0 else ""
        return [
            column
            for column in COLUMNS.values()
            if (column.shown and column.key != empty) or (shares and column.key in SHARES)
        ]
    headers = {column.header.lower(): column.key for column in COLUMNS.values()}
    found = ["layer"]
    for word in keys:
        key = headers.get(word.lower(), word)
        if key not in COLUMNS:
            hint = did_you_mean(word, COLUMNS) or f"known: {', '.join(COLUMNS)}"
            raise ArchcalcError(f"there is no column '{word}' ({hint})")
        found.append(key)
    return [COLUMNS[key] for key in dict.fromkeys([*found, *(SHARES if shares else ())])]
