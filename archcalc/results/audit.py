"""What ``audit`` answers: printed figures, each with a verdict that was computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.results import FORMAT, plain

Verdict: TypeAlias = Literal["exact", "rounded", "truncated", "disagrees", "not_computable"]

SUMMARY = {
    "exact": ("exact",),
    "rounded": ("rounded", "truncated"),
    "disagrees": ("disagrees",),
    "not_computable": ("not_computable",),
}
"""The lines of a summary, each with its verdicts: what agrees at the printed precision is one line."""


class JudgedClaim(NamedTuple):
    """A printed figure and what was computed.

    ``computed`` is None if nothing can be. ``because`` explains a disagreement that the spec records. ``ocr`` is
    the undamaged reading where the text of the documents is damaged. ``flaw`` says why the record itself is wrong:
    a disagreement that no spec explains, or an explanation of what agrees; ``place`` is where the claim is written.
    """

    network: str
    layer: str
    quantity: str
    sources: tuple[str, ...]
    says: str
    computed: Any
    verdict: Verdict
    difference: Fraction | int | None
    because: str
    ocr: str
    flaw: str
    place: str

    def as_json(self) -> dict[str, Any]:
        """One entry of ``claims``."""
        return {key: plain(value) for key, value in self._asdict().items()}


class Counts(NamedTuple):
    """How many figures got which verdict; ``ocr`` of the disagreements are damage of the text only."""

    exact: int = 0
    rounded: int = 0
    disagrees: int = 0
    not_computable: int = 0
    ocr: int = 0

    @property
    def total(self) -> int:
        """All figures."""
        return self.exact + self.rounded + self.disagrees + self.not_computable


class Audit(NamedTuple):
    """Every figure judged, and the counts in all, by network and by document."""

    claims: tuple[JudgedClaim, ...]
    summary: Counts
    by_network: Mapping[str, Counts]
    by_source: Mapping[str, Counts]

    @property
    def flaws(self) -> tuple[JudgedClaim, ...]:
        """The records that are wrong."""
        return tuple(claim for claim in self.claims if claim.flaw)

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc audit``."""
        return {
            "format": FORMAT,
            "ok": not self.flaws,
            "claims": [claim.as_json() for claim in self.claims],
            "summary": self.summary._asdict(),
            "by_network": {name: counts._asdict() for name, counts in self.by_network.items()},
            "by_source": {name: counts._asdict() for name, counts in self.by_source.items()},
        }


def counted(claims: Sequence[JudgedClaim]) -> Counts:
    """The verdicts of some figures, counted."""
    lines = {line: sum(claim.verdict in verdicts for claim in claims) for line, verdicts in SUMMARY.items()}
    return Counts(**lines, ocr=sum(bool(claim.ocr) for claim in claims))
