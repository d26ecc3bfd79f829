"""Tables of five lectures as they were printed, with their mistakes of OCR.

``lectures/`` holds rows and figures only.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import archcalc
from archcalc.classroom.read.lecture import read as read_source
from archcalc.classroom.read.lecture import recognises
from archcalc.classroom.submission import Answer, AnswerRow, AnswerSheet
from archcalc.errors import Source
from archcalc.language.printed import figure_agreement
from archcalc.results import Analysis

FOLDER = Path(__file__).parent / "lectures"


def read(name: str) -> list[AnswerSheet]:
    return read_source(Source(name, (FOLDER / f"{name}.txt").read_text(encoding="utf-8")))


def unread(sheet: AnswerSheet) -> list[tuple[int, str]]:
    return [(one.line, one.text) for one in sheet.unread]


# fixture, and of each sheet: heading, rows, figures, what is not read
READ: list[tuple[str, list[tuple[str, int, int, list[tuple[int, str]]]]]] = [
    ("alexnet", [("", 14, 14, [])]),
    ("alexnet-ocr", [("", 14, 14, [(14, "¢"), (16, "7"), (18, "© %")])]),
    ("alexnet-names", [("", 13, 0, [])]),
    ("alexnet-slides", [("", 2, 3, []), ("", 2, 1, []), ("", 3, 4, []), ("", 3, 3, [])]),
    (
        "alexnet-handwritten",
        [
            (
                "",
                14,
                13,
                [
                    (7, '(")'),
                    (22, r"$(6 \times 6 \times 256 \times 4096)$ } $\rightarrow 4096 \text{ neurons}$"),
                    (23, r"} $\rightarrow 4096 \text{ neurons}$"),
                    (24, r"} $\rightarrow 1000 \text{ neurons} \leftarrow \text{softmax}$"),
                    (27, "L1 L2 L3 L4 L5 L6 L7 L8"),
                    (28, r"35k 307k 884k 663k 442k 37M 16M 4M \rightarrow 60M"),
                ],
            )
        ],
    ),
    ("alphago", [("", 14, 14, [])]),
    ("vgg16", [("", 22, 69, [])]),
    ("vgg16-93mb", [("", 22, 69, [])]),
    ("vgg16-excerpt", [("", 5, 18, [])]),
    ("vgg16-list", [("", 19, 0, [])]),
    ("vgg16-ocr", [("", 22, 68, [(5, '"pa ~3=3764)*64 = 36,864'), (8, "KA"), (30, "T"), (32, "<4")])]),
    (
        "vgg-columns",
        [
            ("A", 18, 3, []),
            ("A-LRN", 19, 3, []),
            ("B", 20, 3, []),
            ("C", 23, 3, []),
            ("D", 23, 3, []),
            ("E", 26, 3, []),
        ],
    ),
    (
        "vgg-columns-cut",
        [
            ("B", 19, 1, [(2, ", ".join(["19", *["co"] * 13])), (4, "put (224 × 224 RGB image)")]),
            ("C", 22, 1, [(4, "put (224 × 224 RGB image)")]),
            ("D", 22, 1, [(4, "put (224 × 224 RGB image)")]),
        ],
    ),
]


@pytest.mark.parametrize(("name", "sheets"), READ, ids=[case[0] for case in READ])
def test_what_is_read_of_a_table(
    name: str, sheets: list[tuple[str, int, int, list[tuple[int, str]]]]
) -> None:
    assert recognises((FOLDER / f"{name}.txt").read_text(encoding="utf-8")) is (name != "alexnet-names")
    found = [(sheet.title, len(sheet.rows), len(sheet.figures()), unread(sheet)) for sheet in read(name)]
    assert found == sheets


def test_every_fixture_is_read_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {case[0] for case in READ} | {"vgg-columns-ocr"}


MISSING = [  # lines of the damaged table with fewer cells than columns
    (9, "LRN conv3-o4d conv3-64 conv3-64 conv3-64"),
    (13, "conv3-128 | conv3-128 | conv3-128 | conv3-128"),
    (18, "conv1l-256 | conv3-256 | conv3-256"),
    (19, "conv3-256"),
    (24, "convl-512 | conv3-512 | conv3-512"),
    (25, "conv3-512"),
    (30, "convl-512 | conv3-512 | conv3-512"),
    (31, "conv3-512"),
]


@pytest.mark.parametrize(
    ("title", "rows", "depth", "own"),
    [
        ("A", 16, [], [(4, "Il weight"), (8, "convi-64")]),
        ("A-LEN", 15, ["11"], [(8, "conv3i-64"), (29, "conv3i-512")]),
        ("B", 17, ["13"], []),
        ("C", 17, ["16"], []),
        ("D", 17, ["16"], []),
        ("E", 16, ["19"], [(8, "conv3i-64")]),
    ],
)
def test_damaged_columns(title: str, rows: int, depth: list[str], own: list[tuple[int, str]]) -> None:
    (sheet,) = (sheet for sheet in read("vgg-columns-ocr") if sheet.title == title)
    assert (len(sheet.rows), [answer.text for answer in sheet.answers]) == (rows, depth)
    assert unread(sheet) == sorted([(6, "mput (224 = 224 RGB image)"), *MISSING, *own])


def test_damaged_numbers_stand_as_they_are_printed() -> None:
    filters = [
        row.options["filters"] for sheet in read("vgg-columns-ocr") for row in sheet.rows if row.op == "conv"
    ]
    assert {312, 5312} <= set(filters)
    assert read("alexnet-ocr")[0].rows[1].answers[0].given == (65, 55, 96)


def test_damaged_signs_are_repaired_and_told() -> None:
    (sheet,) = read("vgg16-ocr")
    assert [(one.line, one.why) for one in sheet.repairs] == [
        (3, "'_params:' read as params:"),
        (3, "'(3*3*3)\"64' read as (3*3*3)*64"),
        (15, "'56°56*256=800K' read as 56*56*256=800K"),
        (17, "'56°56*256=800K' read as 56*56*256=800K"),
        (18, "'28°28*256=200K' read as 28*28*256=200K"),
        (21, "'28°28\"512=400K' read as 28*28*512=400K"),
        (21, "'(3*3\"512)*512' read as (3*3*512)*512"),
        (22, "'28°28\"512=400K' read as 28*28*512=400K"),
    ]


def figures_of(analysis: Analysis) -> list[dict[str, object]]:
    """What archcalc computes for every row that the slides have."""
    rows: list[dict[str, object]] = [{"output": analysis.input, "params": 0, "activations": 224 * 224 * 3}]
    for layer in analysis.layers:
        if layer.slide_activations:
            rows.append(
                {"output": layer.output, "params": layer.weights, "activations": layer.slide_activations}
            )
    return rows


@pytest.mark.parametrize(
    ("fixture", "network", "wrong"),
    [
        ("vgg16", "vgg16", 0),
        ("vgg16-93mb", "vgg16", 0),
        ("vgg16-ocr", "vgg16", 0),
        ("alexnet", "alexnet", 0),
        ("alexnet-ocr", "alexnet", 1),  # [65x55x96]
    ],
)
def test_every_figure_of_a_slide_is_that_of_its_network(fixture: str, network: str, wrong: int) -> None:
    (sheet,) = read(fixture)
    computed = figures_of(archcalc.analyze(network))
    assert len(sheet.rows) == len(computed)
    judged = [
        figure_agreement(answer.given, figures[answer.quantity])  # type: ignore[arg-type]
        for row, figures in zip(sheet.rows, computed, strict=True)
        for answer in row.answers
    ]
    assert judged.count("disagrees") == wrong


def ops_of(rows: tuple[AnswerRow, ...]) -> list[tuple[str, object, object]]:
    return [
        (row.op, row.options.get("filters", row.options.get("units")), row.options.get("kernel"))
        for row in rows
        if row.op in ("conv", "fc")
    ]


@pytest.mark.parametrize(
    ("title", "network"),
    [
        ("A", "vgg11"),
        ("A-LRN", "vgg11-lrn"),
        ("B", "vgg13"),
        ("C", "vgg16-c"),
        ("D", "vgg16"),
        ("E", "vgg19"),
    ],
)
def test_every_column_is_its_network(title: str, network: str) -> None:
    (sheet,) = (sheet for sheet in read("vgg-columns") if sheet.title == title)
    analysis = archcalc.analyze(network)
    layers = [layer for layer in analysis.layers if layer.op in ("conv", "fc")]
    kernels = [layer.options.get("kernel") for layer in layers]
    expected = [
        (layer.op, layer.output[-1], tuple(kernel) if isinstance(kernel, list) else None)
        for layer, kernel in zip(layers, kernels, strict=True)
    ]
    assert ops_of(sheet.rows) == expected
    depth, params = sheet.answers
    assert figure_agreement(depth.given, analysis.totals.depth) == "exact"  # type: ignore[arg-type]
    assert figure_agreement(params.given, analysis.totals.params) != "disagrees"  # type: ignore[arg-type]


def test_a_place_left_empty_is_an_empty_answer() -> None:
    (sheet,) = read("alexnet-handwritten")
    assert sheet.rows[6].answers == (Answer("NORM2", "output", "", 13, None),)
