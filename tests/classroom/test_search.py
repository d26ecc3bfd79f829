"""The search for mistakes: it finds what a search without a table finds, and its work is bounded."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import pairwise

import pytest
from helpers.examples import examples
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.classroom import calculation, search
from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.calculation import Calculation, LayerTerm
from archcalc.classroom.lookup import ByFigure
from archcalc.classroom.mistakes import ALWAYS_NEAR, LAST, MISTAKES
from archcalc.classroom.mistakes.base import COSTS, MEMORY, STORES
from archcalc.classroom.read.number import written
from archcalc.classroom.search import Search, WrongResult, significant_digits
from archcalc.errors import Source
from archcalc.language.parse import parse
from archcalc.language.printed import Figure, Shape, figure_agreement

NETWORKS = ("alexnet", "alexnet-2gpu", "vgg16", "lenet5-lecture", "nin-imagenet", "resnet18")


@cache
def key(name: str) -> AnswerKey:
    return AnswerKey(archcalc.load(name))


@cache
def everything(name: str, path: str, quantity: str) -> tuple[Search, list[WrongResult], list[WrongResult]]:
    """A search, and every single mistake and every pair, each of them worked out."""
    found = key(name).search(path, quantity)
    assert found is not None
    return found, [wrong for wrong, _ in found.singles()], found.pairs()


# --- what is found --------------------------------------------------------------------------------------


def fits(shown: Figure | Shape, wrong: WrongResult) -> bool:
    agrees = figure_agreement(shown, wrong.result) != "disagrees"
    return agrees and all(mistake.applies_to(shown) for mistake in wrong.mistakes)


def explained(question: tuple[str, str, str], shown: Figure | Shape, suspects: set[str]) -> list[WrongResult]:
    """What ``explain`` should answer: the figure is compared with every mistake and every pair."""
    found, singles, pairs = everything(*question)
    digits = significant_digits(shown)
    fitting = [wrong for wrong in singles if fits(shown, wrong)]
    right = found.right.result()
    if (
        digits < search.DIGITS_NEARBY
        and isinstance(shown, Figure)
        and not isinstance(right, tuple)
        and shown.steps[0] != 1
        and abs(shown.value - right) < search.NEAR * shown.steps[0]
    ):
        return [wrong for wrong in fitting if wrong.id in ALWAYS_NEAR]
    if digits < search.FEWEST_DIGITS:
        fitting = [wrong for wrong in fitting if figure_agreement(shown, wrong.result) == "exact"]
    elif not fitting:
        fitting = [wrong for wrong in pairs if fits(shown, wrong)]
        if digits < search.FEWEST_DIGITS_OF_PAIRS + found.total:
            fitting = [wrong for wrong in fitting if wrong.mistakes[0].id in suspects]
    named = [wrong for wrong in fitting if wrong.id not in LAST] or fitting
    affected = sorted(named, key=lambda wrong: sum(len(mistake.quantities) for mistake in wrong.mistakes))
    return [wrong for wrong in named if wrong in affected[: search.MOST_NAMED]]


QUESTIONS = [
    (name, path, quantity)
    for name in NETWORKS
    for path in ("", *[layer.path for layer in key(name).analysis.layers if not layer.follower][:4])
    for quantity in (*STORES, *COSTS, *MEMORY, *(("output",) if path else ()))
]
SUSPECTS = [set[str](), {"missed-a-layer", "forgot-bias"}, {"rows-as-thousands", "forgot-padding"}]


@examples(200)
@given(st.sampled_from(QUESTIONS), st.sampled_from(SUSPECTS), st.data())
def test_a_figure_is_explained_as_without_a_table(
    question: tuple[str, str, str], suspects: set[str], data: st.DataObject
) -> None:
    found, singles, pairs = everything(*question)
    some = [*pairs[:: max(1, len(pairs) // 40)], *pairs[-5:], *singles]
    if not some:
        return  # nothing can be wrong with the weights of a layer without weights
    wrong = data.draw(st.sampled_from(some))
    if isinstance(wrong.result, tuple):
        shown: Figure | Shape = wrong.result
    else:
        # With few weights, a mistake in the biases can give a number below zero, which nobody writes.
        whole = int(abs(wrong.result) * data.draw(st.sampled_from([1, 1, 1, 3])))
        text = data.draw(st.sampled_from(["{}", "{}", "{:.3g}", "{:.5g}"])).format(whole)
        shown = written(text.replace("+", "")).given
    answers = found.explain(shown, suspects)
    assert [one.id for one in answers] == [one.id for one in explained(question, shown, suspects)]
    assert answers == explained(question, shown, suspects)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lenet5-lecture", "alexnet", "resnet18"])
def test_every_pair_in_a_total_is_found(name: str) -> None:
    for quantity in ("params", "flops", "activation_bytes", "param_bytes"):
        found, singles, pairs = everything(name, "", quantity)
        single_results = {wrong.result for wrong in singles}
        for pair in pairs:
            is_exact = pair.result not in single_results and pair.result > 1000
            if is_exact and all(mistake.applies_to(Figure(pair.result)) for mistake in pair.mistakes):
                answers = found.explain(Figure(pair.result))
                assert pair in answers or len(answers) == search.MOST_NAMED, pair.id


numbers = st.one_of(st.integers(0, 10**7), st.fractions(0, 10**4))
volumes = st.lists(st.sampled_from([1, 1, 2, 3, 55]), min_size=1, max_size=4).map(tuple)
texts = st.one_of(
    st.integers(0, 10**7).map(str),
    st.decimals(0, 1000, places=2).map(lambda value: f"{value}K"),
    volumes.filter(lambda sides: len(sides) > 1).map(lambda sides: "x".join(map(str, sides))),
)


@examples(300)
@given(st.lists(st.one_of(numbers, volumes), max_size=20), texts)
def test_a_lookup_leaves_out_no_result_that_agrees(results: list[object], text: str) -> None:
    shown = written(text).given
    near = ByFigure((result, place) for place, result in enumerate(results)).near(shown)  # type: ignore[misc]
    agree = [place for place, result in enumerate(results) if figure_agreement(shown, result) != "disagrees"]
    assert set(agree) <= set(near)


# --- how much is worked out -----------------------------------------------------------------------------


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the sums over layers, and the outputs of layers, that are worked out."""
    counts: Counter[str] = Counter()
    parts, output_of = Calculation.parts, calculation.output_of

    def counted_parts(self: Calculation) -> list[int]:
        counts["sums"] += 1
        return parts(self)

    def counted_output(*layer: object) -> object:
        counts["outputs"] += 1
        return output_of(*layer)  # type: ignore[arg-type]

    monkeypatch.setattr(Calculation, "parts", counted_parts)
    monkeypatch.setattr(calculation, "output_of", counted_output)
    return counts


