"""Which layer a row is about, and which table is about the key."""

from __future__ import annotations

import pytest
from helpers.grading import grade, verdicts

from archcalc.classroom.submission import UnreadLine


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


# --- rows of archcalc's own tables --------------------------------------------------------------------


@pytest.mark.parametrize(("params", "verdict"), [("192", "right"), ("190", "wrong")])
def test_a_path_with_branches_is_its_layer(params: str, verdict: str) -> None:
    path = "Inception-A/inception_a1/Branch_1/conv2/bn"
    found = grade(f"layer,op,params\n{path},bn,{params}\n", "inception-v4")
    assert (verdicts(found), found.unread) == ({f"{path} params": verdict}, ())


@pytest.mark.parametrize(
    ("op", "output", "verdict"),
    [
        ("conv+maxpool+concat", "28x28x480", "right"),
        ("conv+maxpool+concat", "14x14x480", "wrong"),  # the pooling is in a branch
        ("conv+concat+maxpool", "28x28x480", "right"),
        ("conv+concat+maxpool", "14x14x480", ""),  # it may also be behind the block
    ],
)
def test_a_block_with_a_pooling_has_its_own_figures(op: str, output: str, verdict: str) -> None:
    found = grade(f"layer,op,output\ninception_3b,{op},{output}\n", "googlenet")
    assert "".join(cell.verdict for cell in found.cells) == verdict
    assert all(op in why for _, _, why in found.unread)
    assert bool(found.unread) == (not verdict)


def test_the_bytes_of_a_block_with_a_pooling_are_bytes() -> None:
    row = "| inception_3b | conv+concat+maxpool | 2,809,856 |"
    found = grade(f"| layer | op | memory (bytes) |\n|---|---|---|\n{row}\n", "googlenet")
    assert [cell.verdict for cell in found.cells] == ["right"]
    assert found.unread == ()


def test_what_is_not_matched_is_an_unread_line() -> None:
    found = grade("layer,params\nconv1,34944\nconv9,5\n")
    assert [(line, text) for line, text, _ in found.unread] == [(3, "conv9")]
    assert all(isinstance(line, UnreadLine) for line in found.unread)
