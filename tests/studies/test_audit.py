"""The audit: the lectures' 631 figures with the verdicts that others gave them, and what makes an audit fail.

``facts/lecture-claims.csv`` has a row for every figure that the five lecture documents print: where, what of
which network, and its verdict, worked out by hand and apart from archcalc.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.errors import ArchcalcError, SpecError
from archcalc.language.find import all_networks, all_specs
from archcalc.language.printed import agreement
from archcalc.results import Analysis
from archcalc.results.audit import Audit, ClaimVerdict
from archcalc.studies.analyze import analyze
from archcalc.studies.audit import audit, document
from archcalc.studies.audit.lookup import FigureLookup

with open(
    Path(__file__).parent.parent / "facts" / "lecture-claims.csv", newline="", encoding="utf-8"
) as file:
    FACTS = list(csv.DictReader(file))

LECTURES = {
    "lecture-000": (63, 20, 3, 9),
    "lecture-001": (33, 1, 17, 16),
    "cs231n-2016-l7": (142, 27, 7, 24),
    "lecture-003": (74, 30, 5, 7),
    "cs231n-2017-l9": (97, 22, 11, 23),
}
"""How many figures of each document are exact, agree as printed, disagree (OCR errors, too), and cannot be
computed.
"""

VERDICT = {"rounded": "agrees", "truncated": "agrees", "ocr": "disagrees"}


@cache
def whole() -> Audit:
    return archcalc.audit()


@cache
def places() -> dict[tuple[str, ...], list[ClaimVerdict]]:
    """The figures by network, layer, figure, text and source."""
    found: dict[tuple[str, ...], list[ClaimVerdict]] = {}
    for claim in whole().claims:
        for source in claim.sources:
            found.setdefault((claim.network, claim.layer, claim.quantity, claim.says, source), []).append(
                claim
            )
    return found


def place(fact: dict[str, str]) -> tuple[str, ...]:
    return (fact["network"], fact["layer"], fact["what"], fact["says"], fact["source"])


# --- the lectures -------------------------------------------------------------------------------------


def test_the_facts_are_whole() -> None:
    assert len(FACTS) == len({fact["id"] for fact in FACTS}) == 631
    assert {document(fact["source"]) for fact in FACTS} == set(LECTURES)


@pytest.mark.slow
@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["id"])
def test_a_printed_figure_is_one_claim_with_the_verdict_of_the_facts(fact: dict[str, str]) -> None:
    (claim,) = places()[place(fact)]
    assert VERDICT.get(claim.verdict, claim.verdict) == fact["verdict"]
    assert bool(claim.ocr) == (fact["ocr"] == "ocr")


@pytest.mark.slow
def test_no_claim_stands_for_two_figures_and_none_is_beyond_the_facts() -> None:
    claimed = Counter(
        key for key, claims in places().items() for _ in claims if document(key[-1]) in LECTURES
    )
    assert claimed == Counter(map(place, FACTS))


@pytest.mark.slow
@pytest.mark.parametrize("name", LECTURES)
def test_the_counts_of_a_document(name: str) -> None:
    counts = whole().by_source[name]
    wrong = counts.disagrees + counts.ocr
    assert (counts.exact, counts.rounded, wrong, counts.not_computable) == LECTURES[name]
    damaged = sum(document(fact["source"]) == name and fact["ocr"] == "ocr" for fact in FACTS)
    assert counts.ocr == damaged == {"lecture-000": 1, "lecture-001": 14}.get(name, 0)
    assert archcalc.audit(source=name).summary == counts


@pytest.mark.slow
def test_the_counts_add_up() -> None:
    answer = whole().as_json()
    assert sum(answer["summary"].values()) == len(answer["claims"])
    by_network = [sum(counts.values()) for counts in answer["by_network"].values()]
    assert sum(by_network) == len(answer["claims"])


@pytest.mark.slow
def test_the_verdicts_are_those_of_networks_with_all_quantities() -> None:
    """An audit works out only the quantities that claims read; the others change nothing."""
    specs = {about.name: spec for spec in all_specs() for about in spec.documented()}

    @cache
    def everything(name: str, aux: bool) -> Analysis:
        return analyze(specs[name].bind(name), aux=aux)

    networks = [(about.name, about.claims) for spec in all_specs() for about in spec.documented()]
    assert audit(networks, everything) == whole()


def test_every_disagreement_is_explained() -> None:
    for claim in whole().claims:
        assert bool(claim.because) == (claim.verdict == "disagrees"), claim
        assert bool(claim.ocr) == (claim.verdict == "ocr"), claim


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "says", "numbers"),
    [
        ("vgg16", "24M", ["15,237,608", "24,367K"]),
        ("vgg16", "93MB", ["92.95 MiB"]),
        ("vgg16", "96MB", ["60.95 MB"]),
        ("alexnet-2gpu", "253,440", ["55·48·96", "290,400"]),
        ("alexnet-2gpu", "55x55x96", ["54.25", "227"]),
        ("alexnet-2gpu", "61.5m", ["60.97M", "61.10M", "62.38M"]),
        ("inception-reduced", "358M", ["271,351,808", "358,055,936"]),
        ("googlenet", "5 million", ["6,998,552"]),
        ("googlenet", "12 times", ["8.7 times"]),
        ("zfnet", "AlexNet but for conv1 and conv3 to conv5", ["stride 2", "13x13x512"]),
    ],
)
def test_the_famous_ones_are_explained_in_full(network: str, says: str, numbers: list[str]) -> None:
    found = [claim for claim in whole().claims if (claim.network, claim.says) == (network, says)]
    reasons = " ".join(claim.because for claim in found if claim.verdict == "disagrees")
    assert all(number in reasons for number in numbers)


# --- claims that could fail ---------------------------------------------------------------------------

ARITHMETIC = {"24000000*4", "1*1 + 1*0 + 1*1 + 0*0 + 1*1 + 1*0 + 0*1 + 0*0 + 1*1"}
"""What documents work out of their own numbers, and of no figure of a network."""


def changed(value: Any, change: Callable[[int], int]) -> Any:
    if isinstance(value, list | tuple):
        return tuple(changed(item, change) for item in value)
    return change(value) if isinstance(value, int) else f"no {value}"


class Altered(Mapping[str, Any]):
    """Figures of which one is another than it is; ``asked`` are all that were looked up."""

    def __init__(self, figures: FigureLookup, name: str = "", change: Callable[[int], int] = int) -> None:
        self.figures, self.name, self.change = figures, name, change
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        value = self.figures[name]
        return changed(value, self.change) if name == self.name else value

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@pytest.mark.slow
def test_a_claim_that_agrees_would_not_if_some_figure_were_another() -> None:
    @cache
    def analysis(name: str, aux: bool) -> Analysis:
        return archcalc.analyze(name, aux=aux)

    changes: list[Callable[[int], int]] = [lambda n: 2 * n + 1, lambda n: max(n // 100, 1)]
    vacuous = set()
    for about in all_networks():
        for claim in about.claims:
            if claim.value is None or claim.because:
                continue
            figures = FigureLookup(analysis(about.name, False), claim.layer, analysis)
            right = Altered(figures)
            claim.value(right)
            altered = [
                claim.value(Altered(figures, name, change)) for name in right.asked for change in changes
            ]
            if all(agreement(claim.ocr or claim.says, value) != "disagrees" for value in altered):
                vacuous.add(claim.what)
    assert vacuous == ARITHMETIC


def test_figures_are_looked_up_and_not_listed() -> None:
    figures = FigureLookup(archcalc.analyze("alexnet"))
    assert "params" in figures
    assert (list(figures), len(figures)) == ([], 0)


# --- the mechanism ------------------------------------------------------------------------------------

NET = """\
name: net
input: [8, 8, 3]
layers:
  - {{conv: 4, kernel: 3, pad: 1, name: conv1}}
  - {{maxpool: 2, stride: 2, name: pool1}}
  - {{fc: 10, name: fc}}
