"""A table without a key: it is graded against the network that its rows describe."""

from __future__ import annotations

import json

import pytest
from helpers.grading import by_itself, verdicts

from archcalc.errors import ArchcalcError


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


BARE = "input (224x224 RGB image)\nconv3-64\nmaxpool\n"


def test_a_row_that_says_too_little_is_told_by_its_own_line() -> None:
    with pytest.raises(ArchcalcError, match=r"^slide:3: maxpool does not state its kernel$"):
        by_itself(BARE)


def test_of_several_tables_the_one_that_is_no_network_is_told_by_its_line() -> None:
    found = by_itself(f"[227x227x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0\n\n{BARE}")
    assert set(verdicts(found).values()) == {"right"}
    assert found.unread == ((6, "", "maxpool does not state its kernel"),)


def test_where_windows_do_not_fit_is_told_only_where_it_is_revealed() -> None:
    found = by_itself("[224x224x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0")
    assert "54" not in json.dumps(found.as_json(reveal=False)["notes"])
    assert "54.25" in json.dumps(found.as_json(reveal=True)["notes"])
