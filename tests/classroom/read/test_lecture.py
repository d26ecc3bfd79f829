"""Lecture notation: what every form of a row says, and what is reported because it says nothing certain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from helpers.counted import Work, note, steps

import archcalc
from archcalc.classroom import read as answers
from archcalc.classroom.read.lecture import read, recognises
from archcalc.classroom.read.noise import MAX_WIDTH
from archcalc.classroom.submission import Answer, AnswerRow, AnswerSheet
from archcalc.errors import ArchcalcError, Source

Figures = Mapping[str, str]


def read_lecture(text: str, name: str) -> list[AnswerSheet]:
    return read(Source(name, text))


def sheet_of(text: str) -> AnswerSheet:
    (sheet,) = read_lecture(text, "notes.txt")
    return sheet


def row_of(line: str) -> AnswerRow:
    sheet = sheet_of(line)
    assert not sheet.unread
    (row,) = sheet.rows
    return row


def texts(answers: tuple[Answer, ...]) -> dict[str, str]:
    return {answer.quantity: answer.text for answer in answers}


def unread_of(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.text) for sheet in read_lecture(text, "notes.txt") for one in sheet.unread]


CONV1 = {"filters": 96, "kernel": (11, 11), "stride": 4, "pad": 0}
POOL1 = {"kernel": (3, 3), "stride": 2}
VGG = {"kernel": (3, 3), "filters": 64}
SAME = {"stride": 1, "pad": 1}

ROWS: list[tuple[str, str, str, Mapping[str, Any], Mapping[str, Any], Figures]] = [
    # line, name, op, options, implied, figures
    ("[227x227x3] INPUT", "INPUT", "input", {}, {}, {"output": "227x227x3"}),
    ("INPUT: [224x224x3]", "INPUT", "input", {}, {}, {"output": "224x224x3"}),
    ("Input: 227x227x3 images", "Input", "input", {}, {}, {"output": "227x227x3"}),
    ("[19x19x48] Input", "Input", "input", {}, {}, {"output": "19x19x48"}),
    ("input (224x224 RGB image)", "input", "input", {}, {}, {"output": "224x224 RGB"}),
    ("input (224 × 224 RGB image)", "input", "input", {}, {}, {"output": "224x224 RGB"}),
    (r"$(227 \times 227 \times 3) \rightarrow$ Input", "Input", "input", {}, {}, {"output": "227x227x3"}),
    (
        "INPUT: [224x224x3] memory: 224*224*3=150K params: 0 (not counting biases)",
        "INPUT", "input", {}, {}, {"output": "224x224x3", "activations": "224*224*3=150K", "params": "0"},
    ),
    ("[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0", "CONV1", "conv", CONV1, {},
     {"output": "55x55x96"}),
    ("[55x55x96] **CONV1**: 96 11x11 filters at stride 4, pad 0", "CONV1", "conv", CONV1, {},
     {"output": "55x55x96"}),
    ("- [55x55x96] CONV1: 96 11×11 filters at stride 4, pad 0", "CONV1", "conv", CONV1, {},
     {"output": "55x55x96"}),
    (
        r"(11 \times 11 \times 96) \rightarrow CONV 1 \rightarrow 96 11x11 filters at stride 4, pad 0",
        "CONV 1", "conv", CONV1, {}, {"output": "11x11x96"},
    ),
    (
        (r"$(9 \times 9 \times 8) \rightarrow \text{CONV}^3 \rightarrow 8 \text{ } "
        r"3 \times 3 \text{ filters}$"),
        "CONV3", "conv", {"filters": 8, "kernel": (3, 3)}, {}, {"output": "9x9x8"},
    ),
    (
        "First layer (CONV1): 96 11x11 filters applied at stride 4",
        "CONV1", "conv", {"filters": 96, "kernel": (11, 11), "stride": 4}, {"pad": 0}, {},
    ),
    ("After CONV1: 55x55x96", "CONV1", "conv", {}, {}, {"output": "55x55x96"}),
    (
        "CONV: 1 1x1 filter, stride 1, pad 0 => [19x19] (*probability map*)",
        "CONV", "conv", {"filters": 1, "kernel": (1, 1), "stride": 1, "pad": 0}, {}, {"output": "19x19"},
    ),
    ("conv3-64", "conv3-64", "conv", VGG, SAME, {}),
    ("conv1-256", "conv1-256", "conv", {"kernel": (1, 1), "filters": 256}, {"stride": 1, "pad": 0}, {}),
    ("CONV7x1-192", "CONV7x1-192", "conv", {"kernel": (7, 1), "filters": 192},
     {"stride": 1, "pad": (3, 0)}, {}),
    ("CONV2-8", "CONV2-8", "conv", {"kernel": (2, 2), "filters": 8}, {"stride": 1}, {}),
    ("3x3 conv, 64", "3x3 conv, 64", "conv", VGG, SAME, {}),
    (
        "CONV3-64: [224x224x64] memory: 224*224*64=3.2M params: (3*3*3)*64 = 1,728",
        "CONV3-64", "conv", VGG, SAME,
        {"output": "224x224x64", "activations": "224*224*64=3.2M", "params": "(3*3*3)*64 = 1,728"},
    ),
    (
        r"CONV3-64: [224x224x64] memory: $224*224*64=3.2\text{M}$ params: $(3*3*3)*64 = \mathbf{1,728}$",
        "CONV3-64", "conv", VGG, SAME,
        {"output": "224x224x64", "activations": "224*224*64=3.2M", "params": "(3*3*3)*64 = 1,728"},
    ),
    ("CONV3: memory: 254KB", "CONV3", "conv", {}, {}, {"activation_bytes": "254KB"}),
    ("[27x27x96] MAX POOL1: 3x3 filters at stride 2", "MAX POOL1", "maxpool", POOL1, {},
     {"output": "27x27x96"}),
    (
        r"$(27 \times 27 \times 96) \rightarrow$ MAX POOL 1 3×3 filters at stride 2",
        "MAX POOL 1", "maxpool", POOL1, {}, {"output": "27x27x96"},
    ),
    (
        r"$(13 \times 13 \times 256) \rightarrow \text{MAXPOOL}^2 \rightarrow 3 \times 3 \text{ stride } 2$",
        "MAXPOOL2", "maxpool", POOL1, {}, {"output": "13x13x256"},
    ),
    ("Second layer (POOL1): 3x3 filters applied at stride 2", "POOL1", "maxpool", POOL1,
     {"op": "maxpool"}, {}),
    ("[7x7x64] AVG POOL: 3x3 at stride 2", "AVG POOL", "avgpool", POOL1, {}, {"output": "7x7x64"}),
    ("[27x27x96] NORM1: Normalization layer", "NORM1", "lrn", {}, {}, {"output": "27x27x96"}),
    (r"$(\quad \quad) \rightarrow \text{NORM}^2$", "NORM2", "lrn", {}, {}, {"output": ""}),
    ("[4096] FC6: 4096 neurons", "FC6", "fc", {"units": 4096}, {}, {"output": "4096"}),
    ("[1000] FC8: 1000 neurons (class scores)", "FC8", "fc", {"units": 1000}, {}, {"output": "1000"}),
    (r"$(4096) \rightarrow \text{FC}^6$", "FC6", "fc", {}, {"units": 4096}, {"output": "4096"}),
    ("FC-4096", "FC-4096", "fc", {"units": 4096}, {}, {}),
    ("FC 4096", "FC 4096", "fc", {}, {"units": 4096}, {}),
    (
        "FC: [1x1x4096] memory: 4096 params: 7*7*512*4096 = 102,760,448 ←",
        "FC", "fc", {}, {"units": 4096},
        {"output": "1x1x4096", "activations": "4096", "params": "7*7*512*4096 = 102,760,448"},
    ),
    ("RBF: [1x1x10] params: 0", "RBF", "rbf", {}, {}, {"output": "1x1x10", "params": "0"}),
    # a worksheet that is not filled in
    ("[____] CONV1: 96 11x11 filters at stride 4, pad 0", "CONV1", "conv", CONV1, {}, {"output": ""}),
    (
        "CONV3-64: [ ] memory: ____ params: ?",
        "CONV3-64", "conv", VGG, SAME, {"output": "", "activations": "", "params": ""},
    ),
    # damaged, and what is left is as it stands
    ("[65x55x96] CONV1: 96 11x11 filters at stride 4, pad 0", "CONV1", "conv", CONV1, {},
     {"output": "65x55x96"}),
    ("[9x9x6] CONVS: 6 3x3 filters", "CONVS", "conv", {"filters": 6, "kernel": (3, 3)}, {},
     {"output": "9x9x6"}),
    ("[6x6x256] MAX POOLS3: 3x3 filters at stride 2", "MAX POOLS3", "maxpool", POOL1, {},
     {"output": "6x6x256"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "name", "op", "options", "implied", "figures"), ROWS, ids=[row[0][:50] for row in ROWS]
)
def test_a_row(
    line: str, name: str, op: str, options: Mapping[str, Any], implied: Mapping[str, Any], figures: Figures
) -> None:
    row = row_of(line)
    assert (row.name, row.op, row.options, row.implied) == (name, op, options, implied)
    assert texts(row.answers) == figures
    assert {answer.layer for answer in row.answers} <= {name}
    assert not any(answer.why for answer in row.answers)


def upper_case(line: str) -> str:
    return re.sub(r"(?<=[0-9)])(\s*)x(?=\s*[0-9(])", r"\1X", line)


WITH_TIMES = [row for row in ROWS if upper_case(row[0]) != row[0]]


@pytest.mark.parametrize("line", [row[0] for row in WITH_TIMES], ids=[row[0][:50] for row in WITH_TIMES])
def test_an_upper_case_x_between_figures_is_a_small_one(line: str) -> None:
    assert read_lecture(upper_case(line), "notes.txt") == read_lecture(line, "notes.txt")


def test_an_upper_case_x_under_the_headings_of_columns() -> None:
    columns = "A\tB\nconv3x3-64\tconv3x3-64\nmaxpool\n"
    assert read_lecture(upper_case(columns), "notes.txt") == read_lecture(columns, "notes.txt")


TOTALS = [
    ("TOTAL params: 138M parameters", {"params": "138M parameters"}),
    (
        "TOTAL params: 138.4M parameters (138.3M not counting biases)",
        {"params": "138.4M parameters", "weights": "138.3M"},
    ),
    (
        "TOTAL memory: 24M * 4 bytes ~= 96MB / image (only forward! ~*2 for bwd)",
        {"activations": "24M", "activation_bytes": "24M * 4 bytes ~= 96MB"},
    ),
    (
        r"TOTAL memory: $24\text{M} * 4 \text{ bytes} \sim 93\text{MB} / \text{image}$ (for a forward pass)",
        {"activations": "24M", "activation_bytes": "24M * 4 bytes ~= 93MB"},
    ),
    ("TOTAL params: ____", {"params": ""}),
    ("TOTAL memory: 96MB", {"activation_bytes": "96MB"}),
    ("TOTAL memory: 24M", {"activations": "24M"}),
    ("Total MACs: 15.5G", {"macs": "15.5G"}),
    ("16 weight layers", {"depth": "16"}),
]


@pytest.mark.parametrize(("line", "figures"), TOTALS)
def test_a_total(line: str, figures: Figures) -> None:
    sheet = sheet_of(line)
    assert (texts(sheet.answers), sheet.rows, sheet.unread) == (figures, (), ())
    assert not any(answer.why or answer.layer for answer in sheet.answers)


DAMAGED = [
    # line, what is read of it, what is reported, what is repaired
    ('[4096] ¢ 4096 neurons', ["output"], ["¢"], []),
    ("[4096] 7 4096 neurons", ["output"], ["7"], []),
    ("[1000] © % 1000 neurons (class scores)", ["output"], ["© %"], []),
    ('CONV3-64: [4x4x64] memory: 4*4*64=1K "pa ~3=3764)*64 = 36,864', ["output", "activations"],
     ['"pa ~3=3764)*64 = 36,864'], []),
    ("FC: [1x1x4096] memory: 4096 params: 4096*4096 = 16,777,216 <4",
     ["output", "activations", "params"], ["<4"], []),
    ('CONV3-64: [4x4x64] _params: (3*3*3)"64 = 1,728', ["output", "params"], [], ["_params:", '(3*3*3)"64']),
    ("POOL2: [28x28x256] memory: 28°28“256=200K", ["output", "activations"], [], ["28°28“256=200K"]),
    ("[55x55x96] CONV1: 96 11x11 filters at stride 4, pod 0", ["output"], ["pod 0"], []),
    ("[55x55x96] CONV1: 96 11x11 filters 4 neurons", ["output"], ["4 neurons"], []),
    ("[6x6x256] POOL5: 96 3x3 filters at stride 2", ["output"], ["96"], []),
    (r'(") \rightarrow NORM 1 \leftarrow Not common anymore', [], ['(")'], []),
]  # fmt: skip


@pytest.mark.parametrize(("line", "read", "reported", "repaired"), DAMAGED)
def test_a_damaged_row_keeps_what_can_be_read(
    line: str, read: list[str], reported: list[str], repaired: list[str]
) -> None:
    sheet = sheet_of(f"[9x9x9] INPUT\n\n{line}")
    assert [answer.quantity for answer in sheet.rows[1].answers] == read
    assert [(one.line, one.text) for one in sheet.unread] == [(3, text) for text in reported]
    assert [(one.line, one.text) for one in sheet.repairs] == [(3, text) for text in repaired]
    assert all(answer.given is not None for answer in sheet.rows[1].answers)


def test_what_should_be_a_figure_says_why_it_is_none() -> None:
    answer = row_of("CONV3-64: [4x4x64] params: ~3=3764)*64").answers[1]
    assert (answer.quantity, answer.given) == ("params", None)
    assert "is not a number or volume" in answer.why


REFUSED = [
    "conv3-o4d",
    "convi-64",
    "conv1l-256",
    "[13x13x384] C0NV3: 384 3x3 filters at stride 1, pad 1",
    "C0NV3-64: [224x224x64] memory: 224*224*64=3.2M",
    "CONV1: change from (11x11 stride 4) to (7x7 stride 2)",
    "CONV3,4,5: instead of 384, 384, 256 filters use 512, 1024, 512",
    "CONV2..900: 192 3x3 filters, stride 1",
    "CONV5..2: 192 3x3 filters, stride 1",
    "[55x55x48] x 2",
    "— C3: f. maps 16@10x10",
    "Input[Input] --> C1[3x3 conv, 64]",
    "(6x6x256x4096) } -> 4096 neurons",
    "} -> 1000 neurons <- softmax",
    "[1x1 conv, 128] 28x28x128x1x1x256",
    "28x28x(128 + 192 + 96 + 256) = 28x28x672",
    "Total: 854M ops",
    "Only 3x3 CONV stride 1, pad 1",
    "conv3-64 conv3-64",
    "conv3-64\tconv3-64",
    "memory: 224*224*64=3.2M",
    "Output volume: 27x27x96",
    "mput (224 = 224 RGB image) 3x3 conv",
]


@pytest.mark.parametrize("line", REFUSED)
def test_what_looks_like_a_row_is_reported(line: str) -> None:
    assert unread_of(line) == [(1, " ".join(line.split()))]
    assert (
        unread_of(f"[9x9x9] INPUT\n{line}\n[9x9x9] NORM1") == [(2, " ".join(line.split()))]
        or "volume" in line
    )


PROSE = [
    "Case Study: Net",
    "[Somebody et al. 2012]",
    "Hint: (227-11)/4+1 = 55",
    "- batch size 128",
    "- dropout 0.5",
    "7.3% top 5 error",
    "FC7 features",
    "[12] Dropout: a simple way",
    "[3] Conv",
    "Pool",
    "1000x1000 image",
    "=>",
    "...",
    "■ ■ ■",
    "a 19x19x48 stack and " + "more words " * 20,
]


def test_prose_is_no_row_and_not_reported() -> None:
    assert not read_lecture("\n".join(PROSE), "notes.txt")
    around = "\n".join([*PROSE, "[9x9x9] INPUT", "[9x9x9] NORM1", *PROSE])
    assert unread_of(around) == []


def test_between_rows_nothing_passes_silently() -> None:
    assert unread_of("[9x9x9] INPUT\n=>\nKA\n\n[9x9x9] NORM1\nKA") == [(3, "KA")]


SHEETS = [
    ("a table after a table", "[9x9x9] INPUT\n[9x9x9] NORM1\n[9x9x9] INPUT\n[9x9x9] NORM1", [2, 2]),
    ("a new table after the totals", "CONV3-64\nTOTAL params: 1M\nCONV3-64", [1, 1]),
    ("totals above", "TOTAL params: 1M\nINPUT: [9x9x9]\nCONV3-64", [2]),
    ("a slide of one layer", "Input: 9x9x3 images\nAfter CONV1: 9x9x4\nAfter POOL1: 4x4x4", [3]),
    ("the same layer again",
     "Input: 9x9x3 image\nAfter CONV1: 9x9x4\nA\nAfter CONV1: 9x9x4\nAfter FC2: 1x1x4", [2, 2]),
    ("the end of a table again", "CONV3-64\nFC-10\nNote\nCONV3-64\nFC-10", [2, 2]),
    ("squeeze and excitation", "CONV3-64\nFC-4\nFC-64\nCONV3-64", [4]),
    ("prose ends a table", "CONV3-64\na\nb\nc\nd\ne\nCONV3-64", [1, 1]),
    ("a range of layers", "[9x9x9] INPUT\nCONV2..12: 192 3x3 filters, stride 1, pad 1", [12]),
    ("names alone", "CONV1\n\nMax POOL1\n\nFC6", [3]),
    ("too few names alone", "CONV1\n\nPool", []),
    ("a list", "- Input\n- 3x3 conv, 64\n- Pool\n- FC 1000\n- Softmax", [5]),
    ("a column", "16 weight layers\nconv3-64\nmaxpool\nFC-10\nsoft-max", [4]),
    ("two columns below each other", "11 weight layers\nconv3-64\n13 weight layers\nconv3-64\nconv3-64",
     [1, 2]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), [case[1:] for case in SHEETS], ids=[case[0] for case in SHEETS])
def test_where_a_sheet_begins(text: str, rows: list[int]) -> None:
    assert [len(sheet.rows) for sheet in read_lecture(text, "notes.txt")] == rows


def test_what_belongs_to_the_row_above() -> None:
    sheet = sheet_of(
        "Second layer (POOL1): 3x3 filters at stride 2\n\nOutput volume **[27x27x96]**\n\nParameters: 0!"
    )
    assert texts(sheet.rows[0].answers) == {"output": "27x27x96", "params": "0!"}
    assert {answer.layer for answer in sheet.rows[0].answers} == {"POOL1"}


def test_a_number_of_a_pool_is_its_size_beside_sized_names_only() -> None:
    sized = sheet_of("CONV3-64: [8x8x64]\nPOOL2: [4x4x64]\nPOOL3: [2x2x64]").rows
    assert [(row.options, row.implied) for row in sized[1:]] == [
        ({"kernel": (2, 2)}, {"op": "maxpool", "stride": 2}),
        ({"kernel": (3, 3)}, {"op": "maxpool"}),
    ]
    assert sheet_of("CONV1: [8x8x64]\nPOOL2: [4x4x64]").rows[1].options == {}


def test_biases_are_counted_unless_the_sheet_says_not() -> None:
    first, second = read_lecture(
        "INPUT: [8x8x3] params: 0 (not counting biases)\nINPUT: [8x8x3] params: 0", "notes.txt"
    )
    assert (first.biases, second.biases) == (False, True)


def test_every_range_of_layers_has_its_names() -> None:
    rows = sheet_of("CONV2..4: 192 3x3 filters, stride 1, pad 1 => [19x19x192]").rows
    assert [row.name for row in rows] == ["CONV2", "CONV3", "CONV4"]
    assert [row.answers[0].layer for row in rows] == ["CONV2", "CONV3", "CONV4"]


COLUMNS = [
    # text, rows of each column by its heading, what is reported once for each column
    ("A\tB\n8 weight layers\t9 weight layers\nconv3-64\tconv3-64 LRN\nmaxpool\t\nsoft-max",
     {"A": 3, "B": 4}, []),
    ("A\tB\nconv3-64\tconv3-64 LRN\n\tconv1-64\nFC-10", {"A": 2, "B": 4}, []),
    ("| D | E |\n|---|---|\n| conv3-64 | conv3-64 |\n| maxpool | |", {"D": 2, "E": 2}, []),
    ("A B\n1 weight | 2 weight\nlayers layers\nconv3-64 conv3-64\nFC-10", {"A": 2, "B": 2}, []),
    ("A\tB\nconv3-64\tconv3-64\nconv3-64\nFC-10", {"A": 2, "B": 2}, ["conv3-64"]),
    ("A\tB\tC\nconv3-6\tconv3-6\tconv3-6\nLRN | LRN\nFC-10", {"A": 2, "B": 2, "C": 2}, ["LRN | LRN"]),
    ("A\tB\nconv3-64\tconv3-64\nKA\nFC-10", {"A": 2, "B": 2}, ["KA"]),
    ("A\tB\nconv3-64\tconv3-64\n\nD\tE\nconv3-64\tconv3-64", {"A": 1, "B": 1, "D": 1, "E": 1}, []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows", "reported"), COLUMNS)
def test_columns(text: str, rows: dict[str, int], reported: list[str]) -> None:
    sheets = read_lecture(text, "notes.txt")
    assert {sheet.title: len(sheet.rows) for sheet in sheets} == rows
    assert all([one.text for one in sheet.unread] == reported for sheet in sheets)


def test_columns_after_a_row_with_too_few_cells_are_incomplete() -> None:
    text = "A\tB\nconv3-64\tconv3-64\nconv3-64\nmaxpool\nconv3-64\nFC-10"
    for sheet in read_lecture(text, "notes.txt"):
        assert [(one.line, one.why) for one in sheet.unread] == [
            (3, "1 cell for 2 columns: it is unclear which; all columns are incomplete from here on"),
            (5, "1 cell for 2 columns: it is unclear which"),
        ]


def test_a_damaged_cell_concerns_its_column_alone() -> None:
    one, other = read_lecture(
        "A\tB\nIl weight layers\t11 weight layers\n13 weight\t13 weight\nconv3-o4d\tconv3-64", "n"
    )
    assert [unread.text for unread in one.unread] == ["Il weight layers", "conv3-o4d"]
    assert not other.unread


MILLIONS = (
    "A\tB\tC\nconv3-64\tconv3-64\tconv3-64\nTable 2: **Number of parameters** {}.\n\n"
    "Network\t{}\nNumber of parameters\t133\t134"
)


@pytest.mark.parametrize(
    ("caption", "heads", "read", "reported"),
    [
        ("(in millions)", "A,B\tC", [["133 million"], ["133 million"], ["134 million"]], []),
        ("", "A,B\tC", [[], [], []], ["it is unclear whether these are millions"]),
        ("(in millions)", "A,B\tD", [[], [], []], ["the table above does not have exactly these columns"]),
        ("(in millions)", "A\tB\tC", [[], [], []], ["the table above does not have exactly these columns"]),
    ],
)
def test_numbers_of_parameters_of_columns(
    caption: str, heads: str, read: list[list[str]], reported: list[str]
) -> None:
    sheets = read_lecture(MILLIONS.format(caption, heads), "notes.txt")
    assert [[answer.text for answer in sheet.answers] for sheet in sheets] == read
    assert [one.why for sheet in sheets for one in sheet.unread] == reported


GAP = "A\tB\n11 weight layers\t13 weight layers\nconv3-64\tconv3-64\n{}conv3-128\tconv3-128\n"


@pytest.mark.parametrize(("lines", "rows"), [(0, 2), (3, 2), (4, 1)])
def test_what_stands_between_rows_of_columns_is_reported_and_too_much_ends_them(
    lines: int, rows: int
) -> None:
    first, second, *_ = read_lecture(GAP.format("two words\n" * lines), "notes.txt")
    assert len(first.rows) == len(second.rows) == rows
    assert [one.text for one in first.unread] == (["two words"] * lines if rows == 2 else [])


def test_a_number_behind_fc_is_its_size_only_where_it_is_as_large_as_one() -> None:
    sheet = sheet_of("maxpool\nFC 6\nFC 7\nFC 4096")
    assert [row.implied for row in sheet.rows[1:]] == [{}, {}, {"units": 4096}]


def test_a_table_of_params_without_its_numbers_is_none() -> None:
    assert unread_of("Network\tA,B\tC\n\nconv3-64") == []


def test_headings_without_a_row_below_make_no_sheet() -> None:
    assert read_lecture("two words\nII woeight | 11 weight | 13 weight\nand prose", "notes.txt") == []


LOOKS = [
    ("[227x227x3] INPUT", True),
    ("prose\n\nCONV3-64: [224x224x64] memory: 224*224*64=3.2M", True),
    ("conv3-64\nmaxpool", True),
    ("A\tB\n11 weight layers\t13 weight layers", True),
    ("First layer (CONV1): 96 11x11 filters applied at stride 4", True),
    ("TOTAL params: 138M", False),
    ("conv1: {output: 55x55x96, params: 35K}", False),
    ("conv1:\n  output: 55x55x96\n  params: 34848", False),
    ("fc6: [4096]", False),
    ("layer,output,params\nconv1,55x55x96,34848", False),
    ("layer\tkind\nconv1\tconv", False),
    ("| layer | params |\n|---|---|\n| conv1 | 34,848 |", False),
    ('{"conv1": {"params": 34848}}', False),
    ("", False),
]


@pytest.mark.parametrize(("text", "looks"), LOOKS)
def test_lecture_notation_is_told_from_other_formats(text: str, looks: bool) -> None:
    assert recognises(text) is looks


OWN = [
    *("vgg16", "vgg11-lrn", "alexnet", "zfnet", "lenet5", "lenet-caffe", "alphago-policy", "googlenet"),
    *("resnet50", "se-resnet50", "inception-v3", "densenet121", "xception", "neocognitron"),
    "locally-connected-1000",
]


@pytest.mark.parametrize("name", OWN)
def test_what_we_print_ourselves_is_read_whole(name: str) -> None:
    text = archcalc.analyze(name).render("cs231n")
    sheet = sheet_of(text)
    printed = [line for line in text.splitlines() if line and not line.startswith("TOTAL")]
    assert recognises(text)
    assert (sheet.unread, sheet.repairs) == ((), ())
    assert [row.name for row in sheet.rows] == [line.split(":")[0] for line in printed]
    for row, line in zip(sheet.rows, printed, strict=True):
        assert list(texts(row.answers)) == ["output", "activations", "params"]
        assert all(answer.given is not None and answer.text in line for answer in row.answers)
    assert list(texts(sheet.answers)) == ["activations", "activation_bytes", "params", "weights"]


def test_numbers_of_parameters_below_another_table() -> None:
    columns, table2 = MILLIONS.format("(in millions)", "A,B\tC").split("\nTable")
    *first, last = read_lecture(f"{columns}\nINPUT: [9x9x9]\nTable{table2}", "notes.txt")
    assert [len(sheet.answers) for sheet in first] == [1, 1, 1]
    assert last.answers == ()


@pytest.mark.slow
def test_too_many_rows_and_lines() -> None:
    with pytest.raises(ArchcalcError, match=r"notes.txt: more than 10,000 rows"):
        read_lecture("[9x9x9] NORM1\n" * 10_001, "notes.txt")
    with pytest.raises(ArchcalcError, match=r"notes.txt: more than 100,000 lines"):
        read_lecture("\n" * 100_001, "notes.txt")


def work_of(text: str) -> Work:
    """What is done to read a text, counted; no pattern is given more of it than a line that is read."""
    with pytest.MonkeyPatch.context() as patch:
        work = note(patch, answers)

        def read() -> None:
            recognises(text)
            read_lecture(text, "notes.txt")

        work.steps = steps(read)
    assert work.lines > 0
    assert work.widest <= MAX_WIDTH
    return work


def test_work_is_counted() -> None:
    """Patterns and lines are seen, or the tests below would compare nothing with nothing."""
    work = work_of("[227x227x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0\n")
    assert work.steps > 100
    assert work.lines >= 2
    assert work.characters > 1000
    assert work.widest >= 50


HOSTILE = [
    *(
        "x",
        "1",
        "(",
        "[1x",
        "\\text{",
        '1"',
        "memory:",
        "1*",
        "1 =",
        "$",
        "**",
        "a^{",
        "<-",
        "->",
        "conv ",
        "(a,",
    ),
    *("only forward(", "1 x ", "total ", "stride ", "L1 ", "\t", "| "),
]


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("before", ["", "CONV1: memory: 1"])
def test_hostile_text_takes_no_longer_than_its_length(piece: str, before: str) -> None:
    line = before + piece * (980 // len(piece))
    for half, whole in (
        (piece * (500_000 // len(piece)), piece * (1_000_000 // len(piece))),
        (f"{line}\n" * 20, f"{line}\n" * 40),
        (f"{piece}\n" * 500, f"{piece}\n" * 1000),
    ):
        assert work_of(whole).at_most(2.1, work_of(half), slack=1000)


MANY = "\t".join(["A"] * 50)
CELLS = "\t".join(["conv3-64"] * 50)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("[9x9x9] INPUT\n", "Output volume: 9x9x9\n"),
        (f"{MANY}\n{CELLS}\n", "LRN | LRN\n"),
        (f"{MANY}\n{CELLS}\n", "conv3-64\n"),
        (f"{MANY}\n", "x\n"),
        ("", "ConvNet Configuration\n"),
        ("", "Pool\nx\n"),
    ],
    ids=["parts", "too few cells", "single cells", "no body", "captions", "names apart"],
)
def test_many_lines_take_no_longer_than_their_number(head: str, line: str) -> None:
    assert work_of(head + line * 3000).at_most(2.1, work_of(head + line * 1500), slack=1000)


@pytest.mark.slow
def test_too_many_rows_of_columns() -> None:
    with pytest.raises(ArchcalcError, match="more than 10,000 rows"):
        read_lecture(f"{MANY}\n" + f"{CELLS}\n" * 20_000, "notes.txt")


def test_control_characters_reach_no_message() -> None:
    text = (
        "A\x1b\tB\n8 weight layers\t8 weight layers\nconv3\x1b\tconv3-64\n"
        "[9x\x1b9] CONV1\nCONV1: params: 1\x1b2"
    )
    for sheet in read_lecture(text, "notes.txt"):
        said = [sheet.title, *(row.name for row in sheet.rows)]
        said += [word for one in (*sheet.unread, *sheet.repairs) for word in (one.text, one.why)]
        said += [word for answer in sheet.figures() for word in (answer.text, answer.why)]
        assert all(word.isprintable() for word in said)
