"""Answers in words, a layer on each line."""

from __future__ import annotations

import pytest

from archcalc.classroom.read import read_answers
from archcalc.errors import ArchcalcError, Source

LINES = {
    "conv1: output 20x20x8, params = 3*3*3*8 + 8 = 224, memory 3200": {
        "output": "20x20x8",
        "params": "3*3*3*8 + 8 = 224",
        "activations": "3200",
    },
    "1. **conv1** - output volume 20x20x8, 224 parameters": {"output": "20x20x8", "params": "224"},
    "- conv1: (20, 20, 8), params: 34,944": {"output": "(20, 20, 8)", "params": "34,944"},
    "conv1 → 20x20x8; 224 params": {"output": "20x20x8", "params": "224"},
    "conv1: Ausgabe 20x20x8, Parameter 224": {"output": "20x20x8", "params": "224"},
}


@pytest.mark.parametrize(("line", "figures"), LINES.items(), ids=LINES)
def test_a_line_with_a_layer_and_its_figures(line: str, figures: dict[str, str]) -> None:
    (sheet,) = read_answers(Source("answers", f"# Homework\n\n{line}\n"))
    assert {one.quantity: one.text for one in sheet.answers} == figures
    assert {one.layer for one in sheet.answers} == {"conv1"}
    assert sheet.unread == ()


def test_a_number_without_a_word_is_not_guessed() -> None:
    (sheet,) = read_answers(Source("answers", "conv1 20x20x8 224\n"))
    assert [(one.quantity, one.text) for one in sheet.answers] == [("output", "20x20x8")]
    assert [(one.text, one.why) for one in sheet.unread] == [("224", "it is unclear which quantity this is")]


@pytest.mark.parametrize(
    "text",
    ["We used conv1: it has 224 weights and so on.", "As on page 5 - see there", "x: y, z", "a -> b", "::::"],
)
def test_a_sentence_is_no_row(text: str) -> None:
    with pytest.raises(ArchcalcError):
        read_answers(Source("answers", f"{text}\n"))
