"""The result of ``audit``: printed figures, each with a computed verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.ops.frozen import Record, record
from archcalc.results import FORMAT, plain
from archcalc.results.printable import Printable

Verdict: TypeAlias = Literal[
    "exact", "rounded", "truncated", "disagrees", "ocr", "not_computable", "unreadable"
]
"""``ocr``: the text of a scan is damaged, and its correct reading agrees."""


class ClaimVerdict(NamedTuple):
    """A printed figure beside the computed one.

    ``computed`` is None if the figure cannot be computed. ``because`` is the spec's reason for a
    disagreement. ``ocr`` is the correct reading of a text with an OCR error. ``flaw`` says what is wrong
    with the record in the spec: a disagreement without a reason, or a reason although the figure agrees.
    ``place`` is where the spec records the claim. ``conventions`` are those whose right number a figure is
    that disagrees.
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
    conventions: tuple[str, ...] = ()


class VerdictCounts(NamedTuple):
    """How many figures have each verdict; ``rounded`` counts the truncated ones, too.

    Each figure is counted once, so the counts add up to all figures.
    """

    exact: int = 0
    rounded: int = 0
    disagrees: int = 0
    ocr: int = 0
    not_computable: int = 0
    unreadable: int = 0

    @property
    def total(self) -> int:
        """All figures."""
        return sum(self)


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
    # Rounded and truncated figures both agree as printed.
    lines: Counter[str] = Counter(
        "rounded" if claim.verdict == "truncated" else claim.verdict for claim in claims
    )
    return VerdictCounts(*(lines[line] for line in VerdictCounts._fields))
