"""The list of networks as a table."""

from __future__ import annotations

from archcalc.render import units as printed
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results.listing import ListedNetwork, Listing

_HEADS = (
    Head("name", "name", numeric=False, keep=10),
    Head("family", "family", numeric=False, keep=5),
    Head("year", "year", keep=7),
    Head("title", "title", numeric=False, keep=4),
    Head("input", "input", numeric=False, keep=6),
    Head("params", "params", keep=9),
    Head("macs", "MACs", keep=8),
    Head("depth", "depth", keep=3),
    Head("aliases", "aliases", numeric=False, keep=2),
)


def report(listing: Listing, *, units: str = "exact") -> Report:
    """The networks as a report."""
    rows = listing.networks
    return Report(
        lambda: Grid(f"{len(rows)} networks", _HEADS, tuple(_row(row, units) for row in rows)),
        listing.as_json,
    )


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