claims:
  - {{{claim}, source: here}}
"""


def judged(tmp_path: Path, claim: str) -> ClaimVerdict:
    path = tmp_path / "net.yaml"
    path.write_text(NET.format(claim=claim))
    (found,) = archcalc.audit(str(path)).claims
    return found


def test_there_are_no_claims_to_judge(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(NET.partition("claims")[0].format())
    assert archcalc.audit(str(path)).claims == ()


@pytest.mark.parametrize(
    ("claim", "computed", "verdict", "flaw"),
    [
        ("what: params, says: 762", 762, "exact", ""),
        ("what: params, says: 0.76K", 762, "rounded", ""),
        ("layer: fc, what: weights, says: 640", 640, "exact", ""),
        ("layer: fc, what: weights, says: 641", 640, "disagrees", "the spec gives no reason"),
        ("layer: fc, what: weights, says: 641, because: a slip", 640, "disagrees", ""),
        ("layer: fc, what: weights, says: 641, because: '{640 = weights}, no more'", 640, "disagrees", ""),
        ("layer: fc, what: weights, says: 641, because: '{650 = weights}'", 640, "disagrees", "says 650"),
        ("layer: fc, what: weights, says: 640, because: a slip", 640, "exact", "disagreement: a slip"),
        ("what: params, says: many", 762, "unreadable", "'many' is not a number or volume"),
        ("what: params, says: 7G2, ocr: '762'", 762, "ocr", ""),
        ("what: params, says: 7G2, ocr: '742'", 762, "ocr", "'742' does not agree either"),
        ("what: params, says: '762', ocr: '762'", 762, "exact", "so it has no OCR error"),
        ("what: conv1.output, says: 8x8x4", (8, 8, 4), "exact", ""),
        ("what: 'conv1.output[2]', says: 4", 4, "exact", ""),
        ("what: \"conv1.notation\", says: CONV3-4", "conv3-4", "exact", ""),
        ("what: pattern, says: CONV-POOL-FC", "CONV-POOL-FC", "exact", ""),
        ("what: conv.count, says: 1", 1, "exact", ""),
        ("what: max(conv.kernel), says: 3", 3, "exact", ""),
        ("what: 100*fc.weights > 80*params, says: most params are in fc", True, "exact", ""),
        ("what: macs > vgg16.macs, says: more MACs than VGG-16", False, "disagrees", "gives no reason"),
        ("what: \"'vgg16:fc6'.params > params\", says: fc6 of VGG-16 has more", True, "exact", ""),
        ("what: year, says: 2014", None, "not_computable", ""),
        ("what: top5_error, says: about 7%", None, "not_computable", ""),
    ],
)  # fmt: skip
def test_a_verdict(tmp_path: Path, claim: str, computed: object, verdict: str, flaw: str) -> None:
    found = judged(tmp_path, claim)
    assert (found.computed, found.verdict) == (computed, verdict)
    assert flaw in found.flaw
    assert bool(flaw) == bool(found.flaw)


@pytest.mark.parametrize(
    ("claim", "problem", "column"),
    [
        ("what: params + fc66.params, says: 1", "not a valid quantity: unknown name 'fc66.params'", 21),
        ("what: params + vgg61.params, says: 1", "unknown name 'vgg61.params'", 21),
        ("what: __class__, says: 1", "unknown name '__class__'", 12),
        ("what: count, says: 1", "unknown name 'count'", 12),
        ("what: conv.rounding, says: 1", "unknown name 'conv.rounding'", 12),
        ("what: conv1.connections.x, says: 1", "expected an operator, found '.'", 29),
        ("what: conv1.inputs, says: 1", "['input'] cannot be compared with a printed figure", 12),
        ("what: params / (conv1.weights - 108), says: 1", "division by zero", 19),
        ("what: params, says: 1, because: 'it has {762 = parms}'", "unknown name 'parms'", 53),
        ("what: \"'specs/vgg.yaml'.params\", says: 1", "unknown name 'specs/vgg.yaml.params'", 13),
        ("what: \"'-'.params\", says: 1", "unknown name '-.params'", 13),
        ("layer: conv2, what: params, says: 1", "net has no layer 'conv2'", 5),
    ],
)
def test_a_claim_of_what_does_not_exist_is_told_at_its_place(
    tmp_path: Path, claim: str, problem: str, column: int
) -> None:
    with pytest.raises(SpecError) as caught:
        judged(tmp_path, claim)
    (found,) = caught.value.problems
    assert problem in found.message
    assert found.mark is not None
    assert (found.mark.line, found.mark.column) == (8, column)


def test_a_figure_of_an_auxiliary_head_is_found_and_totals_are_without_it() -> None:
    found = archcalc.audit("googlenet", "cs231n-2017-l9")
    head = next(claim for claim in found.claims if "loss1/pool" in claim.quantity)
    assert head.computed is True
    assert next(claim.computed for claim in found.claims if claim.says == "5 million") == 6_998_552


@pytest.mark.parametrize(
    ("target", "networks"),
    [
        ("vgg-d", {"vgg16"}),
        ("specs/conv-stacks.yaml", {"stack-3x3", "conv-5x5", "conv-7x7"}),
        ("specs/vgg.yaml:vgg19", {"vgg19"}),
        ("vgg", {"vgg11", "vgg11-lrn", "vgg13", "vgg16-c", "vgg16", "vgg19"}),
    ],
)
def test_targets(target: str, networks: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent.parent.parent)
    found = archcalc.audit(target)
    assert set(found.by_network) == networks
    assert found.summary.total == len(found.claims) > 0


def test_a_variant_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent.parent.parent)
    with pytest.raises(ArchcalcError, match="has no variant 'vgg99'"):
        archcalc.audit("specs/vgg.yaml:vgg99")


FAMILY = """\
name: nets
settings: {width: 4}
input: [8, 8, 3]
layers: [{conv: width, kernel: 3, pad: 1}]
claims: [{what: small.params < params, says: larger than the small one, source: here}]
variants:
  small: {width: 2, claims: [{what: params, says: 56, source: here}]}
  large: {width: 1e9, claims: [{what: params, says: 28 billion, source: here}]}
