"""The totals of networks as a table: a row for each network, with ratios to one of them if it is the base."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.engine.quantities import TOTALS, Quantity, as_people_read
from archcalc.errors import ArchcalcError, one_of
from archcalc.render import units as printed
from archcalc.render.columns import Style
from archcalc.render.grid import Grid
from archcalc.render.networks import NetworkColumn, across, chosen_columns
from archcalc.render.report import Report
from archcalc.results.accuracy import MEASURES, PublishedAccuracy, by_protocol, choose_protocol, protocol_of
from archcalc.results.compare import ComparedNetwork, TotalsTable


class TotalsRow(NamedTuple):
    """One row: a network, its accuracy by the protocol of the table, and the network of the ratios."""

    network: ComparedNetwork
    accuracy: PublishedAccuracy | None = None
    base: ComparedNetwork | None = None


def _total(key: str) -> Callable[[TotalsRow], Any]:
    return lambda row: row.network.analysis.totals.figures[key]


def _percent(measure: str) -> Callable[[TotalsRow], str]:
    return lambda row: row.accuracy.percent(measure) if row.accuracy else ""


_UNITS = {"values": "count", "statement": "word", "name": "word"}
"""How a total is printed, if not as its unit says."""


def _of_quantity(quantity: Quantity) -> NetworkColumn:
    unit = _UNITS.get(quantity.unit, quantity.unit)
    return NetworkColumn(
        quantity.key, quantity.label, quantity.meaning, _total(quantity.key), unit, quantity.priority
    )


LABEL = NetworkColumn(
    "network", "network", "name of the network", lambda row: row.network.label, "word", 1000
)

COLUMNS: dict[str, NetworkColumn] = {
    column.key: column
    for column in (
        NetworkColumn("input", "input", "input volume", lambda row: row.network.analysis.input, "shape", 16),
        NetworkColumn(
            "output",
            "output",
            "output volume",
            lambda row: row.network.analysis.layers[-1].output,
            "shape",
            15,
        ),
        *map(_of_quantity, as_people_read(TOTALS)),
        *(
            NetworkColumn(
                key,
                header,
                f"published {header}{' accuracy' * ('error' not in key)}, in percent",
                _percent(key),
                "percent",
                72 - place,
            )
            for place, (key, header) in enumerate(MEASURES.items())
        ),
    )
}
"""Every column but the network's name, in the order of the records."""

SHORT = ("params", "macs", "flops", "slide_activation_bytes", "depth")
"""The short answer about a network."""

NAMES = {
    **{word: quantity.key for quantity in TOTALS for word in quantity.words},
    **{column.header: column.key for column in COLUMNS.values()},
    "memory": "slide_activation_bytes",
}
"""Other names of the columns; a network has one memory, which is printed in bytes."""

RATIOS = ("count", "bytes")
"""The columns that a ratio to the base follows, by their units."""


def report(
    table: TotalsTable,
    *,
    columns: Sequence[str] | str | None = None,
    protocol: str | None = None,
    units: str = "exact",
    digits: int | None = None,
    layout: str = "hwc",
) -> Report:
    """The totals of networks as a report.

    Raises ArchcalcError for a column that does not exist, and for a protocol that no network has.
    """
    chosen = chosen_columns(columns, COLUMNS, NAMES) if columns is not None else None
    networks, style = table.networks, Style(printed.with_digits(units, digits), layout, digits)
    errors = () if protocol is None else ("top1_error", "top5_error")
    short = chosen or [COLUMNS[key] for key in (*SHORT, *errors)]
    protocol = shown_protocol(networks, protocol, chosen or list(COLUMNS.values()))

    def title() -> str:
        first = networks[0].analysis
        batch = f", batch {first.batch}" if first.batch != 1 else ""
        counted = "1 network" if len(networks) == 1 else f"{len(networks)} networks"
        return f"Totals of {counted}{batch}, {first.dtype}"

    return Report(
        lambda: network_rows(title(), networks, short, style, protocol),
        table.as_json,
        lambda: network_records(networks, chosen, protocol),
    )


# --- accuracies of one protocol -----------------------------------------------------------------------------


def measures_of(columns: Sequence[NetworkColumn]) -> list[str]:
    """The measures of accuracy among the columns."""
    return [column.key for column in columns if column.key in MEASURES]


