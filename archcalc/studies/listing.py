"""The list of networks, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archcalc.errors import ArchcalcError
from archcalc.language.find import all_specs
from archcalc.network import Network
from archcalc.results import ListedNetwork, Listing
from archcalc.studies.analyze import analyze

LISTED = ("params", "macs", "depth")
"""The quantities of a line. No other quantity is computed."""

NO_YEAR = 9999
"""Sorts networks without a year last."""


def list_networks(words: Sequence[str] = ()) -> Listing:
    """The networks of the list; ``words`` keeps a network if its name, family or title contains one of them.

    Raises ArchcalcError if no network matches.
    """
    chosen = [
        (spec.bind(about.name), about.aliases)
        for spec in all_specs()
        for about in spec.networks()
        if not words or about.matches(words, spec.family)
    ]
    if not chosen:
        raise ArchcalcError(f"no network matches {' or '.join(words)}; 'archcalc list' shows all")
    return Listing(tuple(listing(chosen)))


def listing(networks: Iterable[tuple[Network, Sequence[str]]]) -> list[ListedNetwork]:
    """A line for each network and its aliases, sorted by family (oldest first), year and params."""
    rows = []
    for network, aliases in networks:
        totals = analyze(network, LISTED).totals
        rows.append(
            ListedNetwork(
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
    # Families come in the order of their oldest network, so that the list reads as a history.
    first_year: dict[str, int] = {}
    for row in rows:
        first_year[row.family] = min(first_year.get(row.family, NO_YEAR), row.year or NO_YEAR)
    return sorted(rows, key=lambda row: (first_year[row.family], row.family, row.year or NO_YEAR, row.params))
