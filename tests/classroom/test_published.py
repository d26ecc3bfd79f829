"""The numbers of documents: tables of models in a README, and prints of tools."""

from __future__ import annotations

from pathlib import Path

import pytest

import archcalc
from archcalc.classroom.published import network_named
from archcalc.errors import ArchcalcError
from archcalc.render import text_of
from archcalc.render.report import Page
from archcalc.results.conventions import JudgedDocument

PRINTS = Path(__file__).parent / "prints"

TABLE = """\
# Models

| Model | input | Params (M) | FLOPs (G) | Top-1 |
|:--|--:|--:|--:|--:|
| [ResNet-18](https://example.org) | 224 | 11.69 | 1.82 | 69.8 |
| **MobileNetV2** (ours) | 160 | 3.50 | 0.160 | 70 |
| ViT-B/16* | 224 | 86.6 | - | 81 |
| MyNet | 224 | 3.5 | 0.32 | 72 |
| DenseNet-121 | 224 | 7.98 | 9.99 | 72 |

| layer | MACs |
|---|---|
| conv1 | 12 |
"""


def judged(text: str, tmp_path: Path, network: str | None = None) -> JudgedDocument:
    file = tmp_path / "README.md"
    file.write_text(text, encoding="utf-8")
    return archcalc.reconcile_file(str(file), network)


def test_every_number_of_a_table_is_judged(tmp_path: Path) -> None:
    found = judged(TABLE, tmp_path)
    assert [(row.line, row.network, row.column, row.ok) for row in found.judged] == [
        (5, "ResNet-18", "Params (M)", True),
        (5, "ResNet-18", "FLOPs (G)", True),
        (6, "MobileNetV2", "Params (M)", True),
        (6, "MobileNetV2", "FLOPs (G)", True),
        (7, "ViT-B-16", "Params (M)", True),
        (8, "MyNet", "Params (M)", False),
        (8, "MyNet", "FLOPs (G)", False),
        (9, "DenseNet-121", "Params (M)", True),
        (9, "DenseNet-121", "FLOPs (G)", False),
    ]
    assert not found.ok
    assert "unknown network" in found.judged[5].why
    assert found.judged[8].explained is not None
    assert found.judged[8].explained.nearest
    assert found.columns[1].numbers == 4
    assert next(iter(found.columns[0].conventions)) == "archcalc"


def test_the_size_of_a_row_is_taken(tmp_path: Path) -> None:
    row = judged(TABLE, tmp_path).judged[3]
    assert row.explained is not None
    assert row.explained.explanations[0].settings == {"size": 160}


def test_a_table_that_is_right_is_ok(tmp_path: Path) -> None:
    rows = "| resnet50-v1.5 | 4.11G | 25.56M |\n| vgg16 | 15.5G | 138.4M |\n"
    table = f"| arch | MACs | #Params |\n|---|---|---|\n{rows}"
    found = judged(table, tmp_path)
    assert found.ok
    assert found.columns[0].conventions["fvcore"] == 2


@pytest.mark.parametrize(
    ("name", "tool"), [("resnet18-torchinfo", "torchinfo"), ("resnet18-fvcore-table", "fvcore")]
)
def test_a_print_is_judged_for_the_network_with_its_params(name: str, tool: str) -> None:
    found = archcalc.reconcile_file(str(PRINTS / f"{name}.txt"))
    assert found.ok
    assert found.tool == tool
    assert {row.network for row in found.judged} == {"resnet18"}
    (macs,) = [row for row in found.judged if row.column == "macs"]
    assert macs.conventions[0] == tool


def test_a_print_of_another_network_is_not_explained() -> None:
    assert not archcalc.reconcile_file(str(PRINTS / "resnet18-torchinfo.txt"), "vgg16").ok


@pytest.mark.parametrize(
    "text", ["just words\n", "| a | b |\n|---|---|\n| c | d |\n", "", "conv1: {params: 3}\n"]
)
def test_other_files_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ArchcalcError, match="no table of models found"):
        judged(text, tmp_path)


def test_a_table_of_unknown_networks_is_not_explained(tmp_path: Path) -> None:
    found = judged("| Model | MACs |\n|---|---|\n| MyNet | 3.25G |\n", tmp_path)
    assert [row.why for row in found.judged] == ["unknown network"]
    assert not found.ok


def test_a_print_of_an_unknown_network_asks_for_its_name() -> None:
    with pytest.raises(ArchcalcError, match="which network is this"):
        archcalc.reconcile_file(str(PRINTS / "nested-fvcore-table.txt"))


@pytest.mark.parametrize(
    ("cell", "name"),
    [("`vgg_16`*", "vgg_16"), ("ResNet-50 (ours)", "ResNet-50"), ("ViT-B/16", "ViT-B-16"), ("Model X", "")],
)
def test_names_of_networks_in_cells(cell: str, name: str) -> None:
    assert network_named(cell) == name


