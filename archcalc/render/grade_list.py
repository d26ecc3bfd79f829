"""The grade list of a class for Canvas and Moodle: a row for each student, a column for each question.

Canvas needs the first five columns, in this order. Moodle asks which column names the student.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.points import points, rounded, score
from archcalc.results.grade import BY_HAND, UNREAD, Class, Grade

STUDENT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
SCORE = "score"

_CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>[0-9]+)_[0-9]+_.+")
_MOODLE = re.compile(r"(?P<name>.+)_[0-9]+_assignsubmission_(?:file|onlinetext)_?")


class Identity(NamedTuple):
    """Whom a row is about: a name, the number that Canvas gives, and the login."""

    name: str
    id: str = ""
    login: str = ""


def identity(submission: str) -> Identity:
    """The student of a submission; archives of submissions from Canvas and Moodle have names of their own.

    >>> identity("lovelaceada_LATE_123_4567_homework1"), identity("Ada Lovelace_89_assignsubmission_file")
    (Identity(name='lovelaceada', id='123', login=''), Identity(name='Ada Lovelace', id='', login=''))
    >>> identity("ada42")
    Identity(name='ada42', id='', login='ada42')
    """
    if canvas := _CANVAS.fullmatch(submission):
        return Identity(canvas["name"], canvas["id"])
    if moodle := _MOODLE.fullmatch(submission):
        return Identity(moodle["name"])
    return Identity(submission, login=submission)


def grade_list(graded: Class) -> Grid:
    """The list. A question that was not read has no points yet: its field is empty."""
    questions = [(question.layer, question.quantity) for question in graded.questions()]
    marked = any(grade.by_hand for grade in graded.grades)
    heads = [
        *(Head(name, name, numeric=False) for name in (*STUDENT, *[BY_HAND] * marked)),
        *(Head(name, name) for name in (f"{layer or 'total'} {quantity}" for layer, quantity in questions)),
        Head(SCORE, SCORE),
    ]
    rows = []
    for grade, student in zip(graded.grades, _students(graded.grades), strict=True):
        who = [student.name, student.id, "", student.login, "", *[BY_HAND * grade.by_hand] * marked]
        worth = _points(grade)
        fields = [worth.get(question) for question in questions]
        rows.append((*(Cell(text, text) for text in who), *map(_cell, fields), _cell(score(grade))))
    return Grid(f"Grades against {graded.key}", tuple(heads), tuple(rows))


def _students(grades: Sequence[Grade]) -> list[Identity]:
    """The students; of two files of one student, each keeps its full name, so that none is lost."""
    students = [identity(grade.name) for grade in grades]
    times = Counter(students)
    return [
        student if times[student] == 1 else Identity(grade.name)
        for grade, student in zip(grades, students, strict=True)
    ]


def _points(grade: Grade) -> dict[tuple[str, str], Fraction]:
    """The points by question, without what was not read."""
    return {
        (cell.layer, cell.quantity): earned
        for cell, (earned, _) in zip(grade.cells, rounded(grade), strict=True)
        if cell.max_points and cell.verdict not in UNREAD
    }


def _cell(value: Fraction | None) -> Cell:
    if value is None:
        return Cell(None, "")
    return Cell(int(value) if value.denominator == 1 else float(value), points(value))
