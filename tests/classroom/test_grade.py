"""Grades: answers of every form, their points, and what cannot be read."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from helpers.grading import cell, grade, scored, verdicts
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.classroom.batch import Grading
from archcalc.classroom.rubric import GradingOptions, Rubric
from archcalc.errors import ArchcalcError, Source
from archcalc.render.units import shape
from archcalc.results.grade import RIGHT

REFUSED = [
    ("conv9: {output: 1x1x1}", "alexnet has no layer 'conv9' (did you mean 'conv5'?)"),
    ("conv1: {prams: 3, output: 55x55x96}", "unknown quantity 'prams' (did you mean 'params'?)"),
    ("conv1: {params: 34,944}", "unknown quantity '944' (a number with commas needs quotes)"),
]


NO_ANSWERS = [
    ("", "the file is empty"),
    ("- 5\n- {output: 3x3x3}", "a record needs a 'layer'"),
    ("just words", "answers are YAML or JSON (conv1: {output: 55x55x96, params: 34944}), a table in CSV"),
    ("a: {b: 1}", "unknown quantity 'b'"),
    ("a: [1", "this '[' has no closing ']'"),
    ("a: 1\na: 2", "'a'"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_no_answer_is_told_with_its_line(text: str, why: str) -> None:
    found = grade(f"{text}\n")
    assert why in [unread[2] for unread in found.unread]
    assert not found.ok


@pytest.mark.parametrize(("text", "why"), NO_ANSWERS, ids=[row[0] for row in NO_ANSWERS])
def test_a_text_without_answers_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        grade(text)
    assert why in str(caught.value)
    assert str(caught.value).startswith("answers")


# --- points ----------------------------------------------------------------------------------------------


def test_points_by_quantity_and_by_cell() -> None:
    rubric = Rubric({"params": Fraction(2)}, {("CONV1", "params"): Fraction(5)})
    found = scored("conv1: {params: 34944, output: 55x55x96}\nconv2: {params: 1}", rubric)
    assert [(one.points, one.max_points) for one in found.cells] == [(5, 5), (1, 1), (0, 2)]


def test_credit_for_a_mistake_and_for_what_is_carried() -> None:
    rubric = Rubric(credit={"forgot-bias": Fraction(1, 2), "carried": Fraction(3, 4), "rounded": Fraction(0)})
    found = scored("conv1: {params: 34848, macs: 105M}\ntotal: {params: 62378248}", rubric)
    assert [one.points for one in found.cells] == [Fraction(1, 2), 0, Fraction(3, 4)]


def test_of_several_candidates_the_dearest_counts() -> None:
    rubric = Rubric(credit={"forgot-plus-one": Fraction(1)})
    (found,) = scored("conv1: {output: 54x54x96}", rubric).cells
    assert len(found.diagnosis) == 2
    assert found.points == 0


def test_what_is_asked_and_missing_costs() -> None:
    rubric = Rubric(asked=("params",), layers=("conv1", "conv2"), totals=("macs",))
    found = scored("conv1: {params: 34944}", rubric)
    assert verdicts(found) == {"conv1 params": "right", "conv2 params": "missing", "total macs": "missing"}
    assert (found.score, found.max_score) == (1, 3)


@pytest.mark.slow
def test_what_is_not_asked_is_worth_nothing() -> None:
    rubric = Rubric(cells={("pool1", "output"): Fraction(2)}, asked=("params",), layers=("conv1",))
    found = scored(
        "conv1: {params: 34944, macs: 1}\nconv2: {params: 1}\npool1: {output: 1x1x1}\ntotal: {macs: 1}",
        rubric,
    )
    assert [one.max_points for one in found.cells] == [1, 0, 0, 2, 0]


def test_points_are_scaled() -> None:
    found = scored("conv1: {params: 34944, output: 1x1x1}", Rubric(scale=Fraction(100)))
    assert (found.score, found.max_score) == (50, 100)


def test_what_a_row_says_of_its_layer_is_checked_for_no_points() -> None:
    wrong = cell("conv1: {stride: 2}")
    assert (wrong.verdict, wrong.points, wrong.max_points) == ("wrong", 0, 0)


# --- laws -------------------------------------------------------------------------------------------------

ASKED = ("output", "params", "weights", "biases", "activations", "macs", "flops")


def right_answers(name: str) -> dict[str, dict[str, object]]:
    return {
        layer.path: {
            quantity: shape(value) if isinstance(value := getattr(layer, quantity), tuple) else value
            for quantity in ASKED
        }
        for layer in archcalc.analyze(name).layers
    }


@pytest.mark.parametrize(
    "name", ["lenet5", "alexnet", "alexnet-2gpu", "vgg16", "nin-imagenet", "resnet18", "googlenet"]
)
def test_the_table_itself_is_all_right(name: str) -> None:
    found = grade(json.dumps(right_answers(name)), name)
    assert [one for one in found.cells if one.verdict != "right"] == []
    assert found.ok
    assert found.score == found.max_score == len(ASKED) * len(archcalc.analyze(name).layers)


@given(st.sampled_from(["lenet5-lecture", "alexnet"]), st.data())
def test_points_never_exceed_what_there_are(name: str, data: st.DataObject) -> None:
    answers = right_answers(name)
    for layer in answers:
        for quantity in ASKED:
            if data.draw(st.integers(0, 9)) == 0:
                answers[layer][quantity] = data.draw(
                    st.sampled_from(["?", "lots", "0", "1x1x1", "12,345", "7M"])
                )
    found = grade(json.dumps(answers), name)
    assert 0 <= found.score <= found.max_score
    assert found.ok == all(one.verdict in RIGHT for one in found.cells)
    for one in found.cells:
        assert (one.points == one.max_points) == (one.verdict in (*RIGHT, "carried"))


def test_json_reveals_nothing_that_is_not_to_be() -> None:
    found = grade("conv1: {params: 34848}")
    hidden, shown = found.as_json(), found.as_json(reveal=True)
    assert "34944" not in json.dumps(hidden)
    assert shown["cells"][0]["expected"] == 34944
    assert set(hidden) == {"format", "name", "key", "score", "max_score", "cells", "unread", "notes"}
    assert set(hidden["cells"][0]) == {
        "layer", "quantity", "line", "given", "verdict", "points", "max_points", "diagnosis",
    }  # fmt: skip
    assert hidden["cells"][0]["diagnosis"] == [
        {
            "mistake": "forgot-bias",
            "says": "The biases are missing: each filter, "
            "and each unit of a fully connected layer, has one bias.",
        }
    ]


# --- several answers, and what nothing is said of -----------------------------------------------------------

AGAIN = [
    # (answers, points by line, points in all, how it is told)
    ("layer,params\nconv1,34944\nconv1,34944", [1, 0], 1, ""),  # the same twice is no news
    ("layer,params\nconv1,34944\nconv1,34848", [0, 0], 1, "conv1 params is answered 2 times (lines 2, 3)"),
    (
        "layer,params\nCONV1,34848\nconv 1,34944\nconv1,5",
        [0, 0, 0],
        1,
        "(lines 2, 3, 4): the worst answer counts",
    ),
    ("layer,params\nconv1,____\nconv1,34944", [0, 1], 1, ""),
    ("layer,params\nconv1,____\nconv1,____", [0, 0], 1, ""),
    ("layer,params,weights\nconv1,34944,34848", [1, 1], 2, ""),
]


@pytest.mark.parametrize(("text", "points", "most", "told"), AGAIN, ids=[row[0] for row in AGAIN])
def test_a_question_is_worth_its_points_once(text: str, points: list[int], most: int, told: str) -> None:
    found = grade(text)
    assert ([one.points for one in found.cells], found.max_score) == (points, most)
    assert [told in note for note in found.notes] == ([True] if told else [])


@pytest.mark.parametrize(
    ("rubric", "credit"),
    [
        (Rubric(credit={"wrong": Fraction(1, 4)}), Fraction(1, 4)),
        (Rubric(credit={"wrong": Fraction(1, 4), "forgot-bias": Fraction(1, 2)}), Fraction(1, 2)),
        (Rubric(credit={"forgot-padding": Fraction(1, 2)}), Fraction(0)),
    ],
)
def test_the_credit_of_a_wrong_answer_is_that_of_its_mistake_first(rubric: Rubric, credit: Fraction) -> None:
    found = Grading(archcalc.load("alexnet"), GradingOptions(rubric)).grade(
        Source("answers", "conv1: {params: 34848}")
    )
    assert found.score == credit


def test_what_a_row_says_is_worth_points_where_it_is_asked() -> None:
    rubric = Rubric(asked=("kernel",), layers=("conv1",))
    found = Grading(archcalc.load("alexnet"), GradingOptions(rubric)).grade(
        Source("answers", "conv1: {kernel: 11}")
    )
    assert (found.score, found.max_score) == (1, 1)


TOP = [
    ("layer: conv1\noutput: 55x55x96\nparams: 34944", ["right", "right"]),  # a record alone is no total
    ("total: {output: 1000}", ["right"]),
    ("total: {output: 55x55x96}", ["wrong"]),
    ("input: 227x227x3\nconv1: {output: 55x55x96}", ["right", "right"]),
    ("input: 224x224x3\nconv1: {output: 54x54x96}", ["wrong", "carried"]),
]


@pytest.mark.parametrize(("text", "expected"), TOP, ids=[row[0] for row in TOP])
def test_what_stands_at_the_top_is_what_it_says(text: str, expected: list[str]) -> None:
    found = grade(text)
    assert found.unread == ()
    assert [one.verdict for one in found.cells] == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alexnet", "resnet18", "googlenet", "lenet5"])
def test_the_table_of_archcalc_itself_is_all_right(name: str) -> None:
    table = archcalc.analyze(name)
    found = grade(json.dumps(table.as_json()), name)
    assert [one.name for one in found.cells if one.verdict != "right"] == []
    assert {one.layer for one in found.cells} >= {layer.path for layer in table.layers}


def test_what_cannot_be_read_says_why_and_drives_no_terminal() -> None:
    found = grade(
        "layer,params\n\x1b[2J,5\nconv1,\x1b]0;x\x07 34944\nconv2,614656; 5\nconv3," + "9" * 5000 + "\n"
    )
    told = [(one.verdict, one.why) for one in found.cells]
    assert [verdict for verdict, _ in told] == ["unreadable"] * 3
    assert "several figures" in told[1][1]
    assert "too long" in told[2][1]
    assert [line for line, text, why in found.unread if (text + why).isprintable()] == [2]
    assert all(
        one.given.isprintable() and one.why.isprintable() and len(one.given) < 300 for one in found.cells
    )
