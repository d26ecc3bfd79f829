"""What the name of a row says, and which layer the row means."""

from __future__ import annotations

import pytest
from helpers.grading import grade, grade_with, verdicts

from archcalc.classroom.names import layer_name

TWO = """\
name: two
input: [20, 20, 3]
layers:
  - {conv: 8, kernel: 3, pad: 1, then: relu, name: conv1}
  - {maxpool: 2, stride: 2, name: pool1}
  - {conv: 16, kernel: 3, pad: 1, then: relu, name: conv2}
  - {fc: 12, name: fc1}
  - softmax
"""

NAMES = [
    ("Conv2D", "conv", None),
    ("Conv2d-4", "conv", None),
    ("├─Conv2d: 1-4", "conv", None),
    ("conv2d_1 (Conv2D)", "conv", 1),
    ("max_pooling2d (MaxPooling2D)", "maxpool", None),
    ("nn.Linear", "fc", None),
    ("Dense (256)", "fc", None),
    ("MaxPool1 2x2", "maxpool", 1),
    ("convolution layer 2", "conv", 2),
    ("first convolution", "conv", 1),
    ("3rd fully connected layer", "fc", 3),
    ("FC-4096", "fc", None),
    ("conv1_1", "conv", None),
    ("features.0 (Conv2d)", "conv", None),
    ("GlobalAveragePooling2D", "avgpool", None),
    ("Conv2DTranspose", "deconv", None),
    ("depthwise conv 3x3", "depthwise", None),
    ("hidden layer", "", None),
    ("inception 3a", "", None),
]


@pytest.mark.parametrize(("text", "kind", "number"), NAMES, ids=[row[0] for row in NAMES])
def test_a_name_says_the_kind_and_the_number(text: str, kind: str, number: int | None) -> None:
    name = layer_name(text)
    assert (name.kind, name.number) == (kind, number)


OPTIONS = [
    ("conv1 (f=3, s=1)", {"kernel": (3, 3), "stride": 1}),
    ("conv1 (5x5, stride 2, pad 1)", {"kernel": (5, 5), "stride": 2, "pad": 1}),
    ("Conv2D(16, 3×3, same)", {"kernel": (3, 3)}),
    ("nn.Conv2d(3, 8, kernel_size=3, padding=1)", {"kernel": (3, 3), "pad": 1}),
    ("CONV3-64", {"kernel": (3, 3), "filters": 64}),
    ("8@3x3 conv", {"filters": 8, "kernel": (3, 3)}),
    ("Linear(in_features=400, out_features=120)", {"units": 120}),
    ("conv2", {}),
]


@pytest.mark.parametrize(("text", "options"), OPTIONS, ids=[row[0] for row in OPTIONS])
def test_a_name_states_options(text: str, options: dict[str, object]) -> None:
    assert dict(layer_name(text).options) == options


def table(*rows: tuple[str, str, str]) -> str:
    head = "| layer | output | params |\n|---|---|---|\n"
    return head + "".join(f"| {name} | {volume} | {params} |\n" for name, volume, params in rows)


def layers(text: str, name: str = "alexnet") -> list[str]:
    return list(dict.fromkeys(cell.layer for cell in grade(text, name).cells))


def test_rows_with_one_name_are_matched_in_order() -> None:
    rows = [("conv", "20x20x8", "224"), ("pool", "10x10x8", "0"), ("conv", "10x10x16", "1168")]
    found = grade_with(table(*rows), TWO)
    assert [cell.layer for cell in found.cells if cell.quantity == "params"] == ["conv1", "pool1", "conv2"]
    assert found.ok


def test_fc1_is_the_first_fully_connected_layer() -> None:
    assert layers("FC1: {params: 7}\n") == ["fc6"]


@pytest.mark.parametrize("first", [0, 1])
def test_a_whole_list_counts_from_zero_or_one(first: int) -> None:
    sizes = [("55x55x96", 34944), ("27x27x256", 614656), ("13x13x384", 885120), ("13x13x384", 1327488)]
    rows = [(f"conv{at}", *map(str, row)) for at, row in enumerate([*sizes, ("13x13x256", 884992)], first)]
    found = grade(table(*rows))
    assert found.ok
    assert found.score == 10


def test_a_row_that_may_be_several_layers_is_not_guessed() -> None:
    found = grade(table(("Dense", "77", "7")))
    assert found.cells == ()
    assert found.unread[0][2] == "'Dense' may be fc6, fc7, fc8"


def test_figures_tell_which_layer_a_row_means() -> None:
    # The middle one of three, by its params; the wrong output is then wrong.
    found = grade(table(("Dense", "77", "16781312")))
    assert verdicts(found) == {"fc7 output": "wrong", "fc7 params": "right"}


def test_a_row_with_other_sizes_is_not_matched_silently() -> None:
    rows = [("Conv2D (5x5)", "20x20x8", "224"), ("Conv2D (3x3)", "10x10x16", "1168")]
    found = grade_with(table(*rows), TWO)
    assert [why for _, _, why in found.unread] == ["no layer of two has the sizes of 'Conv2D (5x5)'"]
    # With the name of the layer, the options are compared, and cost nothing.
    found = grade_with(table(("conv1 (5x5)", "20x20x8", "224")), TWO)
    assert verdicts(found) == {"conv1 output": "right", "conv1 params": "right", "conv1 kernel": "wrong"}
    assert found.score == found.max_score == 2


def test_a_stage_is_not_taken_for_a_layer() -> None:
    # conv3 may be the third convolution, or the stage of conv3_1.
    found = grade(table(("conv3", "7x7x7", "7")), "vgg16")
    assert found.cells == ()
    assert found.unread


def test_conv11_is_not_conv1_1() -> None:
    params = [1792, 36928, 73856, 147584, 295168, 590080, 590080, 1180160, *[2359808] * 5]
    found = grade(table(*((f"conv{at}", "", str(count)) for at, count in enumerate(params, 1))), "vgg16")
    assert [cell.verdict for cell in found.cells if cell.quantity == "params"] == ["right"] * 13


def test_a_softmax_with_weights_is_the_last_fully_connected_layer() -> None:
    assert layers(table(("softmax", "1000", "4097000"))) == ["fc8"]
    both = grade(table(("fc8", "1000", "4097000"), ("softmax", "1000", "4097000")))
    assert verdicts(both)["fc8 params"] == "right"
    assert verdicts(both)["softmax1 params"] == "wrong"


def test_a_layer_that_the_key_does_without_is_left_out() -> None:
    found = grade_with(table(("Flatten", "1600", "0"), ("Dense", "12", "19212")), TWO)
    assert found.ok
    assert found.notes == ("line 3: Flatten is left out: two has no layer of this kind",)


def test_a_place_in_a_list_of_modules_needs_a_right_figure() -> None:
    rows = table(("features.0", "64x224x224", "1792"), ("features.2", "64x224x224", "36928"))
    assert layers(rows, "vgg16") == ["conv1_1", "conv1_2"]
    assert grade(table(("features.0", "7x7x7", "7")), "vgg16").cells == ()


def test_rows_in_another_order_have_their_numbers() -> None:
    rows = [("dense_1", "4096", "16781312"), ("dense", "4096", "37752832"), ("dense_2", "1000", "4097000")]
    assert grade(table(*rows)).ok
