"""Answers in pages of HTML: worksheets that were typed into, and tables that other programs write."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.classroom.read import read_answers
from archcalc.classroom.read.html import recognises
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import ArchcalcError, Source


def read(text: str) -> AnswerSheet:
    (sheet,) = read_answers(Source("hw.html", text))
    return sheet


HEAD = "<table><tr><th>layer</th><th>output</th><th>params</th></tr>\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            f"{HEAD}<tr><td>conv1</td><td>55x55x96</td><td>34,944</td></tr></table>",
            [("conv1", "output", "55x55x96", 2), ("conv1", "params", "34,944", 2)],
            id="a table alone",
        ),
        pytest.param(
            f"<!DOCTYPE html><html><body>{HEAD}<tr><td>conv1<td>55x55x96<td>\n<tr><td>total<td><td>62M",
            [("conv1", "output", "55x55x96", 2), ("conv1", "params", "", 2), ("", "params", "62M", 3)],
            id="tags that are not closed",
        ),
        pytest.param(
            f"<html>{HEAD}<tr><td>conv1<td><input type=text value='55x55x96'>"
            "<td><INPUT VALUE=34944 data-value=1>",
            [("conv1", "output", "55x55x96", 2), ("conv1", "params", "34944", 2)],
            id="fields that were typed into",
        ),
        pytest.param(
            f'<html>{HEAD}<tr><td>conv1<td><input aria-label="conv1, output"><td><input value=""></table>',
            [("conv1", "output", "", 2), ("conv1", "params", "", 2)],
            id="fields that were not",
        ),
        pytest.param(
            f"<!-- Ada --><html>{HEAD}<tr><td><b>conv<!--x-->1</b><td>55&times;55&#215;96"
            "<td><s>34,848</s>34,944",
            [("conv1", "output", "55*55*96", 2), ("conv1", "params", "34,944", 2)],
            id="marks, entities, comments and what is struck out",
        ),
        pytest.param(
            f"<html><script>if (1 < 2) document.write('<td>7')</script>{HEAD}<tr><td>c<td>7<td>8</table>",
            [("c", "output", "7", 2), ("c", "params", "8", 2)],
            id="a program",
        ),
        pytest.param(
            "<table><tr><td>Homework<tr><td>layer<td>params<tr><td>a<td>1</table>\n"
            "<table><tr><td>layer<td>macs<tr><td>b<td>2</table>",
            [("a", "params", "1", 1), ("b", "macs", "2", 2)],
            id="two tables, a title in one",
        ),
        pytest.param(
            "<table><tr><td>layer<td>params<tr><td>a<td>1"
            "<tr><td><table><tr><td>layer<td>params<tr><td>b<td>2</table></table>",
            [("a", "params", "1", 1), ("b", "params", "2", 1)],
            id="a table in a table",
        ),
    ],
)
def test_what_is_read(text: str, found: list[tuple[str, str, str, int]]) -> None:
    assert [(one.layer, one.quantity, one.text, one.line) for one in read(text).answers] == found


@pytest.mark.parametrize(
    ("more", "line", "says"),
    [
        pytest.param(
            "<p>conv2: 34,848 params", 3, "this looks like an answer but is outside the table", id="prose"
        ),
        pytest.param(
            "<p>By Ada,\nconv2: 34,848 params", 4, "looks like an answer", id="prose on its own line"
        ),
        pytest.param(
            "<table><tr><td>conv2<td>7</table>",
            3,
            "this table is not read: it needs a column 'layer'",
            id="no headings",
        ),
        pytest.param(f"{HEAD}<tr><td>conv2<td>7<td>8<td>9</table>", 4, "4 cells for 3 columns", id="cells"),
        pytest.param(
            "<h2>So: <table><tr><td>conv2<td>7",
            3,
            "this element is not closed, so the text",
            id="never closed",
        ),
    ],
)
def test_what_cannot_be_read_is_told(more: str, line: int, says: str) -> None:
    sheet = read(f"{HEAD}<tr><td>conv1<td>55x55x96<td>34,944</table>\n{more}")
    assert len(sheet.answers) == 2
    ((at, why),) = [(one.line, one.why) for one in sheet.unread]
    assert (at, says in why) == (line, True), why


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<html><body>My homework</body></html>", "no answers found; answers are YAML"),
        ("<html><p>conv1: 34,848 params</html>", "no answers found: line 1: this looks like an answer"),
        (
            "<table><tr><td>1<td>2</table>",
            "no answers found: line 1: this table is not read: it needs a column 'layer'",
        ),
    ],
)
def test_a_page_without_answers_is_refused(text: str, says: str) -> None:
    with pytest.raises(ArchcalcError) as told:
        read(text)
    assert says in str(told.value)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("<!-- saved from url=(0014)about:internet -->\n<HTML>", True),
        ("\n <table class=x>", True),
        ("<!-- Ada -->\n| layer | params |\n|---|---|\n", False),
        ("<tables>", False),
        ("conv1: <html>", False),
        ("<!-- never closed <html>", False),
    ],
)
def test_how_a_page_begins(text: str, is_one: bool) -> None:
    assert recognises(text) is is_one


def test_nothing_of_a_worksheet_is_unread() -> None:
    sheet = read(archcalc.quiz("resnet18", "output,params", cells=40, seed=3).render("html"))
    assert sheet.unread == ()
    assert sum(not one.text for one in sheet.answers) == 40


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["<!--", "<a b='", "<", "<s>", "<td>", "<!-- -->", "</", "<input value='", "&#"]
)
def test_a_hostile_page_is_read_as_fast_as_another(piece: str) -> None:
    """A megabyte: in a time that grows with the square of it, this would take hours."""
    text = "<table>" + piece * (2**20 // len(piece))
    with pytest.raises(ArchcalcError, match="no answers found"):
        read(text)
