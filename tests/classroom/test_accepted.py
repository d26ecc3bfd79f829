"""Which figures are right: with biases and without, and the memory of the lectures."""

from __future__ import annotations

import json

import pytest
from helpers.grading import cell, grade, verdicts

import archcalc
from archcalc.results.folding import fold


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


@pytest.mark.parametrize("text", ["conv1: {params: 0M}", "conv1: {macs: 0G}", "total: {params: 0.0G}"])
def test_nothing_rounds_to_a_right_figure(text: str) -> None:
    assert cell(text).verdict == "wrong"


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "densenet121"])
def test_the_memory_of_the_lectures_is_right_row_by_row(name: str) -> None:
    # conv and batch normalisation hold a map each; add, concat and softmax work in place
    rows = fold(archcalc.analyze(name).layers, None)
    found = grade(json.dumps([{"layer": one.path, "memory": one.slide_activations} for one in rows]), name)
    assert set(verdicts(found).values()) == {"right"}


@pytest.mark.parametrize(("given_", "verdict"), [("35", "right"), ("483", "wrong"), ("34", "wrong")])
def test_a_block_has_the_receptive_field_of_its_last_layer(given_: str, verdict: str) -> None:
    assert cell(f"conv2_x: {{receptive_field: {given_}}}", "resnet50").verdict == verdict


@pytest.mark.parametrize(("given_", "verdict"), [("0", "right"), ("1", "wrong")])
def test_a_concat_that_has_the_name_of_its_block_may_work_in_place(given_: str, verdict: str) -> None:
    assert cell(f"Stem/Mixed_3a: {{memory: {given_}}}", "inception-v4").verdict == verdict


@pytest.mark.parametrize("quantity", ["kernel", "stride"])
def test_a_block_has_no_options(quantity: str) -> None:
    assert cell(f"conv2_x: {{{quantity}: 1}}", "resnet50").verdict != "right"