def test_the_json_has_its_keys(tmp_path: Path) -> None:
    data = judged(TABLE, tmp_path).as_json()
    assert {"format", "file", "tool", "ok", "rows", "columns", "not_judged"} == data.keys()
    told = {"explanations", "gap", "nearest", "read_as", "siblings", "did_you_mean"}
    assert {"line", "network", "column", "number", "ok", "why"} | told == data["rows"][0].keys()


@pytest.mark.parametrize("form", ["plain", "json", "csv", "markdown", "latex", "html"])
def test_every_format(form: str, tmp_path: Path) -> None:
    assert judged(TABLE, tmp_path).render(form)


def test_another_network_of_the_family_explains_no_row(tmp_path: Path) -> None:
    (row,) = judged("| Model | FLOPs |\n|---|---|\n| ResNet-50 | 7.3G |\n", tmp_path).judged
    assert not row.ok
    assert row.explained is not None
    assert "plain34" in [one.network for one in row.explained.siblings]


def test_a_print_is_judged_by_the_tool_that_printed_it(tmp_path: Path) -> None:
    found = archcalc.reconcile_file(str(PRINTS / "resnet18-fvcore-table.txt"), "resnet18")
    assert {name for row in found.judged for name in row.conventions} <= {"fvcore", "archcalc"}
    text = (PRINTS / "resnet18-fvcore-table.txt").read_text(encoding="utf-8").replace("1.819G", "1.825G")
    changed = judged(text, tmp_path, "resnet18")  # 1.825G is by ptflops
    assert not changed.ok
    assert archcalc.reconcile("resnet18", "1.825G").ok


@pytest.mark.parametrize(("width", "stay"), [(80, "number agrees convention value if"), (60, "agrees value")])
def test_the_answers_stay_in_a_narrow_terminal(width: int, stay: str, tmp_path: Path) -> None:
    found = judged("| Model | FLOPs |\n|---|---|\n| EfficientNet-B0 | 0.39G |\n", tmp_path)
    text = text_of(found, "table", Page(width=width))
    head = next(line for line in text.splitlines() if "agrees" in line).split()
    assert set(stay.split()) <= set(head)
    assert max(map(len, text.splitlines())) <= width


LINES = "4.1G\n25.6M params\n"
EQUATIONS = "# thop\nFLOPs = 4.134G\nParams = 25.557M\n"


@pytest.mark.parametrize(("text", "columns"), [(LINES, ["", ""]), (EQUATIONS, ["FLOPs", "Params"])])
def test_a_file_with_numbers_is_read_for_a_network(text: str, columns: list[str], tmp_path: Path) -> None:
    found = judged(text, tmp_path, "resnet50-v1.5")
    assert [row.column for row in found.judged] == columns
    assert found.ok
    with pytest.raises(ArchcalcError, match="which network"):
        judged(text, tmp_path)


def test_lines_without_a_number_are_listed(tmp_path: Path) -> None:
    found = judged("about the model\nFLOPs: 4.1G\nTop-1: 76.1\n", tmp_path, "resnet50-v1.5")
    assert [row.line for row in found.judged] == [2]
    assert [part.line for part in found.not_judged] == [1, 3]


def test_a_row_and_a_table_that_are_not_judged_are_listed(tmp_path: Path) -> None:
    table = "| Method | Backbone | FLOPs |\n|---|---|---|\n| Faster | ResNet-50 | 134G |\n\n"
    rows = "| Model | FLOPs |\n|---|---|\n| VGG16_bn | 15.5 × 10^9 |\n| VGG16 | see paper |\n| VGG11 | - |\n"
    found = judged(table + rows, tmp_path)
    assert [(row.network, row.number) for row in found.judged] == [("VGG16_bn", "15.5 * 10^9")]
    assert [(part.line, part.text) for part in found.not_judged] == [
        (1, "Method | Backbone | FLOPs"),
        (8, "VGG16: see paper"),
    ]
    assert "see paper" in str(found)


def test_rows_that_name_another_network_are_judged_as_that(tmp_path: Path) -> None:
    table = "| Model | FLOPs |\n|---|---|\n| vgg11 | 7.6G |\n| ResNet-50 | 4.1G |\n| ours | 4.1G |\n"
    found = judged(table, tmp_path, "resnet50-v1.5")
    assert [row.network for row in found.judged] == ["vgg11", "resnet50-v1.5", "resnet50-v1.5"]


def test_the_input_size_of_a_sequence_is_its_tokens(tmp_path: Path) -> None:
    (row,) = judged("| Model | tokens | MACs |\n|---|---|---|\n| bert-base | 96 | 8.32G |\n", tmp_path).judged
    assert row.explained is not None
    assert row.explained.explanations[0].settings == {"tokens": 96}
