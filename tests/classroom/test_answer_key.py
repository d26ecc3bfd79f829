"""The names of layers in an answer key, and its derivations."""

from __future__ import annotations

import pytest
from helpers.grading import cell, grade, grading

from archcalc.classroom.answer_key import AnswerKey
from archcalc.errors import ArchcalcError, Source
from archcalc.language.parse import parse


@pytest.mark.parametrize("name", ["conv1", "CONV1", "Conv 1", "conv-1", "conv_1"])
def test_a_layer_in_anybodys_spelling(name: str) -> None:
    assert cell(f"{name}: {{output: 55x55x96}}").layer == "conv1"


def test_a_layer_of_a_branch_by_its_last_part_or_its_path() -> None:
    assert cell("inception_3a/1x1: {output: 28x28x64}", "googlenet").verdict == "right"
    assert grade("inception_3a: {output: 28x28x256, params: 163696}", "googlenet").ok


def test_an_unknown_layer_is_told_with_those_there_are() -> None:
    (unread,) = grade("backbone: {params: 34944, output: 55x55x96}").unread
    assert unread[2] == "alexnet has no layer 'backbone' (its layers are conv1, pool1, norm1, conv2, ...)"


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


@pytest.mark.parametrize(("name", "written"), [("alexnet", "fc"), ("resnet18", "pool"), ("resnet18", "add")])
def test_an_op_of_several_layers_is_no_name(name: str, written: str) -> None:
    key = grading(name).key
    assert key is not None
    with pytest.raises(ArchcalcError, match=f"'{written}' may be .+ or "):
        key.find(written)
