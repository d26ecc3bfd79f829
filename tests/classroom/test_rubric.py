"""Rubrics: what they say, and every mistake in one told at its place."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

import pytest

import archcalc
from archcalc.classroom.batch import Grading, mistake_ids
from archcalc.classroom.rubric import VERDICTS, GradingOptions, Rubric, read_rubric
from archcalc.errors import ArchcalcError, Source, SpecError
from archcalc.results.grade import Verdict


def rubric(text: str) -> Rubric:
    return read_rubric(Source("rubric.yaml", text), mistake_ids())


def test_a_rubric_knows_every_verdict() -> None:
    """It names them itself: answers are read before there are results."""
    assert set(VERDICTS) == set(get_args(Verdict))


def test_all_of_a_rubric() -> None:
    found = rubric(
        """
points: {output: 1, params: 2, memory: 0.5}
cells: {conv1: {params: 5}, total: {MACs: 3}}
credit: {carried: 1, rounded: 0.5, forgot-bias: 0.5, forgot-bias+ignored-groups: 0.25}
ask: {layers: [output, params], total: [params]}
of: [conv1, fc6]
total: 100
"""
    )
    assert found.points == {"output": 1, "params": 2, "activations": Fraction(1, 2)}
    assert found.cells == {("conv1", "params"): 5, ("", "macs"): 3}
    assert found.credit["forgot-bias"] == Fraction(1, 2)
    assert (found.asked, found.totals) == (("output", "params"), ("params",))
    assert found.layers == ("conv1", "fc6")
    assert found.scale == 100


def test_a_plain_list_asks_of_layers() -> None:
    assert rubric("ask: [output, macs]").asked == ("output", "macs")


BAD = [
    ("points: 3", "points must be a mapping"),
    ("points: {prams: 3}", "unknown quantity 'prams' (did you mean 'params'?)"),
    ("points: {params: many}", "points of params must be a number from 0 to 10,000"),
    ("points: {params: -1}", "must be a number from 0"),
    ("points: {params: 1e9}", "must be a number from 0"),
    ("credit: {carried: 2}", "credit of carried must be a number from 0 to 1"),
    (
        "credit: {forgot-bais: 1}",
        "'forgot-bais' is not a verdict or a mistake (did you mean 'forgot-bias'?)",
    ),
    ("ask: [output, colour]", "unknown quantity 'colour'"),
    ("ask: {layer: [output]}", "ask has no key 'layer' (did you mean 'layers'?)"),
    ("ponits: {params: 1}", "a rubric has no key 'ponits' (did you mean 'points'?)"),
    ("- 1", "a rubric must be a mapping"),
]


@pytest.mark.parametrize(("text", "says"), BAD, ids=[row[0] for row in BAD])
def test_a_mistake_in_a_rubric_is_told_at_its_place(text: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        rubric(text)
    assert says in str(caught.value)
    assert str(caught.value).startswith("rubric.yaml:1:")


@pytest.mark.parametrize(
    "text",
    [
        "credit: {wrong: 0.5, forgot-bais: 1}",
        "points: {params: 1, forgot-bais: 1}",
        "cells: {conv1: {forgot-bais: 1}}",
        "ask: [params, forgot-bais]",
    ],
)
def test_the_caret_stands_below_the_word(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        rubric(text)
    assert [problem.mark.column for problem in caught.value.problems if problem.mark] == [
        text.index("forgot") + 1
    ]


def test_all_mistakes_of_a_rubric_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        rubric("points: {prams: 1}\ncredit: {caried: 1}\nof: 3\nask: [output]")
    assert [problem.mark.line for problem in caught.value.problems if problem.mark] == [1, 2, 3]


def test_a_layer_that_the_key_has_not() -> None:
    with pytest.raises(ArchcalcError, match="alexnet has no layer 'conv9'"):
        Grading(archcalc.load("alexnet"), GradingOptions(rubric("cells: {conv9: {params: 1}}")))


@pytest.mark.parametrize("text", ["total: 100", "of: [conv1]", "points: {params: 2}\ntotal: 10"])
def test_what_is_nothing_without_ask_says_so(text: str) -> None:
    with pytest.raises(SpecError, match="needs 'ask'"):
        rubric(text)


def test_a_total_of_cells_needs_no_ask() -> None:
    assert rubric("cells: {conv1: {params: 5}}\ntotal: 10").scale == 10
