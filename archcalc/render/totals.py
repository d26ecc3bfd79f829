"""The totals of networks as a table: a row for each network, with ratios to one of them if it is the base."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from archcalc.engine.quantities import TOTALS, Quantity, as_people_read
from archcalc.render import units as printed
from archcalc.render.accuracy import (
    ACCURACY_COLUMNS,
    accuracy_facts,
    measures_of,
    shown_protocol,
    with_origin,
)
from archcalc.render.columns import Style
from archcalc.render.conventions import how_it_counts
from archcalc.render.counted import network_column
from archcalc.render.grid import Grid
from archcalc.render.networks import NetworkColumn, NetworkRow, across, check_layout, chosen_columns
from archcalc.render.report import Report
from archcalc.results.accuracy import PublishedAccuracy, by_protocol
from archcalc.results.compare import ComparedNetwork, TotalsTable


def _total(key: str) -> Callable[[NetworkRow], Any]:
    return lambda row: row.network.analysis.totals.figures[key]


def _input(row: NetworkRow) -> Any:
    return row.network.analysis.input


def _output(row: NetworkRow) -> Any:
    return row.network.analysis.layers[-1].output


_WORDS = ("statement", "name")
"""Units of totals that are no numbers."""


def _of_quantity(quantity: Quantity) -> NetworkColumn:
    unit = "word" if quantity.unit in _WORDS else quantity.unit
    return NetworkColumn(
        quantity.column, quantity.label, quantity.meaning, _total(quantity.key), unit, quantity.priority
    )


LABEL = NetworkColumn("network", "network", "name of the network", lambda row: row.label, "word", 1000)

COLUMNS: dict[str, NetworkColumn] = {
    column.key: column
    for column in (
        NetworkColumn("input", "input", "input volume", _input, "shape", 16),
        NetworkColumn("output", "output", "output volume", _output, "shape", 15),
        *map(_of_quantity, as_people_read(TOTALS)),
        *ACCURACY_COLUMNS,
    )
}
"""Every column but the network's name, in the order of the records."""

SHORT = ("params", "macs", "flops", "memory_bytes", "depth")
"""The short answer about a network."""

NAMES = {
    **{word: quantity.column for quantity in TOTALS for word in (*quantity.words, quantity.key)},
    **{quantity.heading: quantity.column for quantity in TOTALS},
    **{column.header: column.key for column in COLUMNS.values()},
}
"""Other names of the columns: keys of quantities, headings, and words that people use."""

RATIOS = ("count", "values", "bytes")
"""The columns that a ratio to the base follows, by their units."""


def report(
    table: TotalsTable,
    *,
    columns: Sequence[str] | str | None = None,
    protocol: str | None = None,
    units: str = "exact",
    digits: int | None = None,
    layout: str = "hwc",
    notes: bool = False,
) -> Report:
    """The totals of networks as a report; ``notes``: with the definitions of what is counted.

    Raises ArchcalcError for a column that does not exist, a protocol that no network has, and a layout
    without sizes.
    """
    chosen = chosen_columns(columns, COLUMNS, NAMES) if columns is not None else None
    networks, style = table.networks, Style(printed.with_digits(units, digits), layout, digits)
    errors = () if protocol is None else ("top1_error", "top5_error")
    short = chosen or [COLUMNS[key] for key in (*SHORT, *errors)]
    # The count of a tool was asked for, so it stands in every table.
    counted = networks[0].analysis.counted
    added = [network_column(counted)] if counted else []
    short, chosen = [*short, *added], [*chosen, *added] if chosen else None
    check_layout(short, layout)
    protocol = shown_protocol(published_by(networks), protocol, chosen or list(COLUMNS.values()))

    def title() -> str:
        first = networks[0].analysis
        batch = f", batch {first.batch}" if first.batch != 1 else ""
        many = "1 network" if len(networks) == 1 else f"{len(networks)} networks"
        by = f", counted by {first.counted.name}" if first.counted else ""
        return f"Totals of {many}{batch}, {first.dtype}{by}"

    def grid() -> Grid:
        explained = how_it_counts(networks[0].analysis.convention, notes)
        return network_rows(title(), networks, short, style, protocol)._replace(notes=tuple(explained))

    def records() -> Grid:
        return network_records(networks, chosen or [*COLUMNS.values(), *added], protocol)

    return Report(grid, table.as_json, records)


# --- rows ---------------------------------------------------------------------------------------------------


def published_by(networks: Sequence[ComparedNetwork]) -> list[tuple[PublishedAccuracy, ...]]:
    """The published accuracies of each network."""
    return [network.accuracy for network in networks]


def _rows(
    networks: Sequence[ComparedNetwork], columns: Sequence[NetworkColumn], protocol: str, base: int | None
) -> list[NetworkRow]:
    reference = None if base is None else networks[base]
    measures = measures_of(columns)
    return [
        NetworkRow(network.label, network, by_protocol(network.accuracy, protocol, measures), reference)
        for network in networks
    ]


def _ratio(column: NetworkColumn) -> NetworkColumn:
    """The column of the ratios of a column to the base."""

    def value(row: NetworkRow) -> Fraction | None:
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
    rows = _rows(networks, columns, protocol, base)
    heads, cells = across(column.printed(rows, style) for column in [LABEL, *_with_ratios(columns, base)])
    return Grid(title, heads, tuple(cells), facts=accuracy_facts(rows, columns, protocol))


def network_records(
    networks: Sequence[ComparedNetwork],
    chosen: Sequence[NetworkColumn] | None,
    protocol: str,
    base: int | None = None,
) -> Grid:
    """A record for each network: all columns unless some are chosen, and what the accuracies are by."""
    columns = [*COLUMNS.values()] if chosen is None else chosen
    rows = _rows(networks, columns, protocol, base)
    shown = with_origin([LABEL, *_with_ratios(columns, base)])
    heads, cells = across(column.raw(rows) for column in shown)
    return Grid("", heads, tuple(cells))


def _with_ratios(columns: Sequence[NetworkColumn], base: int | None) -> list[NetworkColumn]:
    """The columns, and if there is a base, behind what can be divided the ratio to the base."""
    shown: list[NetworkColumn] = []
    for column in columns:
        shown.append(column)
        if base is not None and column.unit in RATIOS:
            shown.append(_ratio(column))
    return shown
