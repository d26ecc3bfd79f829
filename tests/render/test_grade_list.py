"""The grade list of a class, and points in print: what an import and a student's sum depend on."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from pathlib import Path

import pytest
from helpers.examples import examples
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.render.grade_list import STUDENT, identity
from archcalc.render.points import rounded, score
from archcalc.results.grade import Class, Grade, GradedCell

RUBRIC = "ask: {layers: [output, params], total: [params]}\nof: [conv1, fc6]\ntotal: 100\n"
HEADER = "layer,output,params\n"
FILES = {
    "ada.csv": HEADER + "conv1,55x55x96,34944\nfc6,4096,37752832\ntotal,,62378344\n",
    "bob.csv": HEADER + "conv1,55x55x96,34848\nKonvolutionsschicht 77,1x1x1,1\n",
    "lovelaceada_LATE_123_4567_homework.csv": HEADER + "conv1,55x55x96,34944\n",
    "Grace Hopper_89_assignsubmission_file/my homework.csv": HEADER + "conv1,55x55x96,34944\n",
    "eve.pdf": "%PDF-1.7",
    "=cmd.csv": HEADER + "conv1,55x55x96,34944\n",
}


@pytest.fixture
def graded(tmp_path: Path) -> Class:
    return graded_in(tmp_path, FILES, RUBRIC)


def graded_in(folder: Path, files: dict[str, str], rubric: str = "") -> Class:
    for name, text in files.items():
        path = folder / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    asked = folder / "rubric.yaml"
    asked.write_text(rubric, encoding="utf-8")
    return archcalc.grade_class(str(folder / "class"), "alexnet", rubric=str(asked) if rubric else None)


# --- the list --------------------------------------------------------------------------------------------


def test_a_row_for_each_student_and_a_column_for_each_question(graded: Class) -> None:
    text = graded.render("csv")
    header, *rows = list(csv.reader(io.StringIO(text)))
    # Canvas needs these columns first.
    assert tuple(header[:5]) == STUDENT == ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    questions = ["conv1 output", "conv1 params", "fc6 output", "fc6 params", "total params"]
    assert header[5:] == ["check by hand", *questions, "score"]
    assert len(rows) == len(FILES)
    assert {len(row) for row in rows} == {len(header)}
    assert text.count("\n") == len(rows) + 1  # one table, and no field of several lines
    by_name = {row[0]: row for row in rows}
    assert by_name["ada"][6:] == ["20", "20", "20", "20", "20", "100"]
    # What was not read is neither right nor wrong: it has no points yet.
    assert by_name["bob"][5:] == ["check by hand", "20", "0", "", "", "", "20"]
    assert by_name["eve"][5:] == ["check by hand", "", "", "", "", "", "0"]
    assert by_name["'=cmd"][6:] == ["20", "20", "0", "0", "0", "40"]


def test_the_names_of_archives_of_submissions_are_those_of_students(graded: Class) -> None:
    rows = {row["Student"]: row for row in graded.rows()}
    assert rows["lovelaceada"]["ID"] == "123"
    assert rows["Grace Hopper"]["SIS Login ID"] == ""
    assert rows["ada"]["SIS Login ID"] == "ada"


def test_two_files_of_a_student_are_two_rows_that_can_be_told_apart(tmp_path: Path) -> None:
    names = [f"lovelaceada_123_{number}_homework" for number in (45, 46)]
    made = graded_in(tmp_path, {f"{name}.csv": FILES["ada.csv"] for name in names})
    assert [(row["Student"], row["ID"]) for row in made.rows()] == [(name, "") for name in names]
    assert identity(names[0]) == identity(names[1])


def test_without_doubts_no_column_asks_for_a_look(tmp_path: Path) -> None:
    made = graded_in(tmp_path, {"ada.csv": FILES["ada.csv"]})
    assert "check by hand" not in made.render("csv")


# --- everybody is asked the same -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rubric",
    ["", "points: {params: 3}\n", "credit: {forgot-bias: 0.5}\n", "cells: {fc7: {params: 9}}\ntotal: 50\n"],
)
def test_every_student_is_asked_what_any_student_has_answered(rubric: str, tmp_path: Path) -> None:
    files = {
        "ada.yaml": "conv1: {output: 55x55x96, params: 34848}\nfc6: {params: 37752832}\n",
        "bob.yaml": "conv1: {params: 34944}\npool1: {output: 27x27x96, params: ____}\n",
        "eve.pdf": "%PDF-1.7",
        "kim.yaml": "conv1: {output: 55x55x96, macs: perhaps}\n",
        "lea.yaml": "conv1: {output: 55x55x96, params: 34944}\nlayer 77: {output: 1x1x1}\n",
    }
    made = graded_in(tmp_path, files, rubric)
    names = ["conv1 output", "conv1 params", "pool1 output", "fc6 params"] + ["fc7 params"] * (
        "fc7" in rubric
    )
    for one in made.grades:
        asked = {cell.name: cell.max_points for cell in one.cells if cell.max_points}
        assert set(asked) == set(names), one.name
        assert one.max_score == made.grades[0].max_score > 0
    assert [f"{question.layer} {question.quantity}" for question in made.questions()] == names
    verdicts = {one.name: {cell.name: cell.verdict for cell in one.cells} for one in made.grades}
    # A blank that nobody filled in, and a word that is no figure, are not asked.
    assert (verdicts["bob"]["pool1 params"], verdicts["kim"]["conv1 macs"]) == ("missing", "unreadable")
    assert verdicts["bob"]["fc6 params"] == "missing"
    # Lea's answer may stand in the line that was not read, and Eve's in her file.
    assert verdicts["lea"]["fc6 params"] == "unread"
    assert set(verdicts["eve"].values()) == {"unread"}
    assert [one.name for one in made.grades if one.by_hand] == ["eve", "lea"]


def test_without_a_key_each_has_a_network_of_his_own(tmp_path: Path) -> None:
    for name, depth in (("ada", 8), ("bob", 16)):
        conv = f"[20x20x{depth}] CONV{depth}: {depth} 3x3 filters at stride 1, pad 1"
        (tmp_path / f"{name}.txt").write_text(f"[20x20x3] INPUT\n{conv}\n")
    made = archcalc.grade_class(str(tmp_path))
    assert [one.ok for one in made.grades] == [True, True]


def test_the_teacher_sees_the_mistakes_and_the_lines_that_were_not_read(graded: Class) -> None:
    shown = graded.render("markdown")
    assert "| bob | 20 | 100 | 1 | 0 | 1 | 0 | 3 | check by hand |" in shown
    assert "| conv1 | params | 5 | 4 | 80.0% | forgot-bias | 1 |" in shown
    assert "| forgot-bias | 1 | 1 | The biases are missing" in shown
    assert "- bob, line 3: Konvolutionsschicht 77: alexnet has no layer" in shown
    assert "- eve: eve.pdf: this is a PDF" in shown
    page = graded.render("html")
    assert "bob, line 3: Konvolutionsschicht 77" in page
    unread = graded.as_json()["unread"]
    assert [(one["name"], one["line"]) for one in unread] == [("bob", 3), ("eve", 0)]
    assert graded.as_json()["mistakes"][0]["mistake"] == "forgot-bias"


def test_no_page_names_the_folders_of_the_teacher(graded: Class, tmp_path: Path) -> None:
    for result in (graded, *graded.grades):
        for format in ("plain", "csv", "markdown", "html", "json", "latex", "junit"):
            assert str(tmp_path) not in result.render(format)


# --- points in print -------------------------------------------------------------------------------------


def cell(earned: Fraction, most: Fraction) -> GradedCell:
    return GradedCell("a", "params", 1, "1", 1, "right", earned * most, most)


shares = st.sampled_from([Fraction(0), Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 3)])


@examples(200)
@given(
    st.lists(st.tuples(shares, st.integers(0, 7)), max_size=40),
    st.sampled_from([1, 10, 100, 20, Fraction(25, 2)]),
)
def test_rounded_points_add_up(cells: list[tuple[Fraction, int]], total: int | Fraction) -> None:
    weight = sum(weight for _, weight in cells)
    made = [cell(earned, Fraction(weighs) * total / weight) for earned, weighs in cells if weight]
    grade = Grade("ada", "net", tuple(made))
    shown = rounded(grade)
    assert sum(most for _, most in shown) == (total if weight else 0)
    assert score(grade) == sum(points for points, _ in shown)
    assert abs(score(grade) - grade.score) <= Fraction(1, 200)
    for (points, most), exact in zip(shown, made, strict=True):
        assert 0 <= points <= most
        assert abs(most - exact.max_points) < Fraction(2, 100)
        # All points stay all points, and none stay none.
        assert exact.points != exact.max_points or points == most
        assert exact.points or not points


def test_gradescope_shows_hundredths_that_add_up() -> None:
    made = Grade("a", "net", tuple(cell(Fraction(1), Fraction(100, 23)) for _ in range(23)))
    answer = json.loads(made.render("gradescope"))
    assert answer["score"] == 100
    assert {test["max_score"] for test in answer["tests"]} == {4.34, 4.35}
    assert sum(Fraction(str(test["max_score"])) for test in answer["tests"]) == 100
    assert sum(Fraction(str(test["score"])) for test in answer["tests"]) == 100
