"""The list of networks: all of them as names by family, a choice of them with its figures."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from archcalc.render import units as printed
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results.listing import ListedNetwork, Listing

_HEADS = (
    Head("name", "name", numeric=False, keep=10),
    Head("family", "family", numeric=False, keep=1),
    Head("year", "year", keep=7),
    Head("title", "title", numeric=False, keep=6, least=20),
    Head("input", "input", numeric=False, keep=3),
    Head("params", "params", keep=9),
    Head("macs", "MACs", keep=8),
    Head("depth", "depth", keep=4),
    Head("aliases", "aliases", numeric=False, keep=2),
)
"""The columns of records; people read all of them but ``family``, which is a heading, with the title last."""

_PEOPLE = ("name", "year", "params", "macs", "depth", "input", "aliases", "title")

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


def report(listing: Listing, *, units: str = "exact", long: bool = False) -> Report:
    """The networks as a report; ``long`` or a unit shows the figures of all networks, too."""
    names_only = listing.whole and not long and units == "exact"
    return Report(
        lambda: _by_family(listing) if names_only else _with_figures(listing, units),
        listing.as_json,
        lambda: Grid("", _HEADS, tuple(_row(row, units) for row in listing.networks)),
    )


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


def _with_figures(listing: Listing, units: str) -> Grid:
    families = _families(listing.networks)
    places = [[head.key for head in _HEADS].index(key) for key in _PEOPLE]
    rows: list[tuple[Cell, ...]] = []
    headings = []
    for family, members in families.items():
        headings.append(len(rows))
        rows.append((Cell(family, family), *(Cell("", "") for _ in places[1:])))
        for row in members:
            cells = _row(row, units)
            rows.append((Cell(row.name, f"  {row.name}"), *(cells[place] for place in places[1:])))
    counted = f"{len(listing.networks)} network{'s' * (len(listing.networks) > 1)}"
    title = counted if len(families) == 1 else f"{counted} in {len(families)} families"
    heads = tuple(_HEADS[place] for place in places)
    return Grid(title, heads, tuple(rows), body_only=tuple(headings))


def _row(row: ListedNetwork, units: str) -> tuple[Cell, ...]:
    return (
        Cell(row.name, row.name),
        Cell(row.family, row.family),
        Cell(row.year, str(row.year or printed.UNKNOWN)),
        Cell(row.title, row.title),
        Cell(row.input, printed.shape(row.input)),
        Cell(row.params, printed.count(row.params, units)),
        Cell(row.macs, printed.count(row.macs, units)),
        Cell(row.depth, str(row.depth)),
        Cell(" ".join(row.aliases), " ".join(row.aliases)),
    )