"""


def test_a_family_may_claim_something_and_its_networks_know_each_other(tmp_path: Path) -> None:
    path = tmp_path / "nets.yaml"
    path.write_text(FAMILY)
    found = archcalc.audit(str(path))
    assert [(claim.network, claim.verdict) for claim in found.claims] == [
        ("small", "exact"),
        ("large", "exact"),
        ("nets", "exact"),
    ]
    assert set(archcalc.audit(f"{path}:small").by_network) == {"small"}


def test_another_network_that_is_wrong_itself_is_told(tmp_path: Path) -> None:
    path = tmp_path / "nets.yaml"
    path.write_text(FAMILY.replace("width: 2,", "width: 0,"))
    with pytest.raises(SpecError, match="filters must be a whole number of at least 1"):
        archcalc.audit(f"{path}:nets")


def test_a_source_keeps_its_documents_only() -> None:
    found = archcalc.audit("vgg16", "LECTURE-00")
    assert set(found.by_source) == {"lecture-000", "lecture-001", "lecture-003"}
    assert all(document(source) in found.by_source for claim in found.claims for source in claim.sources)


@pytest.mark.parametrize(
    ("source", "hint"), [("lectur-001", "did you mean 'lecture-001'?"), ("zzz", "contains 'zzz'")]
)
def test_a_source_that_is_none_is_refused(source: str, hint: str) -> None:
    with pytest.raises(ArchcalcError, match=hint.replace("?", r"\?")):
        archcalc.audit(source=source)


@pytest.mark.slow
@pytest.mark.parametrize("table", ["Hu et al. 2017, Table 2", "Szegedy et al. 2015, Rethinking, Table 1"])
def test_a_table_is_found_whole_and_alone(table: str) -> None:
    every = [claim for claim in whole().claims if table in claim.sources]
    found = archcalc.audit(source=table).claims
    assert [claim.says for claim in found] == [claim.says for claim in every]
    assert archcalc.audit(source=table.lower()).claims == found


@pytest.mark.slow
def test_a_document_that_another_names_is_not_that_one() -> None:
    named = "M. Ranzato's tutorial, the slide that lecture-001 shows"
    assert any(named in claim.sources for claim in whole().claims)
    assert set(archcalc.audit(source="lecture-001").by_source) == {"lecture-001"}
    assert {source for claim in archcalc.audit(source=named).claims for source in claim.sources} == {named}


def test_the_contract_of_the_json() -> None:
    answer = archcalc.audit("vgg16").as_json()
    assert answer["format"] == 1
    assert answer["ok"] is True
    assert {"network", "layer", "quantity", "sources", "says", "computed", "verdict", "because"} <= set(
        answer["claims"][0]
    )
    counts = {"exact", "rounded", "disagrees", "not_computable"}
    assert counts <= set(answer["summary"])
    assert all(counts <= set(one) for one in answer["by_source"].values())
    verdicts = Counter(claim["verdict"] for claim in answer["claims"])
    assert answer["summary"]["exact"] == verdicts["exact"]
    assert answer["summary"]["rounded"] == verdicts["rounded"] + verdicts["truncated"]
    assert answer["summary"]["disagrees"] == verdicts["disagrees"]
    assert sum(answer["summary"].values()) == len(answer["claims"])


def test_what_tools_print_is_read_as_grade_reads_it(tmp_path: Path) -> None:
    # 762 params: the words for what is counted say nothing more than the question
    assert judged(tmp_path, "what: params, says: 762 parameters").verdict == "exact"
    # 3,048 bytes are 2.98 KiB, and no 2.98 KB
    found = judged(tmp_path, "what: param_bytes, says: 2.98 KB")
    assert found.verdict == "disagrees"
    assert found.flaw.endswith("it agrees as 2.98 KiB")
