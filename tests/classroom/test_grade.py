"""Verdicts, points, errors carried forward: a submission held against a network."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.classroom.align import align
from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.batch import Grading
from archcalc.classroom.rubric import GradingOptions, Rubric
from archcalc.classroom.submission import Answer, AnswerRow
from archcalc.errors import ArchcalcError, Source
from archcalc.language.parse import parse
from archcalc.render.units import shape
from archcalc.results.grade import RIGHT, Grade, GradedCell
from archcalc.results.rows import fold


@cache
def grading(name: str, exact: bool = False, biases: bool | None = None, batch: int = 1) -> Grading:
    return Grading(archcalc.load(name), GradingOptions(exact=exact, biases=biases, batch=batch))


def grade(text: str, name: str = "alexnet", **how: object) -> Grade:
    return grading(name, **how).grade(Source("answers", text))  # type: ignore[arg-type]


def cell(text: str, name: str = "alexnet", **how: object) -> GradedCell:
    (found,) = grade(text, name, **how).cells
    return found


def verdicts(found: Grade) -> dict[str, str]:
    return {one.name: one.verdict for one in found.cells}


# --- precision as printed -------------------------------------------------------------------------------

PRINTED = [
    ("conv1: {params: '34,944'}", "right"),
    ("conv1: {params: 34944}", "right"),
    ("conv1: {params: 35K}", "rounded"),
    ("conv1: {params: 34.9k}", "rounded"),
    ("conv1: {params: 34K}", "truncated"),
    ("conv1: {params: 36K}", "wrong"),
    (
        "conv1: {params: 34.944}",
        "right",
    ),  # the dot of German thousands: there are no fractions of a parameter
    ("conv1: {params: 34.944M}", "wrong"),
    ("conv1: {memory (MB): 1.162}", "rounded"),
    ("conv2: {macs: 447.897.600}", "right"),
    ("softmax1: {memory: 0}", "right"),  # in place, as the lectures count
    ("conv1: {memory: 0}", "wrong"),
    ("input: {output: 227x227x3, params: , macs: }", "right"),
    ("conv1: {weights: 35K}", "rounded"),
    ("conv2: {weights: 614k}", "rounded"),
    ("conv1: {output: 55x55x96}", "right"),
    ("conv1: {output: '[55x55x96]'}", "right"),
    ("conv1: {output: 55 x 55 x 96}", "right"),
    ("conv1: {output: 55×55×96}", "right"),
    ("conv1: {output: [55, 55, 96]}", "right"),
    ("conv1: {output: 96@55x55}", "right"),
    ("conv1: {output: 65x55x96}", "wrong"),
    ("fc6: {output: 4096}", "right"),
    ("fc6: {output: 1x1x4096}", "right"),
    ("conv1: {macs: 105M}", "rounded"),
    ("conv1: {macs: 105.4 million}", "rounded"),
    ("conv1: {activations: 290.4K}", "right"),
    ("conv1: {memory: 290K}", "rounded"),
    ("conv1: {receptive_field: 11}", "right"),
    ("conv1: {rf: 11x11}", "right"),
    ("conv1: {kernel: 11, stride: 4, filters: 96, pad: 0}", "right"),
    ("conv1: {params: (11*11*3)*96+96}", "right"),
    ("conv1: {weights: (11*11*3)*96 = 35K}", "rounded"),
    ("total: {params: 62.4M}", "rounded"),
    ("total: {depth: 8}", "right"),
    ("params: 62.4M", "rounded"),
    ("total: {memory: 1.05M}", "rounded"),
    ("conv1: {params: about a lot}", "unreadable"),
    ("conv1: {params: ____}", "missing"),
    ("conv1: {params: }", "missing"),
]


@pytest.mark.parametrize(("text", "verdict"), PRINTED, ids=[row[0] for row in PRINTED])
def test_a_figure_is_judged_as_printed(text: str, verdict: str) -> None:
    assert set(verdicts(grade(text)).values()) == {verdict}


@pytest.mark.parametrize(("text", "verdict"), [row for row in PRINTED if row[1] in ("rounded", "truncated")])
def test_exact_wants_every_digit(text: str, verdict: str) -> None:
    found = cell(text, exact=True)
    assert (found.verdict, found.points) == ("wrong", 0)
    assert [one.mistake for one in found.diagnosis] == ["rounded"]


UNITS = [
    ("conv1: {memory: 1.16 MB}", "rounded", ""),  # told in bytes, as it says
    ("conv1: {memory: 1.16M}", "wrong", "bytes-for-values"),
    ("conv1: {bytes: 1.16 MB}", "rounded", ""),
    ("conv1: {bytes: 1.108 MiB}", "rounded", ""),
    ("conv1: {bytes: 1.108 MB}", "wrong", "mib-for-mb"),
    ("conv1: {bytes: 290400}", "wrong", "forgot-bytes"),
    ("conv1: {params: 136.5 KiB}", "right", ""),  # 139,776 bytes
    ("conv1: {macs: 105M MACs}", "rounded", ""),
    ("conv1: {macs: 105 MFLOPs}", "wrong", "wrong-unit"),
    ("conv1: {macs: 211 MFLOPs}", "wrong", "flops-for-macs"),
    ("conv1: {flops: 211 MFLOPs}", "rounded", ""),
    ("conv1: {params: 34944 bytes}", "wrong", "forgot-bytes"),
]


@pytest.mark.parametrize(("text", "verdict", "mistake"), UNITS, ids=[row[0] for row in UNITS])
def test_units_are_checked(text: str, verdict: str, mistake: str) -> None:
    found = cell(text)
    assert found.verdict == verdict
    assert mistake in [one.mistake for one in found.diagnosis] or not (mistake or found.diagnosis)


SUMS = [
    ("conv1: {weights: 11*11*3*96 = 34848}", "right", ""),
    ("conv1: {weights: 11*11*3*96 = 34884}", "wrong", "arithmetic-slip"),
    ("conv1: {weights: 11*11*96 = 34848}", "right", "arithmetic-differs"),
    ("conv1: {weights: 11*11*96 = 11616}", "wrong", "forgot-input-depth"),
]


@pytest.mark.parametrize(("text", "verdict", "mistake"), SUMS)
def test_arithmetic_is_checked_too(text: str, verdict: str, mistake: str) -> None:
    found = cell(text)
    assert (found.verdict, "+".join(one.mistake for one in found.diagnosis)) == (verdict, mistake)


# --- names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["conv1", "CONV1", "Conv 1", "conv-1", "conv_1"])
def test_a_layer_in_anybodys_spelling(name: str) -> None:
    assert cell(f"{name}: {{output: 55x55x96}}").layer == "conv1"


def test_a_layer_of_a_branch_by_its_last_part_or_its_path() -> None:
    assert cell("inception_3a/1x1: {output: 28x28x64}", "googlenet").verdict == "right"
    assert grade("inception_3a: {output: 28x28x256, params: 163696}", "googlenet").ok


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


# --- errors carried forward -----------------------------------------------------------------------------


def test_only_the_first_error_costs_points() -> None:
    found = grade(
        """
