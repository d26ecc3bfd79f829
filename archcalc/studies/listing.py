"""The list of networks, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from archcalc.errors import ArchcalcError
from archcalc.language.index import indexed, spec_files
from archcalc.results.listing import ListedNetwork, Listing

if TYPE_CHECKING:
    from archcalc.language.family import Spec

LISTED = ("params", "macs", "depth")
"""The quantities of a line. No other quantity is computed."""

NO_YEAR = 9999
"""Sorts networks without a year last."""


def list_networks(words: Sequence[str] = ()) -> Listing:
    """The networks of the list; ``words`` keeps a network if its name, family or title contains one of them.

    Raises ArchcalcError if no network matches.
    """
    rows = [row for path in spec_files() for row in _rows(path) if not words or _matches(row, words)]
    if not rows:
        raise ArchcalcError(f"no network matches {' or '.join(words)}; 'archcalc list' shows all")
    # Families come in the order of their oldest network, so that the list reads as a history.
    first_year: dict[str, int] = {}
    for row in rows:
        first_year[row.family] = min(first_year.get(row.family, NO_YEAR), row.year or NO_YEAR)
    rows.sort(key=lambda row: (first_year[row.family], row.family, row.year or NO_YEAR, row.params))
    return Listing(tuple(rows))


def _rows(path: str) -> Iterator[ListedNetwork]:
    """The lines of a shipped spec: from the index, or worked out if the spec was changed since."""
    if networks := indexed(path):
        for line in networks:
            shape, aliases = tuple(line["input"]), tuple(line["aliases"])
            yield ListedNetwork(**{**line, "input": shape, "aliases": aliases})
    else:
        from archcalc.language.find import shipped_spec

        yield from lines_of(shipped_spec(path))


def lines_of(spec: Spec) -> Iterator[ListedNetwork]:
    """A line for each network of a spec."""
    from archcalc.studies.analyze import analyze

    for about in spec.networks():
        network = spec.bind(about.name)
        totals = analyze(network, LISTED).totals
        yield ListedNetwork(
            network.name,
            network.family,
            network.year,
            network.title,
            network.input.dims,
            totals.params,
            totals.macs,
            totals.depth,
            about.aliases,
        )


def _matches(row: ListedNetwork, words: Sequence[str]) -> bool:
    text = " ".join((row.name, row.family, row.title, *row.aliases)).lower()
    return any(word.lower() in text for word in words)
