"""A narrow terminal: the columns with the answer stay, and nothing is wider than the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import pytest
from helpers.console import on_terminal, plain

import archcalc
from archcalc.render import report_of
from archcalc.render.formats import render
from archcalc.render.grid import Cell, Grid, Head, cut_to, width_of
from archcalc.render.report import Page, Report

ANSWERS = {
    "audit:_LIST": "verdict says computed",
    "check:_BUDGET_HEADS": "ok spec expression value",
    "check:_DIFFERENCE_HEADS": "layer new quantity change percent",
    "device:_HEADS": "name memory bandwidth float32",
    "grade:_CELLS": "layer verdict points max_points quantity",
    "grade:_MISTAKES": "mistake students sentence",
    "grade:_QUESTIONS": "layer quantity share right",
    "grade:_STUDENTS": "name score max_score right",
    "published_times:_HEADS": "network verdict published_ms ratio lower_bound_ms expected_ms",
    "time:_OF_RUN": "expected_ms lower_bound_ms bound_by",
    "time:_OF_LAYER": "predicted_ms bound",
    "time:_MEASURED": "measured_ms share",
    "verify:_CHECKS": "check mismatches",
    "verify:_DIFFERENCES": "layer figure ours theirs",
    "verify:_ALL": "network mismatches",
}
"""The columns of each table that answer the question of its command, the most important one first."""


@pytest.mark.parametrize("heads", ANSWERS)
def test_the_columns_with_the_answer_are_hidden_last(heads: str) -> None:
    module, _, name = heads.partition(":")
    columns: Sequence[Head] = getattr(import_module(f"archcalc.render.{module}"), name)
    by_rank = [head.key for head in sorted(columns, key=lambda head: -head.keep)]
    answers = ANSWERS[heads].split()
    assert by_rank[: len(answers)] == answers or set(by_rank[: len(answers)]) == set(answers)


SPEC = """name: net
input: [32, 32, 3]
layers:
  - {conv: 16, kernel: 3, name: conv1}
  - {fc: 10, name: fc1}
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Report]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("narrow"))
        yield made()


def made() -> dict[str, Report]:
    """A report of every kind, in a folder of its own."""
    Path("key.yaml").write_text(SPEC)
    Path("net.yaml").write_text(SPEC)
    Path("class").mkdir()
    Path("class/ada.csv").write_text("layer,output,params\nconv1,30x30x16,432\nfc1,10,144000\n")
    archcalc.lock(["net.yaml"])
    Path("net.yaml").write_text(SPEC.replace("16,", "32,"))
    checked = archcalc.check(["net.yaml"], ["params <= 100K", "peak_activation_bytes <= 512MiB"])
    return {
        "grade": report_of(archcalc.grade("class/ada.csv", "key.yaml"), reveal=True),
        "class": report_of(archcalc.grade_class("class", "key.yaml")),
        "check": report_of(checked),
        "audit": report_of(archcalc.audit("vgg16"), list_all=True),
        "audit all": report_of(archcalc.audit()),
        "device": report_of(archcalc.devices()),
        "fit": report_of(archcalc.fit("vgg16", "t4")),
        "list": report_of(archcalc.listing(["vgg"])),
        "table": report_of(archcalc.analyze("vgg16")),
        "compare": report_of(archcalc.compare(["vgg16", "resnet50"])),
        "formula": report_of(archcalc.formula("vgg16", free=["size"])),
        "explain": report_of(archcalc.explain("alexnet")),
    }


SHOWN = {
    "grade": "layer quantity verdict points of",
    "class": "student points of right wrong",
    "check": "layer quantity now difference percent",
    "audit": "printed computed verdict",
    "device": "name bytes/s memory",
    "list": "name params MACs",
    "table": "layer output params MACs",
    "fit": "inference bytes",
}