conv1: {output: 55x55x96}
pool1: {output: 28x28x96, activations: 75264}
conv2: {output: 28x28x256, macs: 481689600}
pool2: {output: 13x13x256}
conv3: {output: 13x13x384}
"""
    )
    assert verdicts(found) == {
        "conv1 output": "right",
        "pool1 output": "wrong",
        "pool1 activations": "carried",  # 28*28*96
        "conv2 output": "carried",  # (28 - 5 + 4)/1 + 1
        "conv2 macs": "carried",  # 28*28*256*5*5*96
        "pool2 output": "right",  # (28 - 3)/2 + 1 = 13.5, rounded down
        "conv3 output": "right",
    }
    assert (found.score, found.max_score) == (6, 7)


SLIDE = """[227x227x3] INPUT
[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0
[28x28x96] MAX POOL1: 3x3 filters at stride 2
[28x28x96] NORM1: Normalization layer
[28x28x256] CONV2: 256 5x5 filters at stride 1, pad 2
[14x14x256] MAX POOL2: 3x3 filters at stride 2
[14x14x256] NORM2: Normalization layer
[14x14x384] CONV3: 384 3x3 filters at stride 1, pad 1
[14x14x384] CONV4: 384 3x3 filters at stride 1, pad 1
[14x14x256] CONV5: 256 3x3 filters at stride 1, pad 1
[7x7x256] MAX POOL3: 3x3 filters at stride 2
FC6: [4096] memory: 4096 params: 7*7*256*4096 = {fc6}
"""


@pytest.mark.parametrize(
    ("fc6", "verdict"),
    [
        pytest.param(7 * 7 * 256 * 4096, "carried", id="without biases"),
        pytest.param("51.4M", "carried", id="rounded"),
        pytest.param(7 * 7 * 4096, "wrong", id="an error of its own"),
    ],
)
def test_weights_follow_from_a_wrong_volume_where_biases_are_not_counted(fc6: object, verdict: str) -> None:
    found = verdicts(grade(SLIDE.format(fc6=fc6)))
    assert (found["pool1 output"], found["pool3 output"], found["fc6 params"]) == ("wrong", "wrong", verdict)


@pytest.mark.parametrize(
    ("says", "mistake"),
    [
        ("(11*11)*96 = 11,616", "forgot-input-depth"),
        ("11*11*96 + 96 = 11,712", "counted-bias+forgot-input-depth"),
        ("(11*11*3) = 363", "one-filter"),
    ],
)
def test_nobody_is_told_of_biases_that_are_not_counted(says: str, mistake: str) -> None:
    slide = f"[227x227x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0 params: {says}\n"
    found = {one.name: one for one in grade(slide, biases=False).cells}
    assert [one.mistake for one in found["conv1 params"].diagnosis] == [mistake]


def test_a_wrong_depth_is_carried_into_weights() -> None:
    found = grade("conv1: {output: 55x55x64}\nconv2: {output: 27x27x256, weights: 409600, params: 409856}")
    assert verdicts(found)["conv2 weights"] == "carried"  # 5*5*64*256
    assert verdicts(found)["conv2 params"] == "carried"


def test_a_total_of_wrong_rows_is_carried() -> None:
    # conv1 without its biases, and a total that follows from it
    found = grade("conv1: {params: 34848}\ntotal: {params: 62378248}")
    assert verdicts(found) == {"conv1 params": "wrong", "total params": "carried"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("total", "verdict"),
    [(2_273_831_679 - 211_120_800, "carried"), (2_273_831_679 - 211_411_200, "wrong")],
    ids=["2 FLOPs per MAC, as the total has it", "with its biases, as the total has it not"],
)
def test_of_several_right_figures_of_a_row_the_one_in_the_total_is_exchanged(
    total: int, verdict: str
) -> None:
    found = grade(f"conv1: {{flops: 200000000}}\ntotal: {{flops: {total + 200_000_000}}}")
    assert verdicts(found) == {"conv1 flops": "wrong", "total flops": verdict}


def test_bytes_of_a_wrong_total_are_carried() -> None:
    found = grade("total: {memory: 24M, memory bytes: 96MB}", "vgg16")
    assert verdicts(found) == {"total activations": "wrong", "total activation_bytes": "carried"}


@pytest.mark.parametrize(
    ("given_", "exact", "verdict", "mistake"),
    [
        ("101,616,768", False, "carried", ""),  # 54·54·96·11·11·3
        ("102M", False, "carried", ""),
        ("101,616,768", True, "carried", ""),
        ("102M", True, "wrong", "rounded"),
        ("101,616,768 FLOPs", False, "wrong", "wrong-unit"),
    ],
)
def test_what_is_carried_is_read_as_strictly(given_: str, exact: bool, verdict: str, mistake: str) -> None:
    found = grade(f"conv1: {{output: 54x54x96, macs: '{given_}'}}", exact=exact).cells[1]
    assert (found.verdict, "".join(one.mistake for one in found.diagnosis)) == (verdict, mistake)


def test_an_error_of_ones_own_is_not_carried() -> None:
    assert verdicts(grade("pool1: {output: 28x28x96}\nconv2: {output: 26x26x256}"))["conv2 output"] == "wrong"


# --- biases ---------------------------------------------------------------------------------------------

CONV1 = "INPUT: [227x227x3] params: 0{}\nCONV1: [55x55x96] 96 11x11 filters at stride 4, pad 0 params: {}"


@pytest.mark.parametrize(
    ("says", "given_", "biases", "verdict"),
    [
        ("", "34848", None, "right"),  # the lectures' notation counts weights
        ("", "34944", None, "right"),  # or everything
        ("", "34848", True, "wrong"),
        ("", "34944", False, "wrong"),
        (" (not counting biases)", "34848", None, "right"),
        (" (not counting biases)", "34944", None, "wrong"),
        (" (not counting biases)", "34944", True, "right"),
    ],
)
def test_whether_params_count_biases(says: str, given_: str, biases: bool | None, verdict: str) -> None:
    found = grade(
        "[227x227x3] INPUT\n" + f"CONV1: [55x55x96] params: {given_}{says}\n" + "POOL1: [27x27x96]",
        biases=biases,
    )
    assert verdicts(found)["conv1 params"] == verdict


# --- a table that is its own network -----------------------------------------------------------------------


def by_itself(text: str) -> Grade:
    return Grading().grade(Source("slide", text))


def test_a_table_of_a_lecture_is_held_against_itself() -> None:
    found = by_itself(
        """
[227x227x3] INPUT
[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0
[27x27x96] MAX POOL1: 3x3 filters at stride 2
[27x27x256] CONV2: 256 5x5 filters at stride 1, pad 2
[4096] FC6: 4096 neurons
"""
    )
    assert found.ok
    assert (found.count("right"), len(found.cells)) == (5, 16)  # outputs, and the options that the rows state


def test_224_does_not_fit_and_the_rest_follows_from_the_slide() -> None:
    found = by_itself(
        """
[224x224x3] INPUT
[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0
[27x27x96] MAX POOL1: 3x3 filters at stride 2
"""
    )
    outputs = {one.layer: one for one in found.cells if one.quantity == "output"}
    assert {layer: one.verdict for layer, one in outputs.items()} == {
        "input": "right",
        "CONV1": "wrong",
        "MAX POOL1": "carried",
    }
    assert outputs["CONV1"].expected == (54, 54, 96)
    assert "wrong-input-size" in [one.mistake for one in outputs["CONV1"].diagnosis]
    assert any("54.25, rounded down to 54" in note for note in found.assumptions)


def test_a_table_without_an_input_is_no_network() -> None:
    with pytest.raises(ArchcalcError, match="name a network with --key"):
        by_itself(
            "[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0\n"
            "[27x27x96] MAX POOL1: 3x3 filters at stride 2"
        )


def test_a_row_that_is_left_out_takes_no_other_with_it() -> None:
    rows = "input (224x224 RGB image)\nconv3-64\nconv3-512\nFC-4096\nFC-1000\n"
    found = grade(rows, "vgg16")
    assert {one.layer for one in found.cells} == {"input", "conv1_1", "conv4_1", "fc6", "fc8"}
    assert found.ok


BARE = "input (224x224 RGB image)\nconv3-64\nmaxpool\n"


def test_a_row_that_says_too_little_is_told_by_its_own_line() -> None:
    with pytest.raises(ArchcalcError, match=r"^slide:3: maxpool does not state its kernel$"):
        by_itself(BARE)


def test_of_several_tables_the_one_that_is_no_network_is_told_by_its_line() -> None:
    found = by_itself(f"[227x227x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0\n\n{BARE}")
    assert set(verdicts(found).values()) == {"right"}
    assert found.unread == ((6, "", "maxpool does not state its kernel"),)


def test_a_table_of_another_network_is_left_out() -> None:
    lines = ["[8x8x1] INPUT", *(f"[{n}] FC{n}: {n} neurons" for n in (50, 40, 30, 20, 10))]
    found = grade("\n".join(lines), "alexnet")
    assert found.cells == ()
    assert "describes another network" in found.notes[0]


# --- points -----------------------------------------------------------------------------------------------


def scored(text: str, rubric: Rubric) -> Grade:
    return Grading(archcalc.load("alexnet"), GradingOptions(rubric)).grade(Source("answers", text))


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


@pytest.mark.parametrize(("text", "why"), NO_ANSWERS, ids=[row[0] for row in NO_ANSWERS])
def test_a_text_without_answers_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        grade(text)
    assert why in str(caught.value)
    assert str(caught.value).startswith("answers")


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


def test_the_same_layer_in_two_tables_counts_once() -> None:
    rows = (
        "[227x227x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0\n"
        "[27x27x96] MAX POOL1: 3x3 filters"
    )
    once, twice = grade(rows), grade(f"{rows}\n\nAgain:\n\n{rows}")
    assert (twice.score, twice.max_score) == (once.score, once.max_score)


def test_nothing_held_against_the_key_is_not_all_right() -> None:
    found = grade(
        "[224x224x3] INPUT\nCONV3-64: [224x224x64] memory: 3.2M\nCONV3-64: [224x224x64] memory: 3.2M\n",
        "lenet5",
    )
    assert found.max_score == 0
    assert not found.ok


@pytest.mark.parametrize("text", ["conv1: {params: 0M}", "conv1: {macs: 0G}", "total: {params: 0.0G}"])
def test_nothing_rounds_to_a_right_figure(text: str) -> None:
    assert cell(text).verdict == "wrong"


def test_an_unknown_layer_is_told_with_those_there_are() -> None:
    (unread,) = grade("features.0: {params: 34944, output: 55x55x96}").unread
    assert unread[2] == "alexnet has no layer 'features.0' (its layers are conv1, pool1, norm1, conv2, ...)"


def test_where_windows_do_not_fit_is_told_only_where_it_is_revealed() -> None:
    found = by_itself("[224x224x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0")
    assert "54" not in json.dumps(found.as_json(reveal=False)["notes"])
    assert "54.25" in json.dumps(found.as_json(reveal=True)["notes"])


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


# --- errors carried through branches and blocks ----------------------------------------------------------

BRANCHES = [
    (
        "googlenet",  # pool1 rounded down: 55, and from there on 27 and 13
        """
pool1: {output: 55x55x64}
conv2: {output: 55x55x192}
pool2: {output: 27x27x192}
inception_3a: {output: 27x27x256, macs: 119066112}
inception_3a/1x1: {output: 27x27x64}
inception_3b: {output: 27x27x480}
pool3: {output: 13x13x480}
inception_4a: {params: 376176}
""",
        ["wrong", *["carried"] * 7, "right"],
    ),
    (
        "resnet18",  # conv1 rounded up: 113
        """
conv1: {output: 113x113x64}
pool1: {output: 57x57x64}
conv2_x: {output: 57x57x64}
conv2_1: {output: 57x57x64}
conv3_x: {output: 29x29x128}
""",
        ["wrong", "carried", "carried", "carried", "carried"],
    ),
    (
        "googlenet",  # the depth of one module spoils what reads it
        (
            "inception_3a: {output: 28x28x255}\ninception_3b/1x1: {params: 32768}\n"
            "inception_3b: {output: 28x28x480}"
        ),
        ["wrong", "carried", "right"],
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), BRANCHES)
def test_an_error_is_carried_through_blocks(name: str, text: str, expected: list[str]) -> None:
    found = grade(text, name)
    assert found.unread == ()
    assert [one.verdict for one in found.cells] == expected


NAMED = [
    ("googlenet", "conv2", "conv2"),  # a scope by its own name, not the layers in others that are called so
    ("googlenet", "inception 3a", "inception_3a"),
    ("resnet18", "conv2_1", "conv2_x/conv2_1"),
    ("alexnet", "Convolution 1", "conv1"),
    ("alexnet", "fully connected 6", "fc6"),
    ("alexnet", "softmax", "softmax1"),  # there is but one
]


@pytest.mark.parametrize(("name", "written", "path"), NAMED)
def test_a_layer_is_found_by_the_name_people_give_it(name: str, written: str, path: str) -> None:
    key = grading(name).key
    assert key is not None
    assert key.find(written) == path


def test_a_layer_in_a_scope_is_found_by_its_last_part() -> None:
    text = (
        "name: net\ninput: [8, 8, 3]\nlayers:\n"
        "  - {add: {left: [{conv: 3, kernel: 1, name: squeeze}], right: []}}\n"
    )
    key = AnswerKey(parse(Source("net.yaml", text)).bind())
    assert key.find("Squeeze") == "left/squeeze"


@pytest.mark.parametrize(
    ("path", "quantity", "led"),
    [("", "macs", ["macs"]), ("conv2", "output", ["W2", "D2"]), ("input", "output", [])],
)
def test_a_figure_is_derived_for_the_layer_or_the_total_it_is_of(
    path: str, quantity: str, led: list[str]
) -> None:
    key = grading("alexnet").key
    assert key is not None
    assert [step.quantity for step in key.derivation(path, quantity)] == led


@pytest.mark.parametrize(
    ("output", "options", "paths"),
    [((27, 27, 256), {}, ["conv2", None]), (None, {"filters": 256}, ["conv1", "conv2"])],
    ids=["its name and its output", "its name and its filters alone"],
)
def test_a_row_is_laid_where_it_says_much_for_itself(
    output: tuple[int, ...] | None, options: dict[str, int], paths: list[str | None]
) -> None:
    layers = [layer for layer in archcalc.analyze("alexnet").layers if layer.op == "conv"][:2]
    named = AnswerRow("conv2", "conv", options, {}, (Answer("conv2", "output", "", 1, output),), 1)
    other = AnswerRow(
        "more", "conv", {}, {}, (), 2
    )  # so both rows have a layer, or one has the layer that it names
    assert [layer and layer.path for layer in align([named, other], layers)] == paths


@pytest.mark.parametrize(("name", "written"), [("alexnet", "fc"), ("resnet18", "pool"), ("resnet18", "add")])
def test_an_op_of_several_layers_is_no_name(name: str, written: str) -> None:
    key = grading(name).key
    assert key is not None
    with pytest.raises(ArchcalcError, match=f"'{written}' may be .+ or "):
        key.find(written)


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


COLUMNS = """\
A\tD
11 weight layers\t16 weight layers
input (224 x 224 RGB image)
conv3-64\tconv3-64 conv3-64
maxpool
conv3-128\tconv3-128 conv3-128
maxpool
conv3-256 conv3-256\tconv3-256 conv3-256 conv3-256
maxpool
conv3-512 conv3-512\tconv3-512 conv3-512 conv3-512
maxpool
conv3-512 conv3-512\tconv3-512 conv3-512 conv3-512
maxpool
FC-4096
FC-4096
FC-1000
soft-max
"""


@pytest.mark.parametrize(("name", "other"), [("vgg16", "A"), ("vgg11", "D")])
def test_of_several_columns_the_one_like_the_key_is_held_against_it(name: str, other: str) -> None:
    found = grade(COLUMNS, name)
    assert verdicts(found)["total depth"] == "right"
    assert any(
        note.startswith(f"left out, because another table fits {name} better: {other} from")
        for note in found.notes
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alexnet", "resnet18", "googlenet", "lenet5"])
def test_the_table_of_archcalc_itself_is_all_right(name: str) -> None:
    table = archcalc.analyze(name)
    found = grade(json.dumps(table.as_json()), name)
    assert [one.name for one in found.cells if one.verdict != "right"] == []
    assert {one.layer for one in found.cells} >= {layer.path for layer in table.layers}


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "densenet121"])
def test_the_memory_of_the_lectures_is_right_row_by_row(name: str) -> None:
    # conv and batch normalisation hold a map each; add, concat and softmax work in place
    rows = fold(archcalc.analyze(name).layers, None)
    found = grade(json.dumps([{"layer": one.path, "memory": one.slide_activations} for one in rows]), name)
    assert set(verdicts(found).values()) == {"right"}


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


def test_a_candidate_is_named_once() -> None:
    for text in ("conv1: {macs: 112M}", "pool1: {activation_bytes: 27K}", "total: {params: 61.5M}"):
        (one,) = grade(text).cells
        assert len(set(one.diagnosis)) == len(one.diagnosis)
