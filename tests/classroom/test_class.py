"""A class: the same questions for all, unread lines with reasons, 0 points for what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.results.grade import Class

FULL = "conv1: {output: 55x55x96, params: 34944}\npool1: {output: 27x27x96, params: 0}\n"
RUBRIC = "ask: [output, params]\nof: [conv1, pool1]\ntotal: 100\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "class"
    made.mkdir()
    (made / "ada.yaml").write_text(FULL)
    (made / "bob.yaml").write_text("conv1: {output: 55x55x96}\n")
    (made / "cyd.yaml").write_text("conv1: {output: 55x55x96}\nhidden: {output: 27x27x96, params: 0}\n")
    (made / "dan.yaml").write_text("%PDF-1.7")
    return made


def graded(folder: Path, rubric: str = "") -> Class:
    path = folder.parent / "rubric.yaml"
    path.write_text(rubric)
    return archcalc.grade_class(str(folder), "alexnet", rubric=str(path) if rubric else None)


@pytest.mark.parametrize("rubric", ["", RUBRIC])
def test_all_students_are_asked_the_same_questions(folder: Path, rubric: str) -> None:
    found = graded(folder, rubric)
    points = 100 if rubric else 4
    assert {grade.max_score for grade in found.grades} == {points}
    assert [grade.score * 4 / points for grade in found.grades] == [4, 1, 1, 0]


@pytest.mark.parametrize("rubric", ["", RUBRIC])
def test_what_is_unread_is_neither_wrong_nor_missing(folder: Path, rubric: str) -> None:
    ada, bob, cyd, dan = graded(folder, rubric).grades
    assert (bob.count("missing"), bob.by_hand) == (3, False)
    for grade, unread in ((cyd, 3), (dan, 4)):
        assert (grade.count("missing", "wrong"), grade.count("unread")) == (0, unread)
        assert grade.by_hand
        assert grade.as_json()["check_by_hand"] is True
    assert "check_by_hand" not in ada.as_json()


def test_the_table_of_a_class_says_what_was_not_read_and_why(folder: Path) -> None:
    text = graded(folder).render("plain")
    (line,) = (line for line in text.splitlines() if line.startswith("cyd "))
    assert line.endswith("check by hand")
    assert "cyd, line 2: hidden: alexnet has no layer 'hidden'" in text
    assert "dan: " in text


def test_a_rubric_maps_names_and_headings(tmp_path: Path) -> None:
    answers = tmp_path / "ada.md"
    answers.write_text("| Teil | Ausgabe | Menge |\n|---|---|---|\n| The  Big one | 4096 | 37752832 |\n")
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text("names: {the big one: fc6}\nheadings: {Teil: layer, Menge: params}\n")
    found = archcalc.grade(str(answers), "alexnet", rubric=str(rubric))
    assert {cell.name: cell.verdict for cell in found.cells} == {"fc6 output": "right", "fc6 params": "right"}
    assert found.ok
    # The words are those of this rubric only.
    with pytest.raises(ArchcalcError):
        archcalc.grade(str(answers), "alexnet")


@pytest.mark.parametrize(
    ("rubric", "why"),
    [
        ("headings: {Menge: colour}\n", "unknown quantity 'colour'"),
        ("names: {big: fc99}\n", "alexnet has no layer 'fc99'"),
    ],
)
def test_a_word_of_a_rubric_must_mean_something(tmp_path: Path, rubric: str, why: str) -> None:
    (tmp_path / "ada.yaml").write_text(FULL)
    (tmp_path / "rubric.yaml").write_text(rubric)
    with pytest.raises(ArchcalcError, match=why):
        archcalc.grade(str(tmp_path / "ada.yaml"), "alexnet", rubric=str(tmp_path / "rubric.yaml"))
