"""Published accuracies, and which of them may stand in one column: those of one protocol."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, plain, short

MEASURES: Mapping[str, str] = {
    "top1_error": "top-1 error",
    "top5_error": "top-5 error",
    "top1": "top-1",
    "top5": "top-5",
}
"""The measures of accuracy by their keys, with their headings."""

USUAL = ", 1 crop"
"""The end of the protocol that most papers use."""

_OPPOSITE = {"top1_error": "top1", "top5_error": "top5", "top1": "top1_error", "top5": "top5_error"}


class PublishedAccuracy(NamedTuple):
    """A published accuracy in percent, with its protocol and source; "" if a value is not published."""

    top1_error: str
    top5_error: str
    top1: str
    top5: str
    protocol: str
    source: str

    def percent(self, measure: str) -> str:
        """A measure as it is published, or 100 minus its opposite; "" if neither is published.

        >>> published = PublishedAccuracy("24.7", "", "", "", "ImageNet val, 1 crop 224", "a README")
        >>> published.percent("top1_error"), published.percent("top1"), published.percent("top5")
        ('24.7', '75.3', '')
        """
        opposite = getattr(self, _OPPOSITE[measure])
        return getattr(self, measure) or (str(100 - Decimal(opposite)) if opposite else "")


def published(rows: Iterable[Any]) -> tuple[PublishedAccuracy, ...]:
    """The accuracies of a spec as records."""
    return tuple(
        PublishedAccuracy(
            **{key: row.figures.get(key, "") for key in MEASURES}, protocol=row.protocol, source=row.source
        )
        for row in rows
    )


def protocol_of(accuracy: PublishedAccuracy) -> str:
    """The protocol without the size of a crop: each network is tested at the size that it is made for.

    >>> protocol_of(PublishedAccuracy("", "", "79.0", "", "ImageNet val, 1 crop 299", "Xception"))
    'ImageNet val, 1 crop'
    """
    return re.sub(r"(\bcrops?) \d+\Z", r"\1", accuracy.protocol)


def choose_protocol(
    asked: str | None, networks: Sequence[Sequence[PublishedAccuracy]], measures: Sequence[str]
) -> str:
    """The protocol that is asked for, or that by which most of the networks have a measure; "" if none has.

    Its end is enough (``10 crops``); if several end so, most of the networks have the one that is meant.
    Raises ArchcalcError for a protocol by which no network has an accuracy, or that has several meanings.
    """
    counts: dict[str, int] = {}
    for accuracies in networks:
        useful = (one for one in accuracies if any(map(one.percent, measures)))
        for name in dict.fromkeys(map(protocol_of, useful)):
            counts[name] = counts.get(name, 0) + 1
    if asked is None:
        return max(counts, key=lambda name: (counts[name], name.endswith(USUAL)), default="")
    every = {one.protocol: protocol_of(one) for accuracies in networks for one in accuracies}
    same = {name for written, name in every.items() if plain(asked) in (plain(written), plain(name))}
    words = asked.lower().split()
    meant = same or {
        name for name in every.values() if words and name.lower().split()[-len(words) :] == words
    }
    most = max((counts.get(name, 0) for name in meant), default=0)
    if len(meant) > 1:
        meant = {name for name in meant if counts.get(name, 0) == most}
    if len(meant) == 1:
        return meant.pop()
    known = "; ".join(sorted(meant or counts)) or "they have no published accuracy"
    problem = "is not one protocol" if meant else "is not a protocol of these networks"
    raise ArchcalcError(f"'{short(asked)}' {problem} ({known})")


def by_protocol(
    accuracies: Sequence[PublishedAccuracy], protocol: str, measures: Sequence[str]
) -> PublishedAccuracy | None:
    """The accuracy of a network by a protocol: the first of those with the most of the measures."""
    of_protocol = [one for one in accuracies if protocol_of(one) == protocol]
    return max(of_protocol, key=lambda one: sum(map(bool, map(one.percent, measures))), default=None)
