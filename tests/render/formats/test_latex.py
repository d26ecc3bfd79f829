"""LaTeX: a table compiles, and no box is wider than the text of an article."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import archcalc
from archcalc.render.formats import latex, render
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results.printable import Printable

SIX = ["alexnet-2gpu", "vgg16", "googlenet", "resnet50", "densenet121", "inception-v3"]

TABLES = {
    "six networks": lambda: archcalc.compare(SIX).render("latex"),
    "six networks in short": lambda: archcalc.compare(SIX).render(
        "latex", columns="params,macs,top1", units="M", ratio=False
    ),
    "six networks by stage": lambda: archcalc.compare(SIX, layers=True).render("latex", stages=True),
    "two networks": lambda: archcalc.compare(["vgg16", "resnet50"]).render("latex"),
    "vgg16": lambda: archcalc.analyze("vgg16").render("latex"),
    "resnet50, layer by layer": lambda: archcalc.analyze("resnet50").render("latex", depth="all"),
    "every column": lambda: archcalc.analyze("alexnet").render("latex", columns="all", shares=True),
    "totals": lambda: archcalc.totals(SIX).render("latex", units="auto"),
    "the list": lambda: archcalc.listing().render("latex", long=True),
    "formulas": lambda: archcalc.explain("alexnet", ["conv1"]).render("latex"),
    "figures of papers": lambda: archcalc.audit("vgg16").render("latex"),
}

needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


def compiled(text: str, folder: Path) -> str:
    """What pdflatex says about a text in an article that loads the packages which the text asks for."""
    first, _, rest = text.partition("\n")
    article = (
        f"\\documentclass{{article}}\n{first.removeprefix('% needs ')}\n\\begin{{document}}\n{rest}\nText.\n"
    )
    (folder / "table.tex").write_text(f"{article}\\end{{document}}\n", encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, said[-2000:]
    return said


@needs_tex
@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_table_compiles_and_is_not_wider_than_the_text(name: str, tmp_path: Path) -> None:
    text = TABLES[name]()
    assert text.startswith(r"% needs \usepackage{booktabs")
    said = compiled(text, tmp_path)
    assert "Overfull" not in said
    assert "Missing character" not in said


@needs_tex
@pytest.mark.slow
def test_the_check_sees_a_table_that_is_too_wide(tmp_path: Path) -> None:
    text = "% needs \\usepackage{booktabs}\n\\begin{tabular}{l}" + "x" * 90 + "\\end{tabular}\n"
    assert "Overfull" in compiled(text, tmp_path)


@needs_tex
@pytest.mark.slow
def test_a_worksheet_is_a_whole_document(tmp_path: Path) -> None:
    (tmp_path / "sheet.tex").write_text(archcalc.quiz("vgg16", "output,params").render("latex"))
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "sheet.tex"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"Overfull" not in done.stdout


def lines_of(result: Printable, **options: object) -> list[str]:
    text: str = result.render("latex", **options)
    return text.splitlines()


def test_sizes_have_a_times_sign_and_names_stay() -> None:
    lines = lines_of(archcalc.analyze("alexnet"), columns="window,output")
    assert r"conv1 & $11\times11$/4 & $55\times55\times96$ \\" in lines
    lines = lines_of(archcalc.compare(["resnext50-32x4d", "wrn-28-10"]), columns="input", stages=True)
    assert any(line.startswith(r"resnext50-32x4d & $224\times224\times3$") for line in lines)


def test_a_small_table_is_a_bare_tabular() -> None:
    lines = lines_of(archcalc.totals(SIX), columns="params,macs", units="M")
    assert lines[0] == r"% needs \usepackage{booktabs}"
    assert lines[2:6] == [
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"network & params (M) & MACs (M) \\",
        r"\midrule",
    ]
    assert r"vgg16 & 138.36 & 15,470.26 \\" in lines


def test_decimals_that_a_number_does_not_have_take_their_room() -> None:
    lines = lines_of(
        archcalc.totals(["vgg16", "resnet50"]), columns="top1_error", protocol="ImageNet val, 10 crops"
    )
    assert r"vgg16 & 28.07 \\" in lines
    lines = lines_of(archcalc.totals(["xception", "densenet121"]), columns="top1")
    assert r"xception & 79.0\phantom{0} \\" in lines
    assert r"densenet121 & 74.98 \\" in lines


def test_a_long_table_is_cut_into_pages_with_a_heading_on_each() -> None:
    heads = (Head("n", "number"),)
    grid = Grid("t", heads, tuple((Cell(n, str(n)),) for n in range(95)), (Cell(95, "total"),))
    lines = render("latex", Report(lambda: grid, dict)).splitlines()
    assert lines.count(r"number \\") == 3
    assert lines.count(r"total \\") == 1
    assert [line for line in lines if line[:1].isdigit()] == [rf"{n} \\" for n in range(95)]


def test_an_empty_table_has_its_heading() -> None:
    lines = render("latex", Report(lambda: Grid("t", (Head("n", "number"),), ()), dict)).splitlines()
    assert lines.count(r"number \\") == 1


def test_every_letter_that_tables_print_is_one_of_tex() -> None:
    """pdflatex knows Latin letters; other letters need a command."""
    assert set("–·×…⌊⌋⌈⌉²³⁴→≈−βγ") <= set(latex._SPECIAL)
