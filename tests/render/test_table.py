"""The table of a network: its columns and their names, its rows, and what stands below it."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from helpers.console import on_terminal, run
from helpers.console import plain as plain_text
from helpers.grading import grade

import archcalc
from archcalc.engine.quantities import BY_KEY
from archcalc.errors import ArchcalcError, Source, plain
from archcalc.language.parse import parse
from archcalc.render.columns import COLUMNS, SHARES, choose
from archcalc.results.folding import LAYERS, MOST_ROWS, fold, readable_depth, row_paths

ONE_LAYER = "name: one\ninput: [8, 8, 3]\nlayers:\n  - {conv: 4, kernel: 3}\n"
VIDEO = (
    "name: video\ninput: [16, 32, 32, 3]\nlayers:\n  - {conv: 4, kernel: 3}\n  - {maxpool: 2}\n  - {fc: 9}\n"
)
SOUND = "name: sound\ninput: [400, 2]\nlayers:\n  - {conv: 4, kernel: 5, then: relu}\n  - {fc: 9}\n"


def words_of(header: str) -> str:
    """The heading without its unit: a name in another spelling."""
    return plain(header.replace(" (values)", "").replace("(bytes)", "bytes"))


def rows_of(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def first_words(text: str) -> list[str]:
    """The first cell of each row of a table in plain text."""
    body = text.split("\n\n")[1].splitlines()
    return [line.split()[0] for line in body if not set(line) <= set("-─")][1:]


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_has_one_name(name: str) -> None:
    column = COLUMNS[name]
    assert words_of(column.header) == plain(name)
    analysis = archcalc.analyze("lenet5")
    for word in (name, name.upper(), name.replace("_", " "), column.header, column.header.upper()):
        (*_, chosen) = choose([word], analysis)
        assert chosen.name == name, word


def test_csv_help_and_table_have_the_same_names() -> None:
    listed = [line.split()[0] for line in run("table", "--columns", "help", "x").stdout.splitlines()]
    assert listed == list(archcalc.table_columns()) == list(COLUMNS)
    analysis = archcalc.analyze("lenet5")
    every = [name for name in COLUMNS if name not in SHARES]
    for format, delimiter in (("csv", ","), ("tsv", "\t")):
        for options in ({}, {"columns": "all"}, {"columns": "memory,bytes"}, {"shares": True}):
            head = rows_of(analysis.render(format, **options), delimiter)[0]
            printed = analysis.render("markdown", **options).splitlines()[2]
            headings = [words_of(cell.strip()) for cell in printed.strip("|").split("|")]
            assert headings == [plain(name) for name in head]
            assert options.get("columns") != "all" or head == every


def test_the_keys_of_json_are_words_too() -> None:
    analysis = archcalc.analyze("lenet5")
    for key, quantity in BY_KEY.items():
        if quantity.column in COLUMNS and quantity.is_layer_figure:
            assert choose(key, analysis)[-1].quantity == key


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("volume", "output"),
        ("memory values", "memory"),
        ("memory in bytes", "memory_bytes"),
        ("norm_params", "norm"),
        ("rf", "receptive_field"),
        ("parameters", "params"),
    ],
)
def test_a_word_that_people_use_is_a_column(word: str, name: str) -> None:
    assert [column.name for column in choose([word], archcalc.analyze("lenet5"))] == ["layer", name]


@pytest.mark.parametrize(
    ("word", "name"),
    [("volum", "output"), ("parms", "params"), ("recptive field", "receptive_field"), ("membry", "memory")],
)
def test_a_word_that_is_misspelt_gets_the_name(word: str, name: str) -> None:
    with pytest.raises(ArchcalcError, match=rf"unknown column '{word}' \(did you mean '{name}'\?\)"):
        choose([word], archcalc.analyze("lenet5"))


# --- columns ----------------------------------------------------------------------------------------------


def test_the_usual_columns_are_few_and_neighbours_belong_together() -> None:
    analysis = archcalc.analyze("vgg16")
    assert [column.header for column in choose(None, analysis)] == [
        "layer",
        "op",
        "window",
        "output",
        "params",
        "MACs",
        "FLOPs",
        "memory (values)",
        "memory (bytes)",
        "receptive field",
    ]
    names = [column.name for column in choose("all", analysis)]
    for values, size in (
        ("params", "param_bytes"),
        ("memory", "memory_bytes"),
        ("activations", "activation_bytes"),
    ):
        assert names.index(size) == names.index(values) + 1


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_bytes_are_the_bytes_of_the_column_beside_them(dtype: str) -> None:
    analysis = archcalc.analyze("alexnet", dtype=dtype, batch=3)
    size = 4 if dtype == "float32" else 2
    rows = rows_of(
        analysis.render("csv", columns="params,param_bytes,memory,memory_bytes,activations,activation_bytes")
    )
    for row in rows[1:]:
        for values, in_bytes in zip(row[1::2], row[2::2], strict=True):
            assert (values == "" and in_bytes == "") or int(in_bytes) == size * int(values)
    assert int(rows[-1][4]) == analysis.totals.slide_activation_bytes


# --- rows -------------------------------------------------------------------------------------------------


FLAT = "hrnet"
"""Its exchanges between the resolutions are layers of no block, so even the shallowest table is long."""


@pytest.mark.parametrize("name", [name for name in archcalc.names() if not name.startswith(FLAT)])
def test_a_table_has_at_most_forty_rows(name: str) -> None:
    analysis = archcalc.analyze(name, quantities=["params"])
    depth = readable_depth(analysis.layers)
    assert len(row_paths(analysis.layers, depth)) <= MOST_ROWS
    if isinstance(depth, int):  # one level more would be too much
        assert len(row_paths(analysis.layers, depth + 1)) > MOST_ROWS


def test_a_flat_network_has_nothing_to_fold() -> None:
    layers = "  - {fc: 5}\n" * 50
    long = archcalc.analyze(
        parse(Source("flat.yaml", f"name: flat\ninput: [5]\nlayers:\n{layers}")).bind(),
        quantities=["params"],
    )
    assert readable_depth(long.layers) == LAYERS
    assert len(rows_of(long.render("csv"))) == 1 + 1 + 50 + 1
    assert len(first_words(long.render("plain"))) == 1 + 50 + 1
    assert "folded" not in long.render("plain")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet50", "densenet121", "googlenet", "vgg16"])
def test_a_terminal_a_pipe_and_a_file_show_the_same_rows(name: str, tmp_path: Path) -> None:
    piped = first_words(run("table", name).stdout)
    for width in (60, 120):
        assert first_words(plain_text(on_terminal("table", name, columns=width))) == piped
    file = tmp_path / "x.md"
    run("table", name, "-o", str(file))
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert [line.split("|")[1].strip(" *") for line in lines[2:]] == piped


@pytest.mark.parametrize("depth", [1, 2, "layers", "all"])
@pytest.mark.parametrize("name", ["resnet18", "googlenet", "alexnet"])
def test_csv_has_the_rows_of_the_table(name: str, depth: int | str) -> None:
    analysis = archcalc.analyze(name)
    head, *rows = rows_of(analysis.render("csv", depth=depth))
    assert [row[0] for row in rows] == first_words(analysis.render("plain", depth=depth))
    assert [row[0] for row in rows] == ["input", *(row.path for row in fold(analysis.layers, depth)), "total"]
    total = dict(zip(head, rows[-1], strict=True))
    assert (int(total["params"]), int(total["macs"])) == (analysis.totals.params, analysis.totals.macs)


@pytest.mark.parametrize("depth", [0, -1, "layer", True, 1.5])
def test_another_depth_is_refused(depth: object) -> None:
    with pytest.raises(ArchcalcError, match="depth is a whole number of at least 1, 'layers' or 'all', not "):
        archcalc.analyze("lenet5").render("plain", depth=depth)


def test_the_rows_of_a_result_are_its_layers() -> None:
    analysis = archcalc.analyze("resnet18")
    rows = analysis.rows()
    assert [row["layer"] for row in rows] == [layer.path for layer in analysis.layers]
    assert sum(row["params"] for row in rows) == analysis.totals.params
    assert [row["layer"] for row in analysis.rows(depth=1)] == [row.path for row in fold(analysis.layers, 1)]


@pytest.mark.parametrize("text", [ONE_LAYER, VIDEO, SOUND])
def test_small_and_unusual_inputs_have_a_table(text: str) -> None:
    done = run("table", "-", stdin=text)
    assert (done.returncode, done.stderr) == (0, "")
    assert first_words(done.stdout)[0] == "input"
    assert first_words(done.stdout)[-1] == "total"


# --- notes ------------------------------------------------------------------------------------------------


def test_a_folded_table_says_how_to_see_all() -> None:
    text = run("table", "resnet50").stdout
    (line,) = re.findall(r"^.*folded.*$", text, re.MULTILINE)
    assert line == "16 blocks folded: --depth layers shows 73 rows, --depth all shows 175."
    assert len(first_words(run("table", "resnet50", "--depth", "layers").stdout)) == 1 + 73 + 1
    assert len(first_words(run("table", "resnet50", "--depth", "all").stdout)) == 1 + 175 + 1
    assert "folded" not in run("table", "resnet50", "--depth", "layers").stdout
    assert "folded" not in run("table", "vgg16").stdout


@pytest.mark.parametrize("command", [["table", "resnet18"], ["compare", "vgg16", "resnet18"]])
def test_definitions_are_printed_on_request(command: list[str]) -> None:
    definitions = run("conventions", "archcalc").stdout.splitlines()[2:]
    assert len(definitions) == 4
    assert "\n".join(definitions) in run("conventions").stdout
    short, long = run(*command).stdout, run(*command, "--notes").stdout
    assert short.endswith("\nHow it counts: archcalc conventions; or --notes.\n")
    assert long.endswith("\n" + "\n".join(definitions) + "\n")
    assert "How it counts" not in long


def test_rounded_windows_are_a_count_with_a_few_names() -> None:
    text = run("table", "googlenet").stdout
    assert "1 window rounded down: conv1 (--notes explains it)." in text
    assert "4 windows rounded up: pool1, pool2, pool3, pool4 (--notes explains each)." in text
    noted = run("table", "googlenet", "--notes").stdout
    assert noted.count("Window of ") == 5
    assert "Window of conv1: (224 - 7 + 2·3)/2 + 1 = 112.5, rounded down to 112." in noted


def test_errata_are_a_count() -> None:
    text = run("compare", "vgg16", "resnet50").stdout
    assert "11 published figures disagree: archcalc audit vgg16, archcalc audit resnet50." in text


# --- what the table prints, graded ------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("format", ["markdown", "latex", "html", "csv", "tsv"])
@pytest.mark.parametrize("name", ["alexnet-2gpu", "resnet18", "resnet50", "googlenet", "inception-v4"])
def test_the_grader_reads_what_the_table_prints(name: str, format: str) -> None:
    analysis = archcalc.analyze(name)
    for options in ({}, {"columns": "all"}, {"depth": 1}, {"depth": "layers"}):
        found = grade(analysis.render(format, **options), name)
        assert [cell for cell in found.cells if cell.verdict != "right" and cell.max_points] == []
        assert found.score == found.max_score > 50
        unknown = {"buffers", "moved (bytes)", "moved_bytes", "smallest field", "smallest_field"}
        unknown |= {"quantised param (bytes)", "accumulator (bytes)"}
        # The lines below a table are no answers.
        headings = {line.text for line in found.unread if not line.text.startswith("- ")}
        assert headings <= {*unknown, "aligned", "connections"}


def test_the_unit_of_a_heading_is_the_unit_of_the_figure() -> None:
    right = "| layer | memory (values) | memory (bytes) |\n|---|---|---|\n| conv1 | 290,400 | 1,161,600 |\n"
    wrong = right.replace("1,161,600", "290,400")
    assert [cell.verdict for cell in grade(right).cells] == ["right", "right"]
    assert [cell.verdict for cell in grade(wrong).cells] == ["right", "wrong"]
