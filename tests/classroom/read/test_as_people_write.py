"""Figures, tables and files as students write them: read as they are meant, or refused with what to do."""

from __future__ import annotations

import json
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest

from archcalc.classroom.read import read_answers
from archcalc.classroom.read.labels import quantity_and_unit
from archcalc.classroom.read.number import answer
from archcalc.classroom.read.source import read_submission
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import ArchcalcError, Source
from archcalc.language.printed import Figure, agreement

VOLUMES = [
    "55 x 55 x 96",
    "55X55X96",
    "[55X55X96]",
    "(55 X 55 X 96)",
    "H=55 X W=55 X D=96",
    "(55, 55, 96)",
    "55,55,96",
    "H=55,W=55,D=96",
    "W=55, H=55, C=96",
    "depth: 96; height: 55; width: 55",
    "55x55x96.",
    "`55x55x96`",
    "**55x55x96**",
    "_55x55x96_",
    "55x55x96[^1]",
    "[55x55x96](#derivation)",
    "~~54x54x96~~ 55x55x96",
    r"$55\times55\times96$",
    "55 by 55 by 96",
    "(None, 55, 55, 96)",
    "(?, 55, 55, 96)",
    "[N, 55, 55, 96]",
    "batch x 55 x 55 x 96",
    "(55,55,96) = 290400",
    "55x55x96 = 290,400",
    "55x55, 96 channels",
    "55x55 (96 filters)",
    "96x55x55 (CxHxW)",
    "55x55x96 (HWC)",
]


@pytest.mark.parametrize("text", VOLUMES)
def test_a_volume_is_read(text: str) -> None:
    assert answer("conv1", "output", text, 1).given == (55, 55, 96)


COUNTS = [
    ("34 944", 34944, 1),
    ("34\u00a0944", 34944, 1),
    ("34'944", 34944, 1),
    ("34’944", 34944, 1),
    ("34_944", 34944, 1),
    (r"34{,}944", 34944, 1),
    ("1.234.567", 1234567, 1),
    ("34.944,0", 34944, Fraction(1, 10)),
    ("34,9k", 34900, 100),
    ("0,035M", 35000, 1000),
    ("105,4", Fraction(1054, 10), Fraction(1, 10)),
    ("34,944", 34944, 1),
    ("3.49E+04", 34900, 100),
    ("3.4944e4", 34944, 1),
    ("1.2e6", 1200000, 100000),
    ("34,9 Tsd.", 34900, 100),
    ("4,5 Mio.", 4500000, 100000),
    (r"6\*6\*128", 4608, 1),
    ("34.9 × 10^3", 34900, 100),
    ("34.9x10^3", 34900, 100),
    ("about 35k", 35000, 1000),
    ("~35k", 35000, 1000),
    ("approx. 35k", 35000, 1000),
    ("34944 ✓", 34944, 1),
    ("34944†", 34944, 1),
    ("11x11x3x96", 34848, 1),
    ("11 X 11 X 3 X 96 = 34848", 34848, 1),
    ("F*F*D = (11*11*3)*96 = 34848", 34848, 1),
    ("11^2*3*96 + 96", 34944, 1),
    ("11²·3·96 + 96", 34944, 1),
    ("$11^{2} * 3 * 96 + 96$", 34944, 1),
    ("(5+6)**2*3*96+96", 34944, 1),
    ("34.9*10^3", 34900, 100),
    ("34,944 = 34,848 + 96", 34944, 1),
    ("35k = 34,848 + 96", 35000, 1000),
    ("34,944 (= 34,848 + 96)", 34944, 1),
    ("11*11*3*96 = 34,848 + 96", 34944, 1),
]


@pytest.mark.parametrize(("text", "value", "step"), COUNTS, ids=[row[0] for row in COUNTS])
def test_a_count_is_read(text: str, value: int, step: int) -> None:
    given = answer("conv1", "params", text, 1).given
    assert isinstance(given, Figure)
    assert (given.value, given.steps[0]) == (value, step)


UNREADABLE = [
    ("output", "H=55,W=55"),
    ("output", "H=55,H=55,D=96"),
    ("output", "conv=5 fc=6"),
    ("output", "54x54x96 or 55x55x96"),
    ("output", "55-55-96"),
    ("output", "512 512"),
    ("params", "H=55,W=55,D=96"),
    ("params", "34944; 34848"),
    ("params", "34848 or 34944"),
    ("params", "a=1, b=2"),
    ("params", "10 - 12"),
    ("params", "-34944"),
    ("params", "<35k"),
    ("params", "34 94"),
    ("params", "1e999"),
    ("params", "9**9**9"),
    ("params", "9^9^9"),
    ("params", "11^99"),
    ("params", "34,944 (including 96 biases)"),
]


@pytest.mark.parametrize(("quantity", "text"), UNREADABLE, ids=[row[1] for row in UNREADABLE])
def test_what_may_be_several_figures_or_none_is_not_guessed(quantity: str, text: str) -> None:
    found = answer("conv1", quantity, text, 1)
    assert found.given is None
    assert found.text == text
    assert found.why


