"""The list of networks, one line each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from archcalc.errors import ArchcalcError, alike, did_you_mean, one_of, plain, short
from archcalc.language.index import indexed, spec_files
from archcalc.results.accuracy import PublishedAccuracy, published
from archcalc.results.deferred import DeferredFigures
from archcalc.results.listing import ListedNetwork, Listing

if TYPE_CHECKING:
    from archcalc.language.family import Spec

LISTED = ("params", "macs", "depth")
"""The quantities of a line. No other quantity is computed."""

NO_YEAR = 9999
"""Sorts networks without a year last."""


def list_networks(
    words: Sequence[str] = (), families: Sequence[str] = (), years: str | None = None
) -> Listing:
    """The networks of the list that meet every condition.

    ``words`` keeps a network if its name, family or title has one of them; ``families`` if it belongs
    to one of them; ``years`` (``2015``, ``2015:``, ``:2014`` or ``2014:2016``) by its year. Raises
    ArchcalcError if no network is left.
    """
    every = [row for path in spec_files() for row in _rows(path)]
    found = _named(every, words) or set[str]().union(*(_matching(every, word) for word in words))
    chosen = _known_families(families, every)
    first, last = _years(years) if years is not None else (0, NO_YEAR)
    rows = [
        row
        for row in every
        if (not words or row.name in found)
        and (not chosen or row.family in chosen)
        and (first <= (row.year or NO_YEAR) <= last)
    ]
    if not rows:
        raise ArchcalcError(_nothing(words, families, years, every))
    in_order = _in_order(rows, words)
    accuracy = DeferredFigures([row.name for row in in_order], lambda name: {name: _accuracy(name)})
    return Listing(in_order, len(rows) == len(every), accuracy)


def _named(rows: Sequence[ListedNetwork], words: Sequence[str]) -> set[str]:
    """The networks whose exact names are the words: a choice, if there are several; one word is a search."""
    meant = _meant(rows, words)
    return set().union(*meant) if len(meant) > 1 and all(meant) else set()


def _meant(rows: Sequence[ListedNetwork], words: Sequence[str]) -> list[set[str]]:
    """The networks that each word names."""
    owners = {name: row.name for row in rows for name in (row.name, *row.aliases)}
    return [{owners[name] for name in alike(word, owners)} for word in words]


def _accuracy(name: str) -> tuple[PublishedAccuracy, ...]:
    from archcalc.language.find import load

    spec, variant = load(name, strict=False)
    return published(spec.named(variant).accuracy)


def _in_order(rows: Sequence[ListedNetwork], words: Sequence[str]) -> tuple[ListedNetwork, ...]:
    """The rows by family, the oldest first, so that the list reads as a history. A network whose name is one
    of the words comes before all others, with its family behind it.
    """
    meant = _meant(rows, words)
    rank = {row.name: _rank(row.name, meant) for row in rows}
    first_year: dict[str, int] = {}
    best: dict[str, int] = {}
    for row in rows:
        first_year[row.family] = min(first_year.get(row.family, NO_YEAR), row.year or NO_YEAR)
        best[row.family] = min(best.get(row.family, len(words)), rank[row.name])

    def place(row: ListedNetwork) -> tuple[int | str, ...]:
        family = row.family
        year = row.year or NO_YEAR
        return best[family], first_year[family], family, rank[row.name], year, row.params

    return tuple(sorted(rows, key=place))


def _rank(name: str, meant: Sequence[set[str]]) -> int:
    """The place of the word that names the network; behind all words if none does."""
    return next((place for place, networks in enumerate(meant) if name in networks), len(meant))


def _known_families(families: Sequence[str], rows: Sequence[ListedNetwork]) -> set[str]:
    """The families that are meant, in any spelling. Raises ArchcalcError."""
    known = {row.family: None for row in rows}
    chosen: set[str] = set()
    for family in families:
        meant = alike(family, known)
        if not meant:
            hint = did_you_mean(family, known) or "'archcalc list' shows the families"
            raise ArchcalcError(f"unknown family '{short(family)}' ({hint})")
        chosen.update(meant)
    return chosen


def _years(text: str) -> tuple[int, int]:
    """The first and the last year of a range. Raises ArchcalcError.

    >>> _years("2015"), _years("2015:"), _years(":2014"), _years("2014:2016")
    ((2015, 2015), (2015, 9998), (0, 2014), (2014, 2016))
    """
    match = re.fullmatch(r"\s*(\d{4})?\s*(:?)\s*(\d{4})?\s*", text)
    if match is None or not (match[1] or match[3]) or (match[3] and not match[2]):
        raise ArchcalcError(
            f"'{short(text)}' is not a year or a range of years: 2015, 2015:, :2014 or 2014:2016"
        )
    first = int(match[1] or 0)
    last = int(match[3] or NO_YEAR - 1) if match[2] else first
    if last < first:
        raise ArchcalcError(f"the years '{short(text)}' end before they begin")
    return first, last


def _nothing(
    words: Sequence[str], families: Sequence[str], years: str | None, rows: Sequence[ListedNetwork]
) -> str:
    """Why no network is left."""
    if words and not (families or years):
        from archcalc.language.suggest import network_hint

        known = {name for row in rows for name in (row.name, row.family, *row.aliases)}
        return f"no network matches {one_of(list(map(short, words)))} ({network_hint(words[0], known)})"
    asked = [*words, *families, *([f"the years {years}"] if years else [])]
    listed = [row.year for row in rows if row.year]
    span = f"; the networks are of {min(listed)} to {max(listed)}" if years and listed else ""
    return f"no network matches {' and '.join(map(short, asked))}{span}; 'archcalc list' shows all"


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


def _matching(rows: Sequence[ListedNetwork], word: str) -> set[str]:
    """The names of the networks in which something begins with a word; if there is none, contains it.

    So ``vit`` means ViT, and not what has to do with connectivity.
    """
    text = re.escape(word.lower())
    begins = re.compile(rf"(?<![^\W\d_]){text}" if word[:1].isalpha() else rf"(?<!\d){text}")
    bare = plain(word)
    begun = {
        row.name
        for row in rows
        if begins.search(_text(row)) or (bare and any(plain(name).startswith(bare) for name in _names(row)))
    }
    return begun or {row.name for row in rows if word.lower() in _text(row)}


def _names(row: ListedNetwork) -> tuple[str, ...]:
    return row.name, row.family, *row.aliases


def _text(row: ListedNetwork) -> str:
    return " ".join((*_names(row), row.title)).lower()
