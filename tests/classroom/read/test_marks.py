"""Only the formats that a text may be in are imported, and a text is read once."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from helpers.examples import examples
from hypothesis import given
from hypothesis import strategies as st

from archcalc.classroom.read import FORMATS
from archcalc.classroom.read.marks import LONGEST_REMEMBERED, remembered
from archcalc.classroom.read.number import answer

HERE = Path(__file__).parent
TEXTS = [path for path in (HERE / "lectures").rglob("*") if path.is_file()]
PIECES = ["layer", '"lay"er', "Path", " row ", "ROW", ",", ";", "\t", "params", '"', "\n", "|", "---|---"]
PIECES += [
    "<table>",
    "\\begin{tabular}",
    "&",
    "\\\\",
    "conv1",
    ": ",
    "{",
    "}",
    "34,944",
    "<!-- a -->",
    "output",
]
PIECES += ["output", "\r\n", "ſ", "İ"]


def check_marks(text: str) -> None:
    for name, has_mark in FORMATS.items():
        if import_module(f"archcalc.classroom.read.{name}").recognises(text):
            assert has_mark(text), name


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_a_text_has_the_mark_of_its_format(path: Path) -> None:
    check_marks(path.read_text(encoding="utf-8", errors="replace"))


@examples(500)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_has_the_mark_of_its_format(text: str) -> None:
    check_marks(text)


def test_a_short_text_is_read_once_and_a_long_one_is_not_kept() -> None:
    read: list[tuple[str, str]] = []

    @remembered
    def reader(text: str, quantity: str) -> int:
        read.append((text, quantity))
        return len(text)

    long = "1" * (LONGEST_REMEMBERED + 1)
    for text, quantity in [
        ("35K", "params"),
        ("35K", "macs"),
        ("35K", "params"),
        (long, "macs"),
        (long, "macs"),
    ]:
        assert reader(text, quantity) == len(text)
    assert read == [("35K", "params"), ("35K", "macs"), (long, "macs"), (long, "macs")]


def test_a_figure_that_was_read_before_belongs_to_its_own_layer_and_line() -> None:
    first, second = answer("conv1", "params", "35K", 1), answer("conv2", "params", "35K", 9)
    assert (second.layer, second.line) == ("conv2", 9)
    assert first.given == second.given
    assert answer("conv1", "output", "35 x 35 x 3", 1).given == (35, 35, 3)
    assert answer("conv1", "params", "35 x 35 x 3", 1).computed == 35 * 35 * 3