def test_at_60_columns_the_answer_is_seen(reports: dict[str, Report]) -> None:
    for name, headers in SHOWN.items():
        shown = str(render("table", reports[name], Page(width=60)))
        line = next(line for line in shown.splitlines() if headers.split()[0] in line.split())
        assert set(headers.split()) <= set(line.split()), name
    assert "exceeded" in str(render("table", reports["check"], Page(width=60)))
    assert "title" in str(render("table", reports["list"], Page(width=80)))


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_is_wider_than_the_terminal(width: int, reports: dict[str, Report]) -> None:
    for name, report in reports.items():
        shown = str(render("table", report, Page(width=width)))
        assert max(map(width_of, shown.splitlines())) <= width, name


@pytest.mark.parametrize("width", range(1, 40))
def test_a_terminal_of_any_width_gets_an_answer(width: int) -> None:
    """A column that is cut stays a text, however little room there is."""
    heads = (Head("a", "name", numeric=False, keep=2, least=10), Head("b", "n", keep=1), Head("c", "text"))
    rows = ((Cell(0, "日本語 and more words"), Cell(1, "138,357,544"), Cell(2, "a long text")),)
    grid = Grid("title", heads, rows, (Cell(0, "all of them together"), Cell(1, "1"), Cell(2, "")))
    shown = str(render("table", Report(lambda: grid, dict), Page(width=width)))
    if width >= 23:
        assert "138,357,544" in shown
        assert max(map(width_of, shown.splitlines())) <= width


def test_numbers_are_not_cut(reports: dict[str, Report]) -> None:
    for name, report in reports.items():
        grid = report.grid()
        for table in grid.tables():
            whole = {cell.text for row in table.rows for cell in row}
            for width in (40, 60, 80):
                fitting, _ = table.fitting(width)
                cells = [cell.text for row in fitting.rows for cell in row]
                cut = [text for text in cells if text not in whole]
                assert not [text for text in cut if text.rstrip("…").replace(",", "").isdigit()], name


def test_the_room_goes_to_the_narrowest_of_the_columns_that_are_cut() -> None:
    heads = (Head("a", "a", numeric=False, least=3), Head("b", "b", numeric=False, least=3))
    grid = Grid("", heads, ((Cell(0, "x" * 30), Cell(0, "y" * 8)),))
    assert grid.fitting(20)[0].rows[0] == (Cell(0, "x" * 9 + "…"), Cell(0, "y" * 8))
    assert grid.fitting(10)[0].rows[0] == (Cell(0, "x" * 3 + "…"), Cell(0, "y" * 3 + "…"))


@pytest.mark.parametrize("width", [-1, 0, 1])
def test_a_text_without_room_is_an_ellipsis(width: int) -> None:
    assert cut_to("text", width) == "…"


@pytest.mark.slow
def test_meanings_are_wrapped_on_a_terminal() -> None:
    shown = plain(on_terminal("table", "vgg16", "--columns", "help", columns=60))
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 60
    assert any(line.startswith(" " * 15) for line in lines)


def test_names_are_cut_when_not_even_two_columns_fit() -> None:
    heads = (Head("a", "name", numeric=False, keep=2), Head("b", "n", keep=3), Head("c", "m", keep=1))
    grid = Grid("", heads, ((Cell(0, "inception-resnet-v2"), Cell(1, "11,515,688"), Cell(2, "7")),))
    fitting, hidden = grid.fitting(28)
    assert ([cell.text for cell in fitting.rows[0]], hidden) == (["inceptio…snet-v2", "11,515,688"], ["m"])
    assert fitting.widths() == [16, 10]
    assert grid.fitting(5)[0].rows[0][0].text == "incept…et-v2"


def test_facts_stand_below_long_labels() -> None:
    grid = Grid("", (), (), facts=(("a label of twenty-two", "some words about it"), ("", "and more")))
    assert grid.fact_lines(40) == ["a label of twenty-two", "  some words about it", "  and more"]
    assert grid.fact_lines(60)[0] == "a label of twenty-two  some words about it"
