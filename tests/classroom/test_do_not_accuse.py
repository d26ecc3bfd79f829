"""What is not surely wrong is not marked wrong."""

from __future__ import annotations

import pytest
from helpers.grading import by_itself, cell, grade, grade_with, scored, verdicts

from archcalc.classroom.rubric import Rubric


def test_nothing_below_an_unread_row_is_judged_without_a_key() -> None:
    rows = [
        "[20x20x3] INPUT",
        "[20x20x8] CONV1: 8 3x3 filters at stride 1, pad 1",
        "[10x10x8] P00L1: 2x2 filters at stride 2",
        "[10x10x16] CONV2: 16 3x3 filters at stride 1, pad 1",
    ]
    found = by_itself("\n".join(rows))
    assert verdicts(found)["CONV1 output"] == "right"
    assert "CONV2 output" not in verdicts(found)
    assert (
        found.unread[-1][2] == "it is below line 3, which could not be read; only --key NETWORK can check it"
    )


def test_a_sentence_between_rows_is_no_row() -> None:
    conv = "[20x20x8] CONV1: 8 3x3 filters at stride 1, pad 1\n"
    rows = f"[20x20x3] INPUT\nThe image is rather small, as in the lecture.\n{conv}"
    found = by_itself(rows)
    assert found.ok


def test_a_figure_belongs_to_one_row() -> None:
    line = "Conv1: [55x55x96] memory: 290,400 MaxPool1: [27x27x96] memory: 69,984"
    assert verdicts(grade(line)) == {
        "conv1 output": "right",
        "conv1 activations": "right",
        "pool1 output": "right",
        "pool1 activations": "right",
    }


def test_a_total_below_another_heading_belongs_to_it() -> None:
    rows = "[227x227x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0\n"
    found = grade(f"# Mine\n\n{rows}\n\n# Another\n\nTotal params: 7\n")
    assert "total params" not in verdicts(found)
    assert any("'Another'" in note for note in found.notes)
    assert verdicts(grade(f"# Mine\n\n{rows}\nTotal params: 7\n"))["total params"] == "wrong"


@pytest.mark.parametrize(
    ("text", "verdict"), [("0.0 G", "rounded"), ("0.00 M", "wrong"), ("0", "wrong"), ("0 G", "wrong")]
)
def test_a_zero_with_decimals_may_be_rounded_to(text: str, verdict: str) -> None:
    assert cell(f"fc8: {{macs: {text}}}\n").verdict == verdict


def test_the_input_sees_itself() -> None:
    assert grade("input: {receptive_field: 1, jump: 1}\n").ok
    assert grade("input: {receptive_field: 1x1}\n").ok


def test_an_error_in_a_receptive_field_is_carried_forward() -> None:
    # 27 for 19 behind pool1; then 27 + 4·8 = 59, and 59 + 2·8 = 75 behind the next pool.
    text = "pool1: {receptive_field: 27}\nconv2: {receptive_field: 59}\npool2: {receptive_field: 75}\n"
    assert list(verdicts(grade(text)).values()) == ["wrong", "carried", "carried"]
    assert (
        verdicts(grade("pool1: {jump: 4}\nconv2: {receptive_field: 35}\n"))["conv2 receptive_field"]
        == "carried"
    )


@pytest.mark.parametrize("text", ["(4096, 1)", "1x1x4096", "(1, 4096)", "4096x1x1", "(None, 4096)", "4,096"])
def test_a_vector_has_one_size_in_any_form(text: str) -> None:
    assert cell(f'fc6: {{output: "{text}"}}\n').verdict == "right"


@pytest.mark.parametrize("word", ["-", "N/A", "none"])
def test_a_word_for_nothing_answers_0_and_asks_nothing_else(word: str) -> None:
    assert verdicts(grade(f'pool1: {{output: 27x27x96, params: "{word}"}}\n'))["pool1 params"] == "right"
    assert "conv1 params" not in verdicts(grade(f'conv1: {{output: 55x55x96, params: "{word}"}}\n'))
    rubric = Rubric(asked=("params",), layers=("conv1", "pool1"))
    found = scored(f'conv1: {{params: "{word}"}}\npool1: {{params: "{word}"}}\n', rubric)
    assert verdicts(found) == {"pool1 params": "right", "conv1 params": "missing"}


def test_the_number_of_values_behind_a_volume_is_arithmetic() -> None:
    right = cell('conv1: {output: "(55,55,96) = 290,400"}\n')
    assert (right.verdict, right.diagnosis) == ("right", ())
    slip = cell('conv1: {output: "(55,55,96) = 290,440"}\n')
    assert (slip.verdict, [one.mistake for one in slip.diagnosis]) == ("right", ["arithmetic-differs"])


def net_of(*layers: str) -> str:
    return "name: n\ninput: [20, 20, 3]\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)


def test_a_pooling_in_the_row_of_a_layer() -> None:
    net = net_of("{conv: 8, kernel: 3, pad: 1, name: conv1}", "{maxpool: 2, stride: 2}")
    assert verdicts(grade_with("conv1 + MaxPool: {output: 10x10x8, params: 224}\n", net)) == {
        "maxpool1 output": "right",
        "conv1 params": "right",
    }
    unclear = grade_with("conv1 + MaxPool: {output: 7x7x8, params: 224}\n", net)
    assert verdicts(unclear) == {"conv1 params": "right"}
    assert "before or after" in unclear.unread[0][2]


def test_a_layer_whose_op_is_not_its_first_key() -> None:
    net = net_of("{bias: false, conv: depthwise, kernel: 3, name: dw, pad: 1}")
    assert grade_with("dw: {params: 27}\n", net).ok