def tower(layers: int) -> AnswerKey:
    """A network of that many different convolutions, and a fully connected layer."""
    convs = "".join(f"  - {{conv: {10 + place}, kernel: 3, pad: 1}}\n" for place in range(layers))
    text = f"name: tower\ninput: [32, 32, 3]\nlayers:\n{convs}  - fc: 10\n"
    return AnswerKey(parse(Source("tower", text)).bind())


UNEXPLAINED = Figure(1_234_567_891)


@pytest.mark.parametrize("quantity", ["params", "macs", "flops", "activations", "activation_bytes"])
def test_the_work_for_a_total_grows_with_the_layers_and_not_with_their_pairs(
    quantity: str, work: Counter[str]
) -> None:
    done: list[Counter[str]] = []
    for layers in (10, 20, 30, 40):
        found = tower(layers).search("", quantity)
        assert found is not None
        work.clear()
        assert found.explain(UNEXPLAINED) == []
        done.append(work.copy())
    for what in ("sums", "outputs"):
        steps = [later[what] - sooner[what] for sooner, later in pairwise(done)]
        # A total with more digits has a few more ways to drop or swap one.
        assert max(steps) - min(steps) <= 6, (what, steps)
    # For each layer there are a few sums: it is left out, or counted twice, and then another mistake follows.
    # For each mistake a layer is worked out once.
    assert done[-1]["sums"] <= len(MISTAKES) ** 2 / 4 + 40 * 12
    assert done[-1]["outputs"] <= 41 * len(MISTAKES)


@pytest.mark.parametrize("question", [("vgg16", "", "params"), ("alexnet", "conv2", "macs")])
def test_a_second_figure_is_looked_up(question: tuple[str, str, str], work: Counter[str]) -> None:
    found = key(question[0]).search(*question[1:])
    assert found is not None
    found.explain(UNEXPLAINED)
    work.clear()
    assert found.explain(Figure(1_234_567_893)) == []
    assert not work


def test_other_quantities_use_the_layers_that_are_worked_out(work: Counter[str]) -> None:
    own = AnswerKey(archcalc.load("alexnet"))
    for quantity in ("params", "weights", "param_bytes"):
        found = own.search("", quantity)
        assert found is not None
        work.clear()
        found.explain(UNEXPLAINED)
    assert work["outputs"] == 0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("62,367,776", id="a single mistake fits"),
        pytest.param("70M", id="two digits tell no pair"),
        pytest.param("71.3M", id="nor do three digits, in a total"),
        pytest.param("9", id="one digit"),
    ],
)
def test_no_pair_is_tried_where_none_could_be_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Search) -> None:
        raise AssertionError("pairs are tried")

    monkeypatch.setattr(Search, "_leads", refused)
    found = AnswerKey(archcalc.load("alexnet")).search("", "params")
    assert found is not None
    found.explain(written(text).given)
    with pytest.raises(AssertionError):
        found.explain(UNEXPLAINED)


def test_one_of_equal_layers_may_be_missing() -> None:
    found = key("vgg16").search("", "params")
    assert found is not None
    sentences = [wrong.sentences[0] for wrong in found.explain(Figure(138_357_544 - 2_359_808))]
    assert sentences == [
        f"{layer} is missing from the sum." for layer in ("conv4_2", "conv4_3", "conv5_1", "conv5_2")
    ]


def test_pairs_in_a_sum_of_many_layers_are_not_tried() -> None:
    found = key("resnet18").search("", "params")
    assert found is not None
    many = Search(found.right._replace(terms=found.right.terms * 10), total=True)
    assert len(many.right.terms) > search.MOST_TERMS
    assert many.pairs() == []


def test_a_layer_remembers_only_what_is_true() -> None:
    """After every search, the right figures are those of a layer that has answered nothing yet."""
    own = AnswerKey(archcalc.load("alexnet"))
    for path in ("", "conv2", "fc6"):
        for quantity in ("params", "macs", "activations"):
            found = own.search(path, quantity)
            assert found is not None
            found.pairs()
            for term in found.right.terms:
                fresh = LayerTerm(term.op, term.xs, times=term.times)
                assert term.count(quantity) == fresh.count(quantity)
                assert term.output() == fresh.output()
            table = archcalc.analyze("alexnet")
            row = table.totals if not path else next(layer for layer in table.layers if layer.path == path)
            if (path, quantity) != ("", "activations"):  # the lectures count another total
                assert found.right.result() == getattr(row, quantity)
