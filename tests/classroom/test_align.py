"""Rows in lecture notation, matched with layers."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.classroom.align import align
from archcalc.classroom.submission import Answer, AnswerRow


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
