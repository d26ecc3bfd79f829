"""Every format of every kind of report: columns add up to the totals, and readers of others accept it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from helpers.console import run

import archcalc
from archcalc.cli._output import chosen
from archcalc.engine.quantities import BY_KEY
from archcalc.render.analysis import report
from archcalc.render.columns import COLUMNS, SHARES
from archcalc.render.formats import FORMATS, render
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Page, Report

NUMBERS = ("params", "weights", "biases", "macs", "flops", "slide_activations", "activations")


def vgg(format: str, depth: int | str | None = None) -> str:
    analysis = archcalc.analyze("vgg16")
    keys = ["output", *NUMBERS] if format != "csv" else ["all"]
    return render(format, report(analysis, depth=depth, columns=keys))


def by_spaces(text: str) -> list[list[str]]:
    lines = text.split("\n\n")[1].splitlines()
    rows = [line.split() for line in lines if not set(line) <= set("-─")]
    return rows[1:]


def by_pipes(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines[2:]]


def by_ampersands(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.endswith(r" \\")]
    return [[cell.strip() for cell in line.removesuffix(r"\\").split("&")] for line in lines[1:]]


def by_tags(text: str) -> list[list[str]]:
    class Rows(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.rows: list[list[str]] = []
            self.inside = False

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag == "tr":
                self.rows.append([])
            if tag == "td":
                self.rows[-1].append("")
                self.inside = True

        def handle_endtag(self, tag: str) -> None:
            self.inside = False

        def handle_data(self, data: str) -> None:
            if self.inside:
                self.rows[-1][-1] += data

    reader = Rows()
    reader.feed(text)
    return [row for row in reader.rows if row]


READERS: dict[str, Callable[[str], list[list[str]]]] = {
    "plain": by_spaces,
    "table": by_spaces,
    "markdown": by_pipes,
    "latex": by_ampersands,
    "html": by_tags,
}


def test_every_format_has_a_reader_here() -> None:
    assert set(FORMATS) == {*READERS, "csv", "tsv", "json"}


@pytest.mark.parametrize("depth", [None, 1, "all"])
@pytest.mark.parametrize("format", READERS)
def test_columns_add_up_to_the_totals(format: str, depth: int | str | None) -> None:
    rows = READERS[format](vgg(format, depth))
    numbers = [[int(cell.replace(",", "")) for cell in row if re.fullmatch(r"[\d,]+", cell)] for row in rows]
    width = len(NUMBERS)
    body = [line[-width:] for line in numbers[1:-1]]
    sums = [sum(column) for column in zip(*body, strict=True)]
    sums[NUMBERS.index("slide_activations")] += numbers[0][-1]  # the input row has memory only
    assert numbers[-1][-width:] == sums
    assert sums[0] == 138357544


@pytest.mark.parametrize("depth", [None, 1, "all"])
def test_csv_and_json_agree(depth: int | str | None) -> None:
    analysis = archcalc.analyze("vgg16")
    made = report(analysis, depth=depth, columns="all")
    input, *rows, total = csv.DictReader(io.StringIO(render("csv", made)))
    data = json.loads(render("json", made))
    assert [row["layer"] for row in rows] == [layer["path"] for layer in data["layers"]]
    assert (input["layer"], total["layer"]) == ("input", "total")
    for key in NUMBERS:
        column = BY_KEY[key].column
        assert [int(row[column]) for row in rows] == [layer[key] for layer in data["layers"]]
        assert int(total[column]) == data["totals"][key]
        extra = 150528 if key == "slide_activations" else 0
        assert sum(layer[key] for layer in data["layers"]) + extra == data["totals"][key]


def test_json_has_the_contract_keys() -> None:
    data = json.loads(vgg("json", "all"))
    assert data["format"] == 1
    assert data["layout"] == "HWC"
    first = data["layers"][0]
    expected = {
        "name": "conv1_1",
        "path": "conv1_1",
        "op": "conv",
        "inputs": ["input"],
        "input": [224, 224, 3],
        "output": [224, 224, 64],
        "params": 1792,
        "weights": 1728,
        "biases": 64,
        "buffers": 0,
        "activations": 3211264,
        "macs": 86704128,
        "flops": 176619520,
        "receptive_field": [3, 3],
        "jump": [1, 1],
    }
    assert {key: first[key] for key in expected} == expected
    options = {"filters": 64, "kernel": [3, 3], "stride": [1, 1], "pad": [1, 1], "groups": 1, "bias": True}
    assert options.items() <= first["options"].items()
    totals = {
        "params": 138357544,
        "weights": 138344128,
        "biases": 13416,
        "norm_params": 0,
        "buffers": 0,
        "macs": 15470264320,
        "slide_activations": 15237608,
        "param_bytes": 553430176,
        "depth": 16,
    }
    assert totals.items() <= data["totals"].items()
    assert {"flops", "activations", "activation_bytes", "peak_activation_bytes"} <= set(data["totals"])
    assert data["convention"] == {"name": "archcalc", "mac_is": 2}
    assert data["assumptions"] == []


HOSTILE = ["|*_`<b>[x](y)", "a & b % $ # \\ { } ~ ^", "=1+1", "<script>alert(1)</script>", "[ a  b ]"]


def hostile_report() -> Report:
    heads = (Head("name", "name", numeric=False), Head("n", "n"))
    rows = tuple((Cell(text, text), Cell(1, "1")) for text in HOSTILE)
    return Report(lambda: Grid("t", heads, rows), lambda: HOSTILE)


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_text_is_escaped(format: str) -> None:
    text = render(format, hostile_report())
    if format == "html":
        assert "<script>" not in text
    if format == "json":
        assert json.loads(text) == HOSTILE
    if format in ("csv", "tsv"):
        assert "\n=1" not in text
    if format == "markdown":
        assert (
            len({line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")})
            == 1
        )
    if format == "latex":
        assert r"a \& b \% \$ \#" in text


def test_html_needs_nothing_from_elsewhere() -> None:
    text = vgg("html")
    assert not re.search(r"(src|href)\s*=|https?:|@import|url\(", text)


@pytest.mark.parametrize("format", FORMATS)
def test_output_is_the_same_every_time(format: str) -> None:
    assert vgg(format) == vgg(format)
    assert vgg(format).endswith("\n")


def test_every_ending_picks_its_format() -> None:
    picked = {
        chosen(None, f"x{ending}").format
        for ending in (".csv", ".tsv", ".json", ".md", ".tex", ".html", ".txt")
    }
    assert picked == {"csv", "tsv", "json", "markdown", "latex", "html", "plain"}


def test_a_narrow_page_drops_columns_never_digits() -> None:
    analysis = archcalc.analyze("vgg16")
    made = report(analysis)
    for width in range(34, 170, 7):
        text = render("table", made, Page(width))
        assert "138,357,544" in text
        assert "…" not in text
        assert max(map(len, text.splitlines())) <= width


def test_every_column_has_a_rank_of_its_own() -> None:
    assert len({column.keep for column in COLUMNS.values()}) == len(COLUMNS)


@pytest.mark.parametrize("shares", [False, True])
def test_shares_stand_in_a_table_where_they_are_asked_for(shares: bool) -> None:
    analysis = archcalc.analyze("vgg16")
    keys = [head.key for head in report(analysis, depth="all", shares=shares).grid().heads]
    assert [key for key in keys if key in SHARES] == (list(SHARES) if shares else [])


def test_a_share_is_that_of_its_figure() -> None:
    analysis = archcalc.analyze("vgg16")
    (fc6,) = [layer for layer in analysis.layers if layer.path == "fc6"]
    # 102,764,544 of 138,357,544 params; 102,760,448 of 15,470,264,320 MACs; 4,096 of 28,651,984 values
    assert [COLUMNS[key].value(fc6, analysis) for key in SHARES] == ["74.3%", "0.7%", "0.0%"]


def test_every_column_prints_something_for_every_network() -> None:
    analysis = archcalc.analyze("lenet5")
    made = report(analysis, depth="all", columns=list(COLUMNS), units="auto", layout="chw")
    grid = made.grid()
    for place, head in enumerate(grid.heads):
        assert any(row[place].text not in ("", "–") for row in grid.rows), head.key


def test_columns_are_aligned_whatever_letters_they_hold() -> None:
    names = ("Ada", "Jo\u0308rg", "李雷")  # three letters, four and a combining one, two wide ones
    heads = (Head("name", "student", numeric=False), Head("points", "points"))
    grid = Grid("A class", heads, tuple((Cell(name, name), Cell(8, "8")) for name in names))
    assert grid.lines().rows == ["Ada           8", "Jo\u0308rg          8", "李雷          8"]


@pytest.mark.parametrize(
    "command",
    [
        ["table", "lenet5"],
        ["table", "googlenet", "--depth", "1", "--columns", "output,params"],
        ["explain", "alexnet", "conv1"],
        ["compare", "alexnet", "vgg16", "--layers"],
        ["sweep", "vgg16", "--set", "size=32:96:32", "--show", "size,output,macs"],
        ["audit", "vgg16"],
        ["formula", "densenet121", "--free", "growth", "--layers"],
    ],
    ids=" ".join,
)
def test_tsv_has_the_rows_and_columns_of_csv(command: list[str]) -> None:
    commas, tabs = (
        list(csv.reader(io.StringIO(run(*command, "--format", format).stdout), delimiter=delimiter))
        for format, delimiter in (("csv", ","), ("tsv", "\t"))
    )
    assert tabs == commas
    assert len(tabs) > 2


def test_a_tab_or_line_break_in_a_text_does_not_break_a_tsv_row() -> None:
    heads = (Head("a\tb", "a", numeric=False), Head("n", "n"))
    rows = ((Cell("one\ttwo\r\nthree", ""), Cell(1, "1")), (Cell("\t=1", ""), Cell((2, 3), "2x3")))
    grid = Grid("", heads, rows)
    text = render("tsv", Report(lambda: grid, dict))
    assert text == "a b\tn\none two three\t1\n' =1\t2x3\n"
