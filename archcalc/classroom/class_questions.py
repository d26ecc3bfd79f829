"""The questions of a class without a rubric: what any student answered is asked of all."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from archcalc.results.grade import Class, Grade, GradedCell, Verdict

SAME_FOR_ALL = "without a rubric, every question that any student answered is asked of all students"


def same_questions(graded: Class, is_asked: bool) -> Class:
    """The class with the same questions for all students; unchanged if a rubric asked them (``is_asked``).

    Students with different questions would have different points to reach, and no list of grades.
    """
    questions: dict[tuple[str, str], GradedCell] = {}
    for grade in graded.grades:
        for cell in grade.cells:
            if cell.max_points:
                questions.setdefault((cell.layer, cell.quantity), cell)
    if is_asked or not questions or len({grade.key for grade in graded.grades if grade.cells}) > 1:
        return graded
    grades = tuple(_asked(grade, questions) for grade in graded.grades)
    changed = any(old.max_score != new.max_score for old, new in zip(graded.grades, grades, strict=True))
    return replace(graded, grades=grades, notes=(SAME_FOR_ALL,) if changed else ())


def _asked(grade: Grade, questions: dict[tuple[str, str], GradedCell]) -> Grade:
    answered = {(cell.layer, cell.quantity) for cell in grade.cells if cell.max_points}
    verdict: Verdict = "unread" if grade.unread or grade.error else "missing"
    more = tuple(
        GradedCell(layer, quantity, 0, "", cell.expected, verdict, Fraction(0), cell.max_points)
        for (layer, quantity), cell in questions.items()
        if (layer, quantity) not in answered
    )
    return replace(grade, cells=(*grade.cells, *more))
