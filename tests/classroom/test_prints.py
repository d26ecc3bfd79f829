"""What other programs print is read to its last row, and graded by the rules of these programs."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

import archcalc
from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.batch import Grading
from archcalc.classroom.tool_rules import TOOL_RULES, figures_by
from archcalc.errors import ArchcalcError, Source
from archcalc.language.find import network_of
from archcalc.results.grade import RIGHT, Grade

HERE = Path(__file__).parent / "prints"
PRINTS = sorted(path.name for path in HERE.glob("*.txt"))

LEAST = {
    "branches-keras3.txt": 11,
    "nested-flop_counter.txt": 2,
    "nested-fvcore-str.txt": 18,
    "nested-fvcore-table.txt": 17,
    "nested-keras2.txt": 29,
    "nested-keras3-expanded.txt": 27,
    "nested-keras3-folded.txt": 7,
    "nested-keras3.txt": 29,
    "nested-lightning-deep.txt": 41,
    "nested-lightning-rich.txt": 38,
    "nested-lightning.txt": 11,
    "nested-onnx_tool.txt": 27,
    "nested-ptflops-aten.txt": 2,
    "nested-ptflops-pytorch.txt": 28,
    "nested-torchinfo-all.txt": 29,
    "nested-torchinfo.txt": 22,
    "nested-torchscan-field.txt": 27,
    "nested-torchscan.txt": 27,
    "nested-torchsummary.txt": 27,
    "resnet18-fvcore-table.txt": 85,
    "resnet18-torchinfo.txt": 126,
    "resnet18-torchsummary.txt": 121,
    "two-flop_counter.txt": 4,
    "two-fvcore-str.txt": 8,
    "two-fvcore-table.txt": 8,
    "two-keras2.txt": 9,
    "two-keras3-narrow.txt": 9,
    "two-keras3.txt": 9,
    "two-lightning-deep.txt": 23,
    "two-lightning-rich.txt": 23,
    "two-lightning.txt": 23,
    "two-onnx_tool.txt": 23,
    "two-ptflops-aten.txt": 2,
    "two-ptflops-pytorch.txt": 16,
    "two-torchinfo-all.txt": 15,
    "two-torchinfo.txt": 12,
    "two-torchscan-field.txt": 15,
    "two-torchscan.txt": 15,
    "two-torchsummary.txt": 15,
}
"""The figures that must be read of each print."""

UNREAD = {
    # one row for a block of several layers
    "nested-flop_counter.txt": ["Nested.features"],
    "nested-keras3-folded.txt": ["features Sequential"],
    "nested-lightning.txt": ["features Sequential"],
    "resnet18-torchinfo.txt": ["Sequential: 3-18", "Sequential: 3-31", "Sequential: 3-44"],
    # totals of the exported graph, which has another number of arrays
    "nested-onnx_tool.txt": ["total macs 1,151,210", "total params 3,866"],
}


def key_of(name: str) -> str:
    network = name.partition("-")[0]
    return str(HERE / f"{network}.yaml") if (HERE / f"{network}.yaml").exists() else network


def graded(name: str, key: str = "") -> Grade:
    return archcalc.grade(str(HERE / name), key or key_of(name))


@pytest.mark.parametrize("name", PRINTS)
def test_a_print_is_read_and_no_figure_is_wrong(name: str) -> None:
    grade = graded(name)
    assert [cell.name for cell in grade.cells if cell.verdict not in RIGHT] == []
    assert grade.score == grade.max_score
    assert len([cell for cell in grade.cells if cell.max_points]) >= LEAST[name]
    assert [text for _, text, _ in grade.unread] == UNREAD.get(name, [])


def test_every_print_has_an_entry() -> None:
    assert sorted(LEAST) == PRINTS


@pytest.mark.parametrize("tool", sorted({rule.tool for rule in TOOL_RULES}))
def test_a_note_names_the_rule(tool: str) -> None:
    notes = [note for name in PRINTS for note in graded(name).notes]
    says = [rule.says for rule in TOOL_RULES if rule.tool == tool]
    assert any(text in note for text in says for note in notes), says


def test_a_rule_holds_for_prints_of_its_tool_only(tmp_path: Path) -> None:
    # The four values of a batch normalization are right in a print of Keras, and wrong in a student's table.
    (tmp_path / "hw.md").write_text("| layer | params |\n|---|---|\n| conv1/bn | 32 |\n", encoding="utf-8")
    grade = archcalc.grade(str(tmp_path / "hw.md"), str(HERE / "nested.yaml"))
    assert [(cell.name, cell.verdict) for cell in grade.cells] == [("conv1/bn params", "wrong")]


@pytest.mark.parametrize("name", ["nested-keras3.txt", "nested-torchinfo-all.txt", "two-ptflops-pytorch.txt"])
def test_a_changed_figure_of_a_print_is_wrong(name: str, tmp_path: Path) -> None:
    text = (HERE / name).read_text(encoding="utf-8")
    old, new = ("1.17 k", "1.27 k") if "ptflops" in name else ("1,152", "1,162")
    (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
    wrong = [cell for cell in graded(str(tmp_path / name), key_of(name)).cells if cell.verdict not in RIGHT]
    assert [(cell.layer, cell.quantity, cell.given) for cell in wrong] == [("conv2", "params", new)]


def test_a_print_of_another_network_is_left_out() -> None:
    grade = graded("two-keras3.txt", "resnet18")
    assert grade.cells == ()
    assert any("describes another network" in note for note in grade.notes)


def test_a_print_needs_a_key() -> None:
    with pytest.raises(ArchcalcError, match="name a network with --key"):
        archcalc.grade(str(HERE / "two-torchinfo.txt"))


def test_prints_and_tables_in_one_text(tmp_path: Path) -> None:
    print_ = (HERE / "two-keras3.txt").read_text(encoding="utf-8")
    table = "| layer | output |\n|---|---|\n| conv1 | 20x20x8 |\n"
    (tmp_path / "hw.md").write_text(f"# Mine\n\n{table}\n```\n{print_}```\n", encoding="utf-8")
    grade = archcalc.grade(str(tmp_path / "hw.md"), str(HERE / "two.yaml"))
    assert [cell.verdict for cell in grade.cells if cell.layer == "conv1"] == ["right"] * 3
    assert grade.unread == ()


def test_a_rule_gives_what_the_tool_counts() -> None:
    key = AnswerKey(network_of(str(HERE / "nested.yaml")))
    rules = {(rule.tool, rule.quantity): rule for rule in reversed(TOOL_RULES)}
    assert list(figures_by(rules["Keras", "params"], key, "")) == [4002]
    assert list(figures_by(rules["torchscan", "params"], key, "conv1/bn")) == [33]
    assert list(figures_by(rules["torchinfo", "macs"], key, "conv2/bn")) == [32]
    assert list(figures_by(rules["fvcore", "macs"], key, "gap")) == [4096]
    assert list(figures_by(rules["Keras", "params"], key, "no such layer")) == []


@pytest.mark.parametrize("names", [("conv2d (Conv2D)", "dense (Dense)"), ("Conv2d-1", "Linear-2")])
def test_volumes_that_are_typed_below_the_headings_of_a_tool(names: tuple[str, str], tmp_path: Path) -> None:
    head = "| Layer (type) | Output Shape | Param # |\n|---|---|---|\n"
    rows = f"| {names[0]} | 20x20x8 | 224 |\n| {names[1]} | 12 | 19212 |\n"
    (tmp_path / "hw.md").write_text(head + rows, encoding="utf-8")
    grade = archcalc.grade(str(tmp_path / "hw.md"), str(HERE / "two.yaml"))
    assert [cell.verdict for cell in grade.cells] == ["right"] * 4


# --- spoiled prints -------------------------------------------------------------------------------------


def without_a_line(lines: list[str], draw: random.Random) -> list[str]:
    place = draw.randrange(len(lines))
    return lines[:place] + lines[place + 1 :]


def cut(lines: list[str], draw: random.Random) -> list[str]:
    return lines[: draw.randrange(1, len(lines))]


SPOILED: Mapping[str, Callable[[list[str], random.Random], list[str]]] = {
    "a line is missing": without_a_line,
    "the end is missing": cut,
    "indented": lambda lines, draw: [f"    {line}" for line in lines],
    "quoted": lambda lines, draw: [f"> {line}" for line in lines],
    "in a text": lambda lines, draw: ["My model, version 2:", "```", *lines, "```", "That was 1 model."],
    "Windows": lambda lines, draw: [f"{line}\r" for line in lines],
}


@cache
def grading_of(key: str) -> Grading:
    return Grading(network_of(key))


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.parametrize("name", PRINTS)
def test_no_figure_of_a_spoiled_print_is_wrong(name: str, how: str) -> None:
    draw = random.Random(f"{name} {how}")
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    for _ in range(3 if "missing" in how else 1):
        text = "\n".join(SPOILED[how](lines, draw))
        try:
            grade = grading_of(key_of(name)).grade(Source(name, text))
        except ArchcalcError:
            assert "missing" in how  # such as the line with the headings
            continue
        assert [(cell.name, cell.given) for cell in grade.cells if cell.verdict not in RIGHT] == [], text
