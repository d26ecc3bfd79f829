"""The usual form of YAML, which is read line by line: as the parser of YAML reads it, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.examples import examples
from hypothesis import given
from hypothesis import strategies as st

from archcalc.classroom.read import yaml
from archcalc.classroom.read.plain import MAX_LENGTH, read_plain
from archcalc.errors import Source

USUAL_NAMES = ["conv1", "Conv 1", "total", "Total:", "input", "conv2_1", "a/b-c.d"]
ODD_NAMES = """Input
name
layers
answers
yes
NO
on
true
null
notes
1x1
conv1 - a
x#y
~
&a
'b'""".splitlines()
KEYS = ["output", "params", "memory bytes", "# params", "FLOPs", "colour", "name", "yes", "layer", "op"]
FIGURES = """55x55x96
34848
0
010
0x1F
1:30
1.5
4.2 MiB
62.4M
35K
-5
null
~
1e5
'5'
34,944
3 * 3
5 # six
5#6
?
*a
yes
1x
1..2
7 x 7

true
12 or 13""".splitlines()
OTHER_LINES = ["", "   ", "# a remark", "  # äöü", "conv3:", "  params: 5", "---", "- a", "\t", "conv4: {}"]
COLONS = [": ", ":", " : "]

figures = st.lists(
    st.tuples(st.sampled_from(KEYS), st.sampled_from([": ", ":", " : "]), st.sampled_from(FIGURES)).map(
        "".join
    ),
    min_size=1,
    max_size=3,
)
usual = st.tuples(st.sampled_from(USUAL_NAMES), st.sampled_from(KEYS[:4]), st.sampled_from(FIGURES[:3])).map(
    lambda row: f"{row[0]}: {{{row[1]}: {row[2]}}}"
)
odd = st.tuples(
    st.sampled_from([*USUAL_NAMES, *ODD_NAMES]), figures, st.sampled_from([", ", ",", " , "])
).map(lambda row: f"{row[0]}: {{{row[2].join(row[1])}}}")
lines = st.lists(st.one_of(usual, usual, odd, st.sampled_from(OTHER_LINES)), max_size=4)


@examples(1000)
@given(lines, st.sampled_from(["\n", "\n", "\n", "\r\n", " \n", "\n\n"]))
def test_what_is_read_here_is_read_alike_by_the_parser(rows: list[str], end: str) -> None:
    text = end.join(rows)
    answers = read_plain(text)
    if answers is not None:
        parsed = yaml.read_any(Source("answers", text))
        assert parsed.answers == answers
        assert parsed.unread == ()


@pytest.mark.parametrize("figure", ["55x55x96", "34848", "0", "1.5", "4.2 MiB", "62.4M", "105 MFLOPs"])
def test_plain_figures_are_read_here(figure: str) -> None:
    assert read_plain(
        f"# Ada\nconv1: {{output: 55x55x96, params: {figure}}}\n\ntotal: {{params: {figure}}}\n"
    )


def test_the_example_of_the_docs_is_in_the_usual_form() -> None:
    text = Path("examples/answers.yaml").read_text(encoding="utf-8")
    assert read_plain(text) == yaml.read_any(Source("answers", text)).answers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a remark",
        "conv1: {params: 5}\nconv1: {macs: 6}",
        "conv1: {params: 5, params: 6}",
        "conv1: {params: 010}",
        "yes: {params: 5}",
        "conv1:\n  params: 5",
        "conv1: {params: 34,944}",
        "conv1: {params: '5'}",
        "layers: {conv1: {params: 5}}",
        "params: 5",
        pytest.param("\n" * (MAX_LENGTH + 1) + "conv1: {params: 5}", id="long"),
    ],
)
def test_every_other_text_is_left_to_the_parser(text: str) -> None:
    assert read_plain(text) is None