@pytest.mark.parametrize("text", ["-", "N/A", "n/a", "none", "–", "--", "n.a."])
def test_a_word_for_nothing_is_no_figure_and_no_mistake(text: str) -> None:
    found = answer("pool1", "params", text, 1)
    assert (found.given, found.text, found.why) == (None, text, "")


def test_nothing_is_no_rounding_of_something() -> None:
    assert [agreement(text, 34944) for text in ("0M", "0.0G", "0", "0.03M")] == ["disagrees"] * 3 + [
        "rounded"
    ]
    assert agreement("0M", 0) == "exact"


HEADINGS = {
    "Output Shape": ("output", ""),
    "output dimensions": ("output", ""),
    "Activation shape": ("output", ""),
    "Activation Size": ("activations", ""),
    "# parameters": ("params", ""),
    "Param #": ("params", ""),
    "No. of params": ("params", ""),
    "params (million)": ("params", "million"),
    "Mult-Adds (M)": ("macs", "M"),
    "GMACs": ("macs", "G"),
    "GFLOPs": ("flops", "G"),
    "m-flops": ("flops", "M"),
    "FLOPs (G)": ("flops", "G"),
    "Receptive field size": ("receptive_field", ""),
    "GParams": ("", ""),
    "GFLOPs/s": ("", ""),
    "accuracy": ("", ""),
}


@pytest.mark.parametrize("heading", HEADINGS)
def test_what_a_heading_asks_for(heading: str) -> None:
    assert quantity_and_unit(heading) == HEADINGS[heading]


# --- tables ---------------------------------------------------------------------------------------------


def sheet(text: str) -> AnswerSheet:
    (found,) = read_answers(Source("answers", text))
    return found


def figures(found: AnswerSheet) -> dict[str, str]:
    return {f"{one.layer or 'total'} {one.quantity}": one.text for one in found.answers}


TABLES = {
    "title above": ("Name: Ada;;\nHomework 1;;\nlayer;output;params\nconv1;55x55x96;34944\n", "34944"),
    "sep=": ("sep=;\nlayer;output;params\nconv1;55x55x96;34944\n", "34944"),
    "empty columns": ("layer,output,params,,\nconv1,55x55x96,34944,,\n", "34944"),
    "empty cells behind": ("layer,output,params\nconv1,55x55x96,34944,,\n", "34944"),
    "index": (",layer,output,params\n0,conv1,55x55x96,34944\n", "34944"),
    "keras": ('Layer Name,Output Shape,Param #\nconv1,55x55x96,"34,944"\n', "34,944"),
    "unit of a column": ("layer,output (HxWxC),params (K)\nconv1,55x55x96,34.9\n", "34.9 K"),
    "unit in the cell too": ("layer,output,params (K)\nconv1,55x55x96,34.9K\n", "34.9K"),
    "decimal comma": ("layer;output;params (M)\nconv1;55x55x96;0,0349\n", "0,0349 M"),
    "markdown marks": (
        (
            "| Layer | Output | Params |\n|:--|:-:|--:|\n"
            "| [**conv1**](https://x.org) | _55x55x96_ | `34,944`[^1] |\n"
        ),
        "34,944",
    ),
    "latex": (
        (
            "\\begin{tabular}{l}\nLayer & Output & Params \\\\\n"
            "conv1 & $55x55x96$ & 34{,}944 \\\\\n\\end{tabular}\n"
        ),
        "34,944",
    ),
    "yaml with a unit": ("conv1:\n  output: 55x55x96\n  params (K): 34.9\n", "34.9 K"),
}


@pytest.mark.parametrize(("text", "params"), TABLES.values(), ids=TABLES)
def test_a_table_as_people_make_them(text: str, params: str) -> None:
    found = sheet(text)
    assert figures(found) == {"conv1 output": "55x55x96", "conv1 params": params}
    assert found.unread == ()
    assert all(one.given is not None for one in found.answers)


TOTALS = ["total", "TOTAL:", "**Total**", "Sum", "overall"]


@pytest.mark.parametrize("name", TOTALS)
def test_a_total_by_any_name(name: str) -> None:
    assert figures(sheet(f"| layer | params |\n|---|---|\n| {name} | 5 |\n")) == {"total params": "5"}
    assert figures(sheet(f"layer,params\n{name.strip('*')},5\n")) == {"total params": "5"}


