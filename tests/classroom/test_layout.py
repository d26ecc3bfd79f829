"""The order of volumes is found out for a whole file, or stated."""

from __future__ import annotations

import pytest
from helpers.grading import grade, verdicts

import archcalc
from archcalc.classroom.batch import Grading
from archcalc.classroom.rubric import GradingOptions
from archcalc.errors import Source
from archcalc.results.grade import Grade

FIRST = "conv1: {output: 96x55x55}\npool1: {output: 96x27x27}\n"


def graded(text: str, layout: str | None) -> Grade:
    options = GradingOptions(layout=layout)  # type: ignore[arg-type]
    return Grading(archcalc.load("alexnet"), options).grade(Source("answers", text))


def test_channels_first_throughout_is_no_mistake() -> None:
    found = grade(FIRST)
    assert found.ok
    assert found.notes == ("volumes are channels first (96x55x55), and are compared in this order",)


def test_a_wrong_volume_among_them_has_its_own_mistake() -> None:
    found = grade(f"{FIRST}conv2: {{output: 256x23x23}}\n")
    assert verdicts(found)["conv2 output"] == "wrong"
    assert [one.mistake for one in found.cells[-1].diagnosis] == ["forgot-padding"]


def test_one_volume_among_others_is_a_mistake() -> None:
    found = grade("conv1: {output: 55x55x96}\npool1: {output: 96x27x27}\n")
    assert [one.mistake for one in found.cells[1].diagnosis] == ["channels-first"]


def test_one_volume_alone_is_a_mistake_unless_torch_prints_it() -> None:
    assert verdicts(grade("conv1: {output: 96x55x55}\n")) == {"conv1 output": "wrong"}
    assert verdicts(grade('conv1: {output: "[-1, 96, 55, 55]"}\n')) == {"conv1 output": "right"}
    assert verdicts(grade('conv1: {output: "torch.Size([1, 96, 55, 55])"}\n')) == {"conv1 output": "right"}


def test_the_batch_of_all_volumes_is_left_out() -> None:
    assert grade("conv1: {output: 64x96x55x55}\npool1: {output: 64x96x27x27}\n").ok


@pytest.mark.parametrize(("layout", "is_right"), [("chw", True), ("hwc", False)])
def test_a_stated_order_is_the_order(layout: str, is_right: bool) -> None:
    assert graded(FIRST, layout).ok == is_right
    assert graded("conv1: {output: 96x55x55}\n", layout).ok == is_right


def test_without_a_key_the_input_tells_the_order() -> None:
    rows = "[3x227x227] INPUT\n[96x55x55] CONV1: 96 11x11 filters at stride 4, pad 0\n"
    found = Grading().grade(Source("slide", rows))
    assert verdicts(found)["CONV1 output"] == "right"
