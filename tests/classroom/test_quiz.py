"""Worksheets: what is asked, how it is worked out, and the networks that are drawn."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.classroom.quiz import asked
from archcalc.errors import ArchcalcError, Source
from archcalc.language.parse import parse
from archcalc.render.formats import with_documents
from archcalc.render.quiz import figure_text
from archcalc.results.quiz import Quiz
from archcalc.studies.explain.op import LEADS


def rows_of(text: str) -> dict[str, list[str]]:
    """The first table of a Markdown text: a row by its layer, cells as they stand."""
    lines = text.split("\n\n")
    table = next(block for block in lines if block.startswith("| layer")).splitlines()
    cells = [[cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in table]
    return {row[0]: row for row in cells}


# --- what is asked --------------------------------------------------------------------------------------


def worksheet(made: Quiz, format: str) -> str:
    text: str = made.render(format)
    return text


def key(made: Quiz, format: str) -> str:
    text: str = made.render(format, part="key")
    return text


@pytest.mark.parametrize("format", with_documents())
def test_the_worksheet_shows_no_blank_figure_and_the_key_shows_all(format: str) -> None:
    made = archcalc.quiz("alexnet", "params,macs")
    large = {figure_text(field.quantity, field.value) for _, field in made.blanks() if field.value > 10_000}
    assert len(large) == 17
    shown, answers = worksheet(made, format), key(made, format)
    assert not any(figure in shown for figure in large)
    assert all(figure in answers for figure in large)


def test_figures_are_those_of_the_table() -> None:
    made = archcalc.quiz("vgg16", ["output", "params", "macs", "rf", "memory"])
    found = {(row, field.quantity): field.value for row, field in made.blanks()}
    assert found["conv1_1", "output"] == (224, 224, 64)
    assert found["fc6", "params"] == 102764544
    assert found["pool1", "params"] == 0
    assert found["conv1_2", "activations"] == 3211264
    assert found["pool5", "receptive_field"] == (212, 212)
    assert ("fc6", "receptive_field") not in found
    assert found["total", "params"] == 138357544
    assert found["total", "macs"] == 15470264320
    assert found["total", "activations"] == 15237608


@pytest.mark.parametrize(
    "name", ["lenet5", "alexnet", "googlenet", "resnet18", "densenet121", "neocognitron"]
)
def test_the_last_step_of_a_working_is_the_figure(name: str) -> None:
    made = archcalc.quiz(name, list(LEADS))
    for row, field in made.blanks():
        if not field.steps:
            assert not field.value or field.quantity in ("receptive_field", "jump"), (row, field)
        elif field.quantity == "output":
            assert field.steps[-1].step.value == field.value[-1]
        elif field.quantity in ("receptive_field", "jump"):
            assert {one.step.value for one in field.steps} == set(field.value)
        else:
            assert field.steps[-1].step.value == field.value, (row, field)


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "googlenet"])
def test_columns_add_up(name: str) -> None:
    made = archcalc.quiz(name, "params,weights,biases,macs,flops")
    for place, total in enumerate(made.totals):
        assert sum(line.fields[place].value for line in made.lines) == total.value


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["prams"], "did you mean 'params'"),
        (["colour"], "possible: output"),
        (["kernel"], "is always given in a worksheet"),
        (["depth"], "cannot be asked"),
        ([" "], "no quantity to ask"),
    ],
)
def test_what_cannot_be_asked_is_refused(words: list[str], says: str) -> None:
    with pytest.raises(ArchcalcError, match=re.escape(says)):
        asked(words)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"share": Fraction(0)}, "at most 100%, not 0%"),
        ({"share": Fraction(3, 2)}, "at most 100%, not 150%"),
        ({"cells": 0}, "cannot make 0 blanks: the table has 14 fields to ask"),
        ({"cells": 15}, "cannot make 15 blanks: the table has 14 fields to ask"),
    ],
)
def test_a_share_out_of_range_is_refused(more: dict[str, Fraction], says: str) -> None:
    with pytest.raises(ArchcalcError, match=re.escape(says)):
        archcalc.quiz("alexnet", "output", **more)  # type: ignore[arg-type]


def test_a_quantity_that_no_layer_has_is_refused() -> None:
    with pytest.raises(ArchcalcError, match="nothing to ask about receptive_field"):
        archcalc.quiz(parse(Source("x", "{name: flat, input: [9], layers: [{fc: 3}]}")).bind(), "rf")


@given(seed=st.integers(), cells=st.integers(1, 30))
def test_a_seed_draws_the_same_blanks(seed: int, cells: int) -> None:
    made = archcalc.quiz("alexnet", "output,params", seed=seed, cells=cells if cells < 29 else 29)
    again = archcalc.quiz("alexnet", "output,params", seed=seed, cells=cells if cells < 29 else 29)
    assert made == again
    assert len(list(made.blanks())) == min(cells, 29)


def test_students_and_seeds_draw_differently() -> None:
    drawn = {
        tuple(row for row, _ in archcalc.quiz("vgg16", "params", cells=6, seed=seed, student=name).blanks())
        for seed in (0, 1)
        for name in ("ada", "bob", "")
    }
    assert len(drawn) == 6


def test_draws_are_pinned() -> None:
    """The same on every machine and Python: a worksheet can be made again years later."""
    assert archcalc.quiz("lenet5", "output", seed=7, vary=True).input == (39, 39, 1)


def test_a_varied_network_has_a_spec_that_gives_its_figures() -> None:
    made = archcalc.quiz("resnet18", "params,macs", seed=5, vary=True)
    spec = parse(Source("key.yaml", made.spec))
    totals = archcalc.analyze(spec.bind(spec.name)).totals
    assert [field.value for field in made.totals] == [totals.params, totals.macs]
    assert made.key == ""
    assert made.varied


# --- texts ----------------------------------------------------------------------------------------------


def test_a_filled_worksheet_has_the_rows_of_the_key() -> None:
    made = archcalc.quiz("resnet18", "output,params,flops", cells=40, seed=3)
    sheet, right = rows_of(worksheet(made, "markdown")), rows_of(key(made, "markdown"))
    assert list(sheet) == list(right)
    assert [name for name in sheet if name not in ("layer", "---", "total")] == [
        line.layer.path for line in made.lines
    ]
    blanks = sum(cell == "____" for row in sheet.values() for cell in row)
    assert blanks == 40
    for name, row in sheet.items():
        assert all(cell in ("____", answer) for cell, answer in zip(row, right[name], strict=True))


@pytest.mark.parametrize(
    ("name", "row", "says"),
    [
        ("alexnet", "conv1", "96 filters 11x11, stride 4, pad 0"),
        ("alexnet-bvlc", "conv2", "256 filters 5x5, stride 1, pad 2, 2 groups"),
        ("alexnet-bvlc", "pool1", "3x3, stride 2, rounding caffe"),
        ("resnet18", "conv1", "64 filters 7x7, stride 2, pad 3, no bias"),
        ("resnet18", "avgpool", "global"),
        ("lenet5", "F6", "84 units"),
        ("alexnet", "norm1", "size 5"),
    ],
)
def test_what_is_given_is_enough(name: str, row: str, says: str) -> None:
    assert rows_of(worksheet(archcalc.quiz(name, "output"), "markdown"))[row][2] == says


def test_what_a_layer_reads_is_told_where_it_is_not_the_row_above() -> None:
    rows = rows_of(worksheet(archcalc.quiz("resnet18", "output"), "markdown"))
    assert rows["conv2_x/conv2_1/add1"][3] == "conv2_x/conv2_1/residual/conv2 + pool1"
    assert rows["conv2_x/conv2_1/residual/conv1"][3] == ""


def hostile() -> Quiz:
    return archcalc.quiz("lenet5", "output", student="<b>|_*% & \\$")


def test_hostile_names_are_escaped() -> None:
    assert "<b>" not in worksheet(hostile(), "html")
    assert r"\% \& " in worksheet(hostile(), "latex")
    assert r"\<b\>\|\_\*%" in worksheet(hostile(), "markdown")


def test_html_has_a_field_for_every_blank_and_needs_nothing_from_elsewhere() -> None:
    text = worksheet(archcalc.quiz("alexnet", "output,params", cells=9), "html")
    assert text.count("<input") == 9 + 1  # and the name
    assert "<body oninput=\"event.target.setAttribute('value', event.target.value)\">" in text
    assert not re.search(r"(src|href)\s*=|https?:|@import|url\(", text)


def test_latex_is_a_document_with_balanced_groups() -> None:
    text = key(archcalc.quiz("googlenet", "output,params", seed=2, vary=True), "latex")
    assert text.startswith(r"\documentclass")
    assert text.endswith("\\end{document}\n")
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") > 2
