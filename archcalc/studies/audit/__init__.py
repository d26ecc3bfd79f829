"""Printed figures against computed ones: the literature judged, and our own numbers with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from archcalc.errors import ArchcalcError, Problem, SpecError, did_you_mean, short
from archcalc.language.printed import Computed, Figure, PublishedClaim, judge, read
from archcalc.results.audit import Audit, Counts, JudgedClaim, Verdict, counted
from archcalc.studies.audit.lookup import Analyses, FigureLookup


def audit(
    networks: Iterable[tuple[str, Sequence[PublishedClaim]]], analyses: Analyses, source: str = ""
) -> Audit:
    """Judge what is printed about some networks; ``analyses`` works a network out by its name, when it is needed.

    ``source`` keeps the figures of the documents whose name contains it, and those documents only. Raises
    ArchcalcError if it is no part of any, SpecError for a claim of what does not exist.
    """
    found = []
    documents: dict[str, None] = {}
    for name, claims in networks:
        for claim in claims:
            documents.update(dict.fromkeys(map(document, claim.sources)))
            sources = tuple(one for one in claim.sources if source.lower() in one.lower())
            if sources:
                found.append(_judged(name, claim, sources, analyses))
    if source and not found:
        hint = did_you_mean(source, documents)
        raise ArchcalcError(f"no source of a figure contains '{short(source)}'{f' ({hint})' if hint else ''}")
    return Audit(
        tuple(found),
        counted(found),
        _grouped(found, lambda claim: (claim.network,)),
        _grouped(found, lambda claim: tuple(map(document, claim.sources))),
    )


def document(source: str) -> str:
    """The document that a source is a place in.

    >>> document("He et al. 2015, Table 1"), document("cs231n-2016-l7")
    ('He et al. 2015', 'cs231n-2016-l7')
    """
    return source.partition(",")[0]


def _grouped(
    claims: Sequence[JudgedClaim], keys: Callable[[JudgedClaim], Sequence[str]]
) -> Mapping[str, Counts]:
    groups: dict[str, list[JudgedClaim]] = {}
    for claim in claims:
        for key in dict.fromkeys(keys(claim)):
            groups.setdefault(key, []).append(claim)
    return {key: counted(groups[key]) for key in sorted(groups)}


def _judged(name: str, claim: PublishedClaim, sources: tuple[str, ...], analyses: Analyses) -> JudgedClaim:
    computed: Computed | None = None
    difference, flaw = None, ""
    verdict: Verdict = "not_computable"
    if claim.value is not None:
        figures = FigureLookup(analyses(name, False), claim.layer, analyses)
        if not figures.has_layer():
            raise SpecError([Problem(f"{name} has no layer '{claim.layer}'", claim.mark)])
        computed = claim.value(figures)
        verdict, flaw = _verdict(claim, computed)
        difference = _difference(claim.says, computed) if verdict == "disagrees" else None
    return JudgedClaim(
        name,
        claim.layer,
        claim.what,
        sources,
        claim.says,
        computed,
        verdict,
        difference,
        claim.because,
        claim.ocr,
        flaw,
        str(claim.mark),
    )


def _verdict(claim: PublishedClaim, computed: Computed) -> tuple[Verdict, str]:
    """How a figure stands, and what is wrong with its record."""
    if claim.ocr:
        if _agrees(claim.says, computed):
            return "exact", "the text agrees as it stands: there is no damage to read through"
        agrees = _agrees(claim.ocr, computed)
        return "disagrees", "" if agrees else f"not even '{claim.ocr}' agrees"
    try:
        verdict = judge(claim.says, computed)
    except ValueError as error:
        return "disagrees", str(error)
    if verdict == "disagrees" and not claim.because:
        return verdict, "it disagrees, and the spec does not say why (because: ...)"
    if verdict != "disagrees" and claim.because:
        return verdict, f"it agrees, but the spec explains a disagreement: {claim.because}"
    return verdict, ""


def _agrees(says: str, computed: Computed) -> bool:
    try:
        return judge(says, computed) != "disagrees"
    except ValueError:
        return False


def _difference(says: str, computed: Computed) -> Fraction | int | None:
    """How far a printed number is off; None where there is no such thing."""
    try:
        printed = read(says)
    except ValueError:
        return None
    if (
        not isinstance(printed, Figure)
        or isinstance(computed, bool)
        or not isinstance(computed, int | Fraction)
    ):
        return None
    off = printed.value - computed
    return int(off) if off.denominator == 1 else off
