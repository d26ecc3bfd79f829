"""The same answers in every format, recognised by its content; what each format refuses, and where."""

from __future__ import annotations

import json

import pytest

from archcalc.classroom.read import read_answers
from archcalc.classroom.submission import Answer, AnswerSheet
from archcalc.errors import ArchcalcError, Source
from archcalc.language.printed import read_figure

ANSWERS = {
    "conv1": {"output": "55x55x96", "params": "34,944", "macs": "105M"},
    "fc6": {"output": "4096", "params": "____", "macs": "37.7M"},
}


def as_yaml() -> str:
    return "\n".join(
        f"{layer}:\n" + "\n".join(f"  {name}: {text}" for name, text in row.items())
        for layer, row in ANSWERS.items()
    )


def as_flow() -> str:
    return "\n".join(f"{layer}: {json.dumps(row)}" for layer, row in ANSWERS.items())


def as_records() -> str:
    return json.dumps({"layers": [{"name": layer, **row} for layer, row in ANSWERS.items()]}, indent=1)


def as_csv(comma: str = ",") -> str:
    rows = [
        ["layer", "output", "params", "macs"],
        *([layer, *row.values()] for layer, row in ANSWERS.items()),
    ]
    return "\n".join(comma.join(f'"{cell}"' for cell in row) for row in rows)


def as_markdown() -> str:
    rows = "\n".join(f"| **{layer}** | {' | '.join(row.values())} |" for layer, row in ANSWERS.items())
    head = "| Layer | Output volume | # params | MACs |\n|---|---|--:|--:|"
    return f"# Homework\n\nBy me.\n\n{head}\n{rows}\n\nThe end: | is a pipe.\n"


FORMATS = {
    "yaml": as_yaml(),
    "yaml flow": as_flow(),
    "json": json.dumps(ANSWERS),
    "json indented": json.dumps(ANSWERS, indent=2),
    "json records": as_records(),
    "csv": as_csv(),
    "csv semicolons": as_csv(";"),
    "tsv": as_csv("\t"),
    "markdown": as_markdown(),
    "markdown, windows": as_markdown().replace("\n", "\r\n"),
}


def sheet(text: str) -> AnswerSheet:
    (found,) = read_answers(Source("answers", text))
    return found


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
def test_the_same_answers_in_every_format(text: str) -> None:
    found = sheet(text)
    assert found.unread == ()
    assert found.rows == ()
    answers = {(one.layer, one.quantity): one for one in found.answers}
    assert set(answers) == {(layer, name) for layer, row in ANSWERS.items() for name in row}
    for (layer, name), answer in answers.items():
        written = ANSWERS[layer][name]
        assert answer.given == (None if "_" in written else read_figure(written))
        assert (answer.text, answer.why) == ("" if "_" in written else written, "")


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
def test_an_answer_knows_its_line(text: str) -> None:
    lines = text.replace("\r", "").split("\n")
    for answer in sheet(text).answers:
        assert answer.text in lines[answer.line - 1]


@pytest.mark.parametrize(
    "text",
    [
        "total: {params: 138M}",
        "params: 138M",
        '{"totals": {"params": "138M"}}',
        "layer,params\ntotal,138M",
        "| layer | params |\n|--|--|\n| **total** | 138M |",
    ],
)
def test_a_total_belongs_to_no_layer(text: str) -> None:
    (answer,) = sheet(text).answers
    assert (answer.layer, answer.quantity, answer.text) == ("", "params", "138M")


@pytest.mark.parametrize("null", ["null", "~", ""])
def test_a_null_is_a_missing_answer(null: str) -> None:
    (answer,) = sheet(f"conv1: {{params: {null}}}").answers
    assert (answer.text, answer.given, answer.why) == ("", None, "")


def test_a_null_in_quotes_is_a_word() -> None:
    (answer,) = sheet('conv1: {params: "null"}').answers
    assert "is not a number or volume" in answer.why


UNREAD = [
    (
        "layer,output,params\nconv1,55x55x96,34,944",
        2,
        "4 cells for 3 columns (a number with commas needs quotes)",
    ),
    ("layer,output,prams\nconv1,55x55x96,1", 1, "unknown quantity 'prams' (did you mean 'params'?)"),
    ("layer,output\n,55x55x96", 2, "the row names no layer"),
    ("| layer | output |\n|---|---|\n| conv1 | 55x55x96 | x |", 3, "3 cells for 2 columns"),
    ("conv1: {output: 1x1x1, colour: blue}", 1, "unknown quantity 'colour'"),
    ("conv1: {output: 1x1x1}\nrest", 1, "expected 'key: value'"),
]


@pytest.mark.parametrize(("text", "line", "why"), UNREAD, ids=[row[0] for row in UNREAD])
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, why: str) -> None:
    try:
        told = [(one.line, one.why) for one in sheet(text).unread]
    except ArchcalcError as error:  # nothing but this could be read
        told = [(line, str(error))]
    assert any(where == line and why in says for where, says in told), told


def test_columns_that_describe_a_layer_are_no_answers() -> None:
    found = sheet("layer,op,window,output,notes\nconv1,conv,11x11/4,55x55x96,hard")
    assert [answer.quantity for answer in found.answers] == ["output"]
    assert found.unread == ()


def test_several_markdown_tables_are_one_sheet() -> None:
    table = "| layer | {} |\n|---|---|\n| conv1 | {} |\n"
    found = sheet(f"{table.format('output', '55x55x96')}\ntext\n\n{table.format('params', '35K')}")
    assert [(one.quantity, one.line) for one in found.answers] == [("output", 3), ("params", 9)]


HOSTILE = {
    "alias bomb": "a: &a [x, x]\nb: &b [*a, *a]\n"
    + "".join(f"c{n}: &c{n} [*b, *b, *b]\n" for n in range(40)),
    "nested": "conv1: " + "[" * 20_000,
    "long line": "conv1: {output: " + "1x" * 100_000 + "1}",
    "many columns": "layer," + ",".join(["output"] * 20_000) + "\nconv1," + ",".join(["1x1x1"] * 20_000),
    "many pipes": "|" * 50_000 + "\n|" + "-|" * 50_000,
    "arithmetic": "conv1: {params: " + "9**" * 60 + "9}",
    "parentheses": "conv1: {params: '" + "(" * 150 + ")" * 150 + "'}",
    "binary": "layer\x00,output\n\x07\x1b[31m,1",
    "a rule without a table": "---|---\n" * 5_000,
    "spaces": "conv1:" + " " * 200_000 + "x",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_ends_soon_and_says_nothing_raw(text: str) -> None:
    try:
        told = [one for found in read_answers(Source("answers", text)) for one in found.unread]
        says = " ".join(f"{one.text} {one.why}" for one in told)
    except ArchcalcError as error:
        says = str(error).replace("\n", " ")
    assert says.isprintable()


def test_an_answer_is_a_plain_record() -> None:
    assert Answer("conv1", "params", "35K", 1, read_figure("35K")).unit == ""
