"""The list of networks: all of them as names by family, a choice of them with its figures."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from archcalc.render import units as printed
from archcalc.render.accuracy import (
    ACCURACY_COLUMNS,
    accuracy_facts,
    measures_of,
    shown_protocol,
    with_origin,
)
from archcalc.render.columns import Style
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.networks import NetworkColumn, NetworkRow, across, chosen_columns
from archcalc.render.report import Report
from archcalc.results.accuracy import by_protocol
from archcalc.results.listing import ListedNetwork, Listing


def _of(key: str) -> Callable[[NetworkRow], Any]:
    return lambda row: getattr(row.network, key)


COLUMNS: dict[str, NetworkColumn] = {
    column.key: column
    for column in (
        NetworkColumn("name", "name", "name of the network", _of("name"), "word", 100),
        NetworkColumn("year", "year", "year of the publication", _of("year"), "year", 7),
        NetworkColumn("params", "params", "everything trained", _of("params"), "count", 90),
        NetworkColumn("macs", "MACs", "multiply-accumulates", _of("macs"), "count", 80),
        NetworkColumn("depth", "depth", "weighted layers on the longest path", _of("depth"), "layers", 4),
        *ACCURACY_COLUMNS,
        NetworkColumn("input", "input", "input volume", _of("input"), "shape", 3),
        NetworkColumn("family", "family", "networks of one paper", _of("family"), "word", 1),
        NetworkColumn("aliases", "aliases", "other names", _of("aliases"), "words", 2),
        NetworkColumn("title", "title", "what the network is", _of("title"), "word", 6, least=20),
    )
}
"""Every column, as people read them; for people the family is a heading."""

PEOPLE = ("name", "year", "params", "macs", "depth", "input", "aliases", "title")
RECORDS = ("name", "family", "year", "title", "input", "params", "macs", "depth", "aliases")
"""The columns that are printed unless others are chosen."""

_NAMES_WIDTH = 36
"""Letters of names in a line: with a family and its year it fits in 60 columns, in a pipe too."""

_BY_FAMILY = (
    Head("family", "family", numeric=False),
    Head("year", "year", numeric=False),
    Head("names", "networks", numeric=False),
)

MORE = (
    ("one family, with figures", "archcalc list --family resnet"),
    ("some years, with figures", "archcalc list --year 2015:"),
    ("all networks, with figures", "archcalc list --long"),
)
"""What the names alone do not show, and the commands that show it."""


def report(
    listing: Listing,
    *,
    columns: Sequence[str] | str | None = None,
    protocol: str | None = None,
    units: str = "exact",
    digits: int | None = None,
    long: bool = False,
) -> Report:
    """The networks as a report; ``long``, a unit or chosen columns show the figures of all networks, too.

    Raises ArchcalcError for a column that does not exist, and for a protocol that no network has.
    """
    chosen = None
    if columns is not None:
        chosen = chosen_columns(columns, COLUMNS, {}, "; 'archcalc totals' has more")
        chosen = list({column.key: column for column in (COLUMNS["name"], *chosen)}.values())
    measures = measures_of(chosen or ())
    # Only a list with accuracies reads the specs.
    accuracies = [listing.accuracy.get(network.name, ()) if measures else () for network in listing.networks]
    protocol = shown_protocol(accuracies, protocol, chosen or ())
    rows = [
        NetworkRow(network.name, network, by_protocol(published, protocol, measures))
        for network, published in zip(listing.networks, accuracies, strict=True)
    ]
    style = Style(printed.with_digits(units, digits), digits=digits)
    names_only = listing.whole and not long and chosen is None and style.units == "exact"

    def records() -> Grid:
        shown = chosen or [COLUMNS[key] for key in RECORDS]
        heads, cells = across(column.raw(rows) for column in with_origin(shown))
        return Grid("", heads, tuple(cells))

    def figures() -> Grid:
        shown = chosen or [COLUMNS[key] for key in PEOPLE]
        return _with_figures(rows, shown, style, protocol)

    return Report(lambda: _by_family(listing) if names_only else figures(), listing.as_json, records)


def _families(rows: Sequence[ListedNetwork]) -> Mapping[str, list[ListedNetwork]]:
    families: dict[str, list[ListedNetwork]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row)
    return families


# --- names by family --------------------------------------------------------------------------------------


def _by_family(listing: Listing) -> Grid:
    families = _families(listing.networks)
    rows = [line for family, members in families.items() for line in _family(family, members)]
    title = f"{len(listing.networks)} networks in {len(families)} families"
    return Grid(title, _BY_FAMILY, tuple(rows), facts=MORE)


def _family(family: str, members: Sequence[ListedNetwork]) -> Iterator[tuple[Cell, ...]]:
    """The lines of a family; the second line and those below it have names only."""
    names = textwrap.wrap(
        ", ".join(row.name for row in members), _NAMES_WIDTH, break_long_words=False, break_on_hyphens=False
    )
    labels = family, _years(members)
    for line in names:
        yield tuple(Cell(text, text) for text in (*labels, line))
        labels = "", ""


def _years(members: Sequence[ListedNetwork]) -> str:
    """The year of the oldest network."""
    return str(min((row.year for row in members if row.year), default=printed.UNKNOWN))


# --- figures ----------------------------------------------------------------------------------------------


def _with_figures(
    rows: Sequence[NetworkRow], columns: Sequence[NetworkColumn], style: Style, protocol: str
) -> Grid:
    families: dict[str, list[tuple[Cell, ...]]] = {}
    heads, cells = across(column.printed(rows, style) for column in columns)
    for row, line in zip(rows, cells, strict=True):
        families.setdefault(row.network.family, []).append(line)
    body: list[tuple[Cell, ...]] = []
    headings = []
    for family, lines in families.items():
        headings.append(len(body))
        body.append((Cell(family, family), *(Cell("", "") for _ in heads[1:])))
        body += [(name._replace(text=f"  {name.text}"), *others) for name, *others in lines]
    counted = f"{len(rows)} network{'s' * (len(rows) > 1)}"
    title = counted if len(families) == 1 else f"{counted} in {len(families)} families"
    facts = accuracy_facts(rows, columns, protocol)
    return Grid(title, heads, tuple(body), facts=facts, body_only=tuple(headings))
