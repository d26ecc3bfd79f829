"""A class in all forms of answers: each is read to its last row, and no right figure is marked wrong.

``forty/`` has the same submissions as files, about the network of a student (``birds.yaml``).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from classroom.campaign import accused, graded, spoiled
from helpers.forms import FORMS, rows_of

import archcalc
from archcalc.results.grade import RIGHT, Class

FOLDER = Path(__file__).parent / "forty"
KEY = FOLDER / "birds.yaml"
CLASS = FOLDER / "class"
SEED = 14


@pytest.fixture(scope="module")
def graded_class() -> Class:
    return archcalc.grade_class(str(CLASS), str(KEY))


def test_the_files_are_the_forms() -> None:
    """``ARCHCALC_GOLDEN=1`` writes them again."""
    rows = rows_of(archcalc.load(str(KEY)))
    texts = {f"{name}.{form.ending}": form.write(rows) for name, form in FORMS.items()}
    if os.environ.get("ARCHCALC_GOLDEN"):
        CLASS.mkdir(exist_ok=True)
        for name, text in texts.items():
            (CLASS / name).write_text(text, encoding="utf-8")
    assert len(texts) >= 40
    assert {path.name: path.read_text(encoding="utf-8") for path in CLASS.iterdir()} == texts


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_read_to_its_last_row(graded_class: Class, name: str) -> None:
    (found,) = (grade for grade in graded_class.grades if grade.name == name)
    assert not found.error
    assert found.unread == ()
    verdicts = {(cell.layer, cell.quantity): cell.verdict for cell in found.cells}
    rows = rows_of(archcalc.load(str(KEY)))
    for row in rows:
        for quantity in FORMS[name].of:
            assert verdicts[row.name, quantity] in RIGHT, (row.name, quantity)
    assert not {"wrong", "unreadable"} & set(verdicts.values())


def test_all_students_are_asked_the_same(graded_class: Class) -> None:
    assert len({grade.max_score for grade in graded_class.grades}) == 1


@pytest.mark.parametrize("number", range(300))
def test_no_right_figure_is_marked_wrong(number: int) -> None:
    """A sample of the campaign of 10,000 (docs/grading.md has its outcome)."""
    case = spoiled(number, SEED)
    found = graded(case)
    assert found is None or accused(case, found) == []
