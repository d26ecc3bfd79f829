"""Figures printed in papers and lectures are compared with computed ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from archcalc.engine.quantities import BY_KEY
from archcalc.errors import ArchcalcError, Problem, SpecError, did_you_mean, short
from archcalc.language.arithmetic import shown
from archcalc.language.figure_expressions import parse_quantity
from archcalc.language.find import all_specs, find, load
from archcalc.language.find import network_of as network_named
from archcalc.language.printed import Computed, Figure, agreement, read_figure
from archcalc.language.published import PublishedClaim
from archcalc.network import Network
from archcalc.results import Analysis
from archcalc.results.audit import Audit, ClaimVerdict, Verdict, VerdictCounts, counted
from archcalc.studies.analyze import analyze
from archcalc.studies.audit.lookup import Analyses, FigureLookup

if TYPE_CHECKING:
    from archcalc.language.about import About

_DECIMAL_BYTES = re.compile(r"([KMGT])B\b")


def audit(
    networks: Iterable[tuple[str, Sequence[PublishedClaim]]],
    analyses: Analyses,
    source: str = "",
    network_of: Callable[[str], Network] = network_named,
) -> Audit:
    """Give every printed figure of some networks a verdict; ``analyses`` analyses a network by its name.

    A figure that disagrees is also compared with the numbers of other conventions: ``network_of`` gives the
    network of a name.

    ``source`` keeps the figures of the documents whose name contains it. Raises ArchcalcError if it is in no
    name, SpecError for a claim about a layer or figure that does not exist.
    """
    # It begins in the name, before a comma: other documents may name it, too. "Table 1" is not "Table 10".
    asked = re.compile("[^,]*?" + re.escape(source) + r"(?!(?<=\s\d)\d)", re.IGNORECASE)
    verdicts = []
    documents: dict[str, None] = {}
    for name, claims in networks:
        for claim in claims:
            documents.update(dict.fromkeys(map(document, claim.sources)))
            matching = tuple(text for text in claim.sources if asked.match(text))
            if matching:
                verdicts.append(_judge_claim(name, claim, matching, analyses))
                if verdicts[-1].verdict == "disagrees" and not claim.layer:
                    verdicts[-1] = _by_convention(verdicts[-1], network_of)
    if source and not verdicts:
        hint = did_you_mean(source, documents)
        raise ArchcalcError(f"no source of a figure contains '{short(source)}'{f' ({hint})' if hint else ''}")
    return Audit(
        tuple(verdicts),
        counted(verdicts),
        _counts_by(verdicts, lambda claim: (claim.network,)),
        _counts_by(verdicts, lambda claim: tuple(map(document, claim.sources))),
    )


def audit_target(target: str | None = None, source: str = "") -> Audit:
    """Give a verdict on every figure that is printed about a network, a family, or all networks (None).

    Raises as ``load``.
    """
    if target is None:
        specs = all_specs()
        chosen = [about for spec in specs for about in spec.documented()]
    else:
        spec, name = load(target)
        specs, about = [spec], spec.named(name)
        chosen = spec.documented() if about is spec.about else [about]
    spec_of = {about.name: spec for spec in specs for about in spec.documented()}
    asked = _asked(chosen)

    # A claim may name any other network ("fewer MACs than vgg16"), so a network is analysed at its first use.
    def network(name: str) -> Network:
        return (spec_of.get(name) or find(name)).bind(name)

    @cache
    def analysis(name: str, aux: bool) -> Analysis:
        return analyze(network(name), asked.get(name, ()), aux=aux)

    return audit(((about.name, about.claims) for about in chosen), analysis, source, network)


def _by_convention(claim: ClaimVerdict, network_of: Callable[[str], Network]) -> ClaimVerdict:
    from archcalc.studies.audit.by_convention import JUDGED, conventions_with

    if claim.quantity not in JUDGED:
        return claim
    found = conventions_with(network_of(claim.network), claim.quantity, claim.says)
    return claim._replace(conventions=found)


def _asked(networks: Iterable[About]) -> Mapping[str, Collection[str]]:
    """The quantities that the claims of some networks read, by the network: few of those that there are."""
    asked: dict[str, set[str]] = {}
    for about in networks:
        for claim in about.claims:
            expressions = [claim.what] if claim.value else []
            expressions += [number.expression for number in claim.stated]
            names = (name for text in expressions for name, _ in parse_quantity(text).names)
            for name in names:
                owner, _, figure = name.rpartition(".")
                if figure in BY_KEY:
                    # The owner is a layer or another network, perhaps with a layer of it.
                    for network in (about.name, owner.partition(":")[0]):
                        asked.setdefault(network, set()).add(figure)
    return asked


def document(source: str) -> str:
    """The document of a source: the text before the comma.

    >>> document("He et al. 2015, Table 1"), document("cs231n-2016-l7")
    ('He et al. 2015', 'cs231n-2016-l7')
    """
    return source.partition(",")[0]


def _counts_by(
    claims: Sequence[ClaimVerdict], keys: Callable[[ClaimVerdict], Sequence[str]]
) -> Mapping[str, VerdictCounts]:
    groups: dict[str, list[ClaimVerdict]] = {}
    for claim in claims:
        for key in dict.fromkeys(keys(claim)):  # two places in one document count once
            groups.setdefault(key, []).append(claim)
    return {key: counted(groups[key]) for key in sorted(groups)}


def _judge_claim(
    name: str, claim: PublishedClaim, sources: tuple[str, ...], analyses: Analyses
) -> ClaimVerdict:
    computed: Computed | None = None
    difference, flaw = None, ""
    verdict: Verdict = "not_computable"
    if claim.value is not None:  # None for facts that layers do not determine, such as an accuracy
        figures = FigureLookup(analyses(name, False), claim.layer, analyses)
        if not figures.has_layer():
            raise SpecError([Problem(f"{name} has no layer '{claim.layer}'", claim.mark)])
        computed = claim.value(figures)
        verdict, flaw = _verdict(claim, computed)
        flaw = flaw or _false_reason(claim, figures)
        difference = _difference(claim.says, computed) if verdict in ("disagrees", "ocr") else None
    return ClaimVerdict(
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
    """The verdict on a figure, and what is wrong with its record in the spec."""
    if claim.ocr:
        # An OCR error must be one: the damaged text disagrees, and the corrected text agrees.
        if _agrees(claim.says, computed):
            return "exact", "the printed text agrees, so it has no OCR error"
        agrees = _agrees(claim.ocr, computed)
        return "ocr", "" if agrees else f"the corrected text '{claim.ocr}' does not agree either"
    try:
        verdict = agreement(claim.says, computed)
    except ValueError as error:
        return "unreadable", str(error)
    if verdict == "disagrees" and not claim.because:
        return (
            verdict,
            f"it disagrees, and the spec gives no reason (because: ...){_hint(claim.says, computed)}",
        )
    if verdict != "disagrees" and claim.because:
        return verdict, f"it agrees, but the spec gives a reason for a disagreement: {claim.because}"
    return verdict, ""


def _false_reason(claim: PublishedClaim, figures: FigureLookup) -> str:
    """What is wrong with the numbers in the reason of a disagreement; "" if all are right."""
    for number in claim.stated:
        computed = number.value(figures)
        if not _agrees(number.says, computed):
            return f"the reason says {number.says}, but {number.expression} is {shown(computed)}"
    return ""


def _hint(says: str, computed: Computed) -> str:
    """What an MB that is an MiB should say: many tools print powers of 1024 as MB."""
    binary = _DECIMAL_BYTES.sub(r"\1iB", says)
    return f"; it agrees as {binary}" if binary != says and _agrees(binary, computed) else ""


def _agrees(says: str, computed: Computed) -> bool:
    try:
        return agreement(says, computed) != "disagrees"
    except ValueError:
        return False


def _difference(says: str, computed: Computed) -> Fraction | int | None:
    """The printed number minus the computed one; None if either is not a number."""
    try:
        printed = read_figure(says)
    except ValueError:
        return None
    if (
        not isinstance(printed, Figure)
        or isinstance(computed, bool)
        or not isinstance(computed, int | Fraction)
    ):
        return None
    # A whole difference is printed without a fraction.
    difference = printed.value - computed
    return int(difference) if difference.denominator == 1 else difference
