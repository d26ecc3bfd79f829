"""The result of ``audit``: printed figures, each with a computed verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.ops.frozen import Record, record
from archcalc.results import FORMAT, plain
from archcalc.results.printable import Printable

Verdict: TypeAlias = Literal["exact", "rounded", "truncated", "disagrees", "not_computable", "unreadable"]

SUMMARY = {
    "exact": ("exact",),
    "rounded": ("rounded", "truncated"),
    "disagrees": ("disagrees",),
    "not_computable": ("not_computable",),
    "unreadable": ("unreadable",),
}
"""The lines of a summary, each with its verdicts; rounded and truncated figures both agree as printed."""


class ClaimVerdict(NamedTuple):
    """A printed figure beside the computed one.

    ``computed`` is None if the figure cannot be computed. ``because`` is the spec's reason for a
    disagreement. ``ocr`` is the correct reading of a text with an OCR error. ``flaw`` says what is wrong
    with the record in the spec: a disagreement without a reason, or a reason although the figure agrees.
    ``place`` is where the spec records the claim.
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


class VerdictCounts(NamedTuple):
    """How many figures have each verdict; ``ocr`` counts the disagreements that are only OCR errors."""

    exact: int = 0
    rounded: int = 0
    disagrees: int = 0
    not_computable: int = 0
    ocr: int = 0
    unreadable: int = 0

    @property
    def total(self) -> int:
        """All figures."""
        return self.exact + self.rounded + self.disagrees + self.not_computable + self.unreadable


@record
class Audit(Printable, Record):
    """Every figure with its verdict, and counts: in total, by network and by document."""

    claims: tuple[ClaimVerdict, ...]
    summary: VerdictCounts
    by_network: Mapping[str, VerdictCounts]
    by_source: Mapping[str, VerdictCounts]

    @property
    def flaws(self) -> tuple[ClaimVerdict, ...]:
        """The claims whose record in the spec is wrong."""
        return tuple(claim for claim in self.claims if claim.flaw)

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc audit``."""
        return {
            "format": FORMAT,
            "ok": not self.flaws,  # a printed figure may be wrong, but its record must say why
            "claims": plain(self.claims),
            "summary": plain(self.summary),
            "by_network": plain(self.by_network),
            "by_source": plain(self.by_source),
        }


def counted(claims: Sequence[ClaimVerdict]) -> VerdictCounts:
    """How many figures have each verdict."""
    # An OCR error also counts as a disagreement: the document prints a wrong figure, whatever the reason.
    lines = {line: sum(claim.verdict in verdicts for claim in claims) for line, verdicts in SUMMARY.items()}
    return VerdictCounts(**lines, ocr=sum(bool(claim.ocr) for claim in claims))