def shown_protocol(
    networks: Sequence[ComparedNetwork], asked: str | None, columns: Sequence[NetworkColumn]
) -> str:
    """The protocol of the accuracies in a table with these columns. Raises ArchcalcError."""
    if asked is not None and not measures_of(columns):
        raise ArchcalcError(f"a protocol needs a column of accuracies: {one_of(list(MEASURES))}")
    return choose_protocol(asked, [network.accuracy for network in networks], measures_of(columns))


def accuracy_facts(
    rows: Sequence[TotalsRow], columns: Sequence[NetworkColumn], protocol: str
) -> list[tuple[str, str]]:
    """By which protocol the networks were tested, and who says so; nothing without a column of accuracies."""
    measures = measures_of(columns)
    if not measures or not protocol:
        return [("accuracy", "none is published")] if measures else []
    facts = [("accuracy", protocol)]
    for row in rows:
        if row.accuracy is not None and any(map(row.accuracy.percent, measures)):
            sizes = row.accuracy.protocol.removeprefix(protocol_of(row.accuracy)).strip()
            at = f", at {sizes}" if sizes else ""
            facts.append(
                ("", f"{row.network.label}{at}: {row.accuracy.source}{_turned(row.accuracy, measures)}")
            )
    return facts


def _turned(accuracy: PublishedAccuracy, measures: Sequence[str]) -> str:
    """Says that a measure is 100 minus what is printed."""
    if all(getattr(accuracy, measure) or not accuracy.percent(measure) for measure in measures):
        return ""
    return ", which prints accuracies" if accuracy.top1 or accuracy.top5 else ", which prints errors"


# --- rows ---------------------------------------------------------------------------------------------------


def _rows(
    networks: Sequence[ComparedNetwork], measures: Sequence[str], protocol: str, base: int | None
) -> list[TotalsRow]:
    reference = None if base is None else networks[base]
    return [
        TotalsRow(network, by_protocol(network.accuracy, protocol, measures), reference)
        for network in networks
    ]


def _ratio(column: NetworkColumn) -> NetworkColumn:
    """The column of the ratios of a column to the base."""

    def value(row: TotalsRow) -> Fraction | None:
        own, base = column.value(row), row.base and column.value(row._replace(network=row.base))
        return None if own is None or not base else Fraction(own, base)

    return column._replace(
        key=f"{column.key}_ratio", header="ratio", value=value, unit="ratio", keep=column.keep - 50
    )


def network_rows(
    title: str,
    networks: Sequence[ComparedNetwork],
    columns: Sequence[NetworkColumn],
    style: Style,
    protocol: str,
    base: int | None = None,
) -> Grid:
    """The table for people; with a base, ratios to it stand behind what can be divided."""
    rows = _rows(networks, measures_of(columns), protocol, base)
    heads, cells = across(column.printed(rows, style) for column in [LABEL, *_with_ratios(columns, base)])
    return Grid(title, heads, tuple(cells), facts=tuple(accuracy_facts(rows, columns, protocol)))


def network_records(
    networks: Sequence[ComparedNetwork],
    chosen: Sequence[NetworkColumn] | None,
    protocol: str,
    base: int | None = None,
) -> Grid:
    """A record for each network: all columns unless some are chosen, and what the accuracies are by."""
    columns = [*COLUMNS.values()] if chosen is None else chosen
    measures = measures_of(columns)
    rows = _rows(networks, measures, protocol, base)
    behind = [_of_accuracy(key) for key in ("protocol", "source")] if measures else []
    heads, cells = across(column.raw(rows) for column in [LABEL, *_with_ratios(columns, base), *behind])
    return Grid("", heads, tuple(cells))


def _of_accuracy(key: str) -> NetworkColumn:
    return NetworkColumn(key, key, key, lambda row: getattr(row.accuracy, key, None), "word")


def _with_ratios(columns: Sequence[NetworkColumn], base: int | None) -> list[NetworkColumn]:
    """The columns, and if there is a base, behind each its ratio to the base."""
    pairs = ((column, _ratio(column)) for column in columns)
    return [one for pair in pairs for one in pair[: 1 + (base is not None and pair[0].unit in RATIOS)]]
