"""Which layer a row is about, and which table is about the key."""

from __future__ import annotations

import pytest
from helpers.grading import grade, verdicts


def test_a_row_that_is_left_out_takes_no_other_with_it() -> None:
    rows = "input (224x224 RGB image)\nconv3-64\nconv3-512\nFC-4096\nFC-1000\n"
    found = grade(rows, "vgg16")
    assert {one.layer for one in found.cells} == {"input", "conv1_1", "conv4_1", "fc6", "fc8"}
    assert found.ok


def test_a_table_of_another_network_is_left_out() -> None:
    lines = ["[8x8x1] INPUT", *(f"[{n}] FC{n}: {n} neurons" for n in (50, 40, 30, 20, 10))]
    found = grade("\n".join(lines), "alexnet")
    assert found.cells == ()
    assert "describes another network" in found.notes[0]


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
