"""The list of networks: one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archcalc.network import Network
from archcalc.results import Listed
from archcalc.studies.analyze import analyze


def listing(networks: Iterable[tuple[Network, Sequence[str]]]) -> list[Listed]:
    """What the list says of each network and its aliases, by family (the oldest first), year and params."""
    found = []
    for network, aliases in networks:
        totals = analyze(network).totals
        found.append(
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
    first: dict[str, int] = {}
    for row in found:
        first[row.family] = min(first.get(row.family, 9999), row.year or 9999)
    return sorted(found, key=lambda row: (first[row.family], row.family, row.year or 9999, row.params))
