"""Colours of verdicts and of messages: on a terminal only, and never instead of a word."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.console import on_terminal, plain, run

import archcalc
from archcalc.cli._labels import colored
from archcalc.cli._streams import shows_color
from archcalc.render import report_of
from archcalc.render.formats import FORMATS, render
from archcalc.render.formats.table import COLORS
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Page, Report

GREEN, RED, YELLOW = "\x1b[32m", "\x1b[31m", "\x1b[33m"
TERMINAL = Page(width=200, color=True)

SPEC = """name: net
input: [8, 8, 3]
layers:
  - {conv: 4, kernel: 3, name: conv1}
"""
ANSWERS = """layer,output,params
conv1,6x6x4,112
fc1,10,1460
conv9,1x1x1,?
"""
KEY = SPEC + "  - {fc: 10, name: fc1}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC)
    Path("key.yaml").write_text(KEY)
    Path("class").mkdir()
    Path("class/ada.csv").write_text(ANSWERS)
    Path("class/ben.csv").write_text("nonsense")
    archcalc.lock(["net.yaml"])
    Path("net.yaml").write_text(SPEC.replace("4,", "5,"))
    return tmp_path


def results(folder: Path) -> Iterator[object]:
    """A result of every kind that has verdicts, good and bad."""
    yield archcalc.grade("class/ada.csv", "key.yaml")
    yield archcalc.grade_class("class", "key.yaml")
    yield archcalc.check(["net.yaml"], ["params <= 1K", "macs <= 5"])
    yield archcalc.check(["net.yaml"], ["params <= 1K"], locked=False)
    yield archcalc.audit("vgg16")
    yield archcalc.fit("vgg16", "t4")
    yield archcalc.fit("vgg16", "t4", batch=10**6)


# --- tables ------------------------------------------------------------------------------------------------


def test_a_colour_says_what_the_word_says(folder: Path) -> None:
    seen = set()
    for result in results(folder):
        for grid in report_of(result).grid().tables():
            rows = [*grid.rows, *([grid.totals] if grid.totals else [])]
            cells = [(head, cell) for row in rows for head, cell in zip(grid.heads, row, strict=True)]
            toned = [(head, cell) for head, cell in cells if cell.tone and cell.text]
            seen |= {cell.tone for _, cell in toned} | {grid.tone}
            # A number has its meaning in the heading, or beside it in the facts; all else is a word.
            assert all(head.header or not cell.text.isdigit() for head, cell in toned)
    assert seen == set(COLORS)


def test_the_text_is_the_same_with_and_without_colours(folder: Path) -> None:
    for result in results(folder):
        report = report_of(result)
        coloured = render("table", report, TERMINAL)
        assert plain(coloured) == render("table", report, Page(width=200))
        assert coloured.count("\x1b[") > 4


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "table"])
def test_no_other_format_has_colours_of_a_terminal(format: str, folder: Path) -> None:
    for result in results(folder):
        assert "\x1b" not in str(render(format, report_of(result), TERMINAL))


def toned(*cells: Cell) -> Report:
    heads = (Head("a", "a", numeric=False), Head("b", "b"), Head("c", "verdict", numeric=False))
    grid = Grid("t", heads, (cells,), (Cell(0, "日本"), Cell(0, "7"), Cell("", "ok", tone="good")))
    return Report(lambda: grid, dict)


@pytest.mark.parametrize("name", ["n", "日本語日本語", "é" * 9])
def test_only_the_verdict_is_coloured(name: str) -> None:
    shown = render(
        "table",
        toned(Cell(0, name), Cell(0, "12", tone="doubtful"), Cell(0, "wrong", tone="bad")),
        TERMINAL,
    )
    assert re.findall(r"\x1b\[3[123]m[^\x1b]*", shown) == [f"{YELLOW}12", f"{RED}wrong"]
    assert "\x1b[1;32mok" in shown


def test_html_has_the_tone_as_a_class() -> None:
    page = str(render("html", toned(Cell(0, "x"), Cell(0, "12", tone="bad"), Cell(0, "ok", tone="good"))))
    assert '<td class="n bad">12</td><td class=good>ok</td>' in page
    assert "<td>x</td>" in page


def test_a_title_that_is_a_verdict_has_its_colour(folder: Path) -> None:
    assert render("table", report_of(archcalc.fit("vgg16", "t4")), TERMINAL).startswith("\x1b[1;32mvgg16")
    too_large = archcalc.fit("vgg16", "t4", batch=10**6)
    assert render("table", report_of(too_large), TERMINAL).startswith("\x1b[1;31mvgg16")


# --- messages ----------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "shows"),
    [
        ({}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
    ids=str,
)
def test_who_gets_colours(environment: dict[str, str], shows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert shows_color(Terminal()) == shows
    assert not shows_color(io.StringIO())  # a pipe or a file, whatever the environment says


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("archcalc: error: no such file", ["error:"]),
        ("Usage: archcalc [OPTIONS]\n\nError: No such command 'x'.", ["Error:"]),
        ("a.yaml:2:9: warning: input\n   2 | error: [3]\n     |  ^", ["warning:", "^"]),
        ("a.yaml:2:9: error: conv1: error: b\n   2 | x: ^\n     |    ^\n     = in c", ["error:", "^"]),
        ("Traceback\narchcalc: internal error; please report it", ["internal error"]),
        ("archcalc: reading a spec from the terminal", []),
    ],
)
def test_labels_and_carets_are_coloured(text: str, labels: list[str]) -> None:
    shown = colored(text)
    assert plain(shown) == text
    assert re.findall(r"\x1b\[1m([^\x1b]*)\x1b\[0m", shown) == labels


def test_a_message_in_a_pipe_has_no_colours() -> None:
    done = run("table", "vg16", env={"FORCE_COLOR": "1"})
    assert done.stderr == "archcalc: error: unknown network 'vg16' (did you mean 'vgg16'?)\n"


@pytest.mark.slow
@pytest.mark.parametrize("args", [("table", "vg16"), ("tabel",), ("table", "vgg16", "--x")], ids=str)
def test_a_message_on_a_terminal_has_colours(args: tuple[str, ...]) -> None:
    shown = on_terminal(*args, columns=80, code=2)
    assert re.search("\x1b\\[31m\x1b\\[1m[eE]rror:", shown)
    assert plain(shown) == on_terminal(*args, columns=80, code=2, NO_COLOR="1")
    assert "\x1b" not in on_terminal(*args, columns=80, code=2, TERM="dumb")


@pytest.mark.slow
def test_verdicts_on_a_terminal_have_colours(folder: Path) -> None:
    shown = on_terminal("grade", "class/ada.csv", "--key", "key.yaml", columns=80, code=1)
    assert f"{GREEN}right" in shown
    assert f"{RED}wrong" in shown
    checked = on_terminal("check", "net.yaml", "--max", "macs <= 5", columns=80, code=1)
    assert f"{RED}exceeded" in checked
    assert "\x1b" not in run("check", "net.yaml", cwd=folder).stdout
