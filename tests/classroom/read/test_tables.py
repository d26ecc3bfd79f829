"""Tables as people and programs write them: in columns, across, in other languages, with sizes apart."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from archcalc.classroom.read import read_answers
from archcalc.classroom.read.headings import Heading, column_of
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import ArchcalcError, Source

RIGHT = {
    ("conv1", "output"): "20x20x8",
    ("conv1", "params"): "224",
    ("fc1", "output"): "12",
    ("fc1", "params"): "19,212",
}

FORMS = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parent / "tables").iterdir())
}
"""The same two rows in every form, one file for each."""

LANGUAGES = {
    "German": "Schicht;Ausgabe;Parameter",
    "German, longer": "Name der Schicht;Größe der Ausgabe;Anzahl der Parameter",
    "Spanish": "Capa;Salida;Parámetros",
    "French": "Couche;Taille de sortie;Nombre de paramètres",
    "Portuguese": "Camada;Saída;Parâmetros",
    "Russian": "Слой;Размер выхода;Количество параметров",
    "Czech": "Vrstva;Výstup;Počet parametrů",
    "Chinese": "层;输出尺寸;参数量",
    "Chinese, traditional": "層;輸出尺寸;參數量",
    "Korean": "레이어;출력 크기;파라미터 수",
    "Japanese": "レイヤー;出力サイズ;パラメータ数",
    "capitals": "COUCHE;SORTIE;PARAMÈTRES",
    "without accents": "Capa;Tamano de salida;Parametros",
}
FORMS |= {language: f"{head}\nconv1;20x20x8;224\nfc1;12;19,212\n" for language, head in LANGUAGES.items()}


def sheet(text: str) -> AnswerSheet:
    (found,) = read_answers(Source("answers", text))
    return found


def figures(found: AnswerSheet) -> dict[tuple[str, str], str]:
    return {(one.layer, one.quantity): one.text for one in found.answers}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_every_form_has_the_same_answers(text: str) -> None:
    found = sheet(text)
    assert figures(found) == RIGHT
    assert found.unread == ()


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Speicher (KB)", Heading("activations", "KB")),
        ("memory (bytes)", Heading("activations", "bytes")),
        ("Mémoire [MB]", Heading("activations", "MB")),
        ("output (CxHxW)", Heading("output", "", "chw")),
        ("Output shape (N, C, H, W)", Heading("output", "", "chw")),
        ("输出尺寸 (CxHxW)", Heading("output", "", "chw")),
        ("output (WxHxD)", Heading("output", "", "whc")),
        ("CxHxW", Heading("output", "", "chw")),
        ("Output Shape", Heading("output")),
        ("GFLOPs", Heading("flops", "G")),
        ("感受野", Heading("receptive_field")),
        ("Schrittweite", Heading("stride")),
        ("Kernelgröße", Heading("kernel")),
        ("params %", Heading("")),
        ("moved bytes", Heading("")),
        ("colour", Heading("?")),
        ("Parameter (mit Bias)", Heading("?")),
        ("", Heading("")),
    ],
)
def test_what_a_heading_means(heading: str, column: Heading) -> None:
    assert column_of(heading) == column


def test_the_order_of_sizes_in_a_heading() -> None:
    found = sheet("| layer | output (CxHxW) |\n|---|---|\n| conv1 | 8x20x30 |\n| fc1 | 12 |\n")
    assert [str(one.given) for one in found.answers if one.layer == "conv1"] == ["(20, 30, 8)"]


def test_totals_in_other_languages() -> None:
    found = sheet("| Schicht | Parameter |\n|---|---|\n| conv1 | 224 |\n| Gesamt: | 20604 |\n")
    assert figures(found) == {("conv1", "params"): "224", ("", "params"): "20604"}


def test_the_lines_of_a_table_across() -> None:
    found = sheet("|  | conv1 |\n|---|---|\n| output | 20x20x8 |\n| params | 224 |\n")
    assert [(one.quantity, one.line) for one in found.answers] == [("output", 3), ("params", 4)]


UNREAD = {
    "an unknown heading": ("| Schicht | Farbe | Ausgabe |\n|---|---|---|\n| conv1 | 3 | 5x5x5 |\n", "Farbe"),
    "one size alone": (
        "| layer | H | params |\n|---|---|---|\n| conv1 | 20 | 224 |\n",
        "one size of a volume",
    ),
    "a row with more words than columns": ("Layer Output Params\nconv1 20x20x8 224\nthe fc1 12 19212\n", ""),
    "a pooling in the row of a conv": (
        "| layer | output | details |\n|---|---|---|\n| fc1 | 12 | |\n| conv1 | 10x10x8 | 3x3, MaxPool |\n",
        "it is unclear whether",
    ),
    "a line below the table": (
        "layer   params\nconv1      224\n\nfc1: {params: 19212}\n",
        "outside the table",
    ),
}


@pytest.mark.parametrize(("text", "why"), UNREAD.values(), ids=UNREAD)
def test_what_is_not_read_is_reported(text: str, why: str) -> None:
    found = sheet(text)
    if why:
        assert any(why in one.why for one in found.unread), found
    else:
        assert figures(found) == {("conv1", "output"): "20x20x8", ("conv1", "params"): "224"}
        assert [one.line for one in found.unread] == [3]


def test_totals_of_several_networks_are_a_sheet_each() -> None:
    text = "| network | params | MACs |\n|---|---|---|\n| lenet5 | 60,000 | 328,096 |\n| two | 20 | 22 |\n"
    sheets = read_answers(Source("answers", text))
    assert [(one.about, [answer.text for answer in one.answers]) for one in sheets] == [
        ("lenet5", ["60,000", "328,096"]),
        ("two", ["20", "22"]),
    ]


LONG = {
    "blanks": "a  b  c  d  e  f  g\n" * 2_000,
    "long lines": ("a  " * 600 + "\n") * 30,
    "bars": ("|" * 90 + "\n") * 500,
    "brackets": "x(y(z(\n" * 5_000,
    "modules": "Net(\n" * 5_000,
    "quantities": "x  y\nparams  3\n" * 2_000,
    "trees": ("│  " * 100 + "├─a\n") * 300,
    "heads of prints": "Layer (type)   Output Shape   Param #\n" * 3_000,
    "figures of modules": "Net(\n  #params: 1K, #flops: 2K\n" * 3_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_text_ends_soon(text: str) -> None:
    # Searched line by line: each of these took minutes where every line was compared with all lines below it.
    with contextlib.suppress(ArchcalcError):
        read_answers(Source("answers", text))