TOLD = {
    "a row behind a blank line": (
        "layer | params\n---|---\nconv1 | 5\n\npool1 | 0\n",
        [(5, "this looks like an answer but is outside the table")],
    ),
    "a table of something else": (
        "| layer | params |\n|---|---|\n| conv1 | 5 |\n\n| colour | wheels |\n|---|---|\n| conv1 | 5 |\n",
        [(5, "this table is not read: it needs a column 'layer' and a column with a quantity")],
    ),
    "an answer in the text": (
        "| layer | params |\n|---|---|\n| conv1 | 5 |\n\nconv2: {output: 5x5x5}\n",
        [(5, "this looks like an answer but is outside the table")],
    ),
    "prose is none": (
        "| layer | params |\n|---|---|\n| conv1 | 5 |\n\n# HW 2\n\nIn 2 steps, as on page 5.\n",
        [],
    ),
    "a column without a heading": (
        "layer,output,,,params\nconv1,55,55,96,34944\n",
        [
            (1, "column 3 has no heading, so it is not read"),
            (1, "column 4 has no heading, so it is not read"),
        ],
    ),
    "a quote that does not close": (
        'layer,params\nconv1,5\nconv2,"6\nconv3,7\n',
        [(3, "this is not valid CSV; reading stops here: unexpected end of data")],
    ),
    "a note behind the rows": (
        "layer,params\nconv1,5\n* with biases\n",
        [(3, "1 cell for 2 columns (a number with commas needs quotes)")],
    ),
    "a remark on a column": (
        "layer,output,params (with biases)\nconv1,55x55x96,34944\n",
        [(1, "unknown quantity 'params (with biases)'")],
    ),
    "rows of LaTeX that are none": (
        "\\begin{tabular}{lr}\nlayer & params \\\\\nconv1 & 5 \\\\\n17 \\\\\n\\end{tabular}\n",
        [(4, "this line is between table rows but is not a row")],
    ),
}


@pytest.mark.parametrize(("text", "told"), TOLD.values(), ids=TOLD)
def test_nothing_that_may_be_an_answer_is_left_out_silently(text: str, told: list[tuple[int, str]]) -> None:
    assert [(one.line, one.why) for one in sheet(text).unread] == told


def test_two_lines_in_one_cell_are_two_things() -> None:
    found = sheet('layer,params\n"conv\n1",34944\nconv2,"614\n656"\n')
    assert [(one.line, one.given is None) for one in found.answers] == [(2, False), (4, True)]


def test_a_list_is_a_volume_only_where_there_are_volumes() -> None:
    found = sheet("conv1: {output: [55, 55, 96], params: [34944, 34848]}")
    assert [one.given for one in found.answers] == [(55, 55, 96), None]


def test_a_text_of_many_heads_takes_no_longer_for_each() -> None:
    with pytest.raises(ArchcalcError, match="no answers found"):
        read_answers(Source("answers", "| layer | params |\n|---|---|\n" * 10_000))


def test_more_answers_than_homework_has() -> None:
    with pytest.raises(ArchcalcError, match="more than 10,000 answers in one submission"):
        read_answers(Source("answers", "layer,params\n" + "conv1,5\n" * 10_001))


def test_a_worksheet_in_latex_is_handed_back() -> None:
    text = (
        "\\begin{tabular}{llr}\n\\toprule\nlayer & op & params \\\\\n\\midrule\nC1 & conv+tanh & 156 \\\\\n"
        "F6 & fc & \\underline{\\hspace{6em}} \\\\\n\\midrule\ntotal &  & \\underline{\\hspace{6em}} \\\\\n"
        "\\bottomrule\n\\end{tabular}\n}\\par}\n\nKey: lenet5\n"
    )
    found = sheet(text)
    assert figures(found) == {"C1 params": "156", "F6 params": "", "total params": ""}
    assert found.unread == ()


# --- files ----------------------------------------------------------------------------------------------

DOCUMENTS = {
    "hw.pdf": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
    "hw.rtf": (rb"{\rtf1\ansi conv1: params: 5}", "an RTF document"),
    "hw.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "an old Word or Excel document"),
    "hw.png": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "hw.yaml.gz": (b"\x1f\x8b\x08", "a compressed file"),
    "hw.xml": (b'<?xml version="1.0"?>\n<answers><conv1>34944</conv1></answers>', "XML"),
    "hw.ipynb": (
        json.dumps({"cells": [{"source": ["| layer | params |\n"]}]}, indent=1).encode()[:-3],
        "a damaged notebook",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_is_no_text_is_refused_with_what_to_do(name: str, tmp_path: Path) -> None:
    data, what = DOCUMENTS[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(
        ArchcalcError, match=f"this is {what}.*save the answers as CSV, Markdown, YAML or plain text"
    ):
        read_submission(str(tmp_path / name))


def test_a_zip_by_another_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "hw.yaml", "w") as archive:
        archive.writestr("hw.yaml", "conv1: {params: 34944}")
    with pytest.raises(ArchcalcError, match="a zip archive"):
        read_submission(str(tmp_path / "hw.yaml"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_texts_of_excel_and_windows(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "hw.txt").write_bytes("layer\tparams\r\nconv1\t34944\r\n".encode(encoding))
    (found,) = read_answers(read_submission(str(tmp_path / "hw.txt")))
    assert figures(found) == {"conv1 params": "34944"}


def test_damaged_utf16(tmp_path: Path) -> None:
    (tmp_path / "hw.txt").write_bytes(b"\xff\xfea")
    with pytest.raises(ArchcalcError, match="damaged UTF-16"):
        read_submission(str(tmp_path / "hw.txt"))
