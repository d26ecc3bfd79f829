"""The list of networks, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archcalc.network import Network
from archcalc.results import Listed
from archcalc.studies.analyze import analyze

LISTED = ("params", "macs", "depth")
"""The quantities of a line; no other is worked out."""

NO_YEAR = 9999
"""Sorts networks without a year last."""


def listing(networks: Iterable[tuple[Network, Sequence[str]]]) -> list[Listed]:
    """A line for each network and its aliases, sorted by family (oldest first), year and params."""
    rows = []
    for network, aliases in networks:
        totals = analyze(network, LISTED).totals
        rows.append(
            Listed(
                network.name,
                network.family,
                network.year,
                network.title,
                network.input.dims,
                totals.params,
                totals.macs,
                totals.depth,
                tuple(aliases),
            )
        )
    first_year: dict[str, int] = {}
    for row in rows:
        first_year[row.family] = min(first_year.get(row.family, NO_YEAR), row.year or NO_YEAR)
    return sorted(rows, key=lambda row: (first_year[row.family], row.family, row.year or NO_YEAR, row.params))
