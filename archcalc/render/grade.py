"""Grades as tables: one submission by its cells, a class by its students and its questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from archcalc.render import units
from archcalc.render.explain import label_of
from archcalc.render.explain_in_short import value_text
from archcalc.render.grade_list import grade_list
from archcalc.render.grid import Cell, Grid, Head, Tone
from archcalc.render.points import points, rounded, score
from archcalc.render.report import Report
from archcalc.results.explain import DerivationStep
from archcalc.results.grade import BY_HAND, RIGHT, UNREAD, Class, Grade, GradedCell, Verdict

_CELLS = (
    Head("line", "line", keep=40),
    Head("layer", "layer", numeric=False, keep=100),
    Head("quantity", "quantity", numeric=False, keep=95),
    Head("given", "given", numeric=False, keep=90),
    Head("expected", "expected", numeric=False, keep=80),
    Head("verdict", "verdict", numeric=False, keep=99),
    Head("points", "points", keep=98),
    Head("max_points", "of", keep=97),
    Head("mistake", "mistake", numeric=False, keep=70),
)


TONES: Mapping[Verdict, Tone] = {
    "right": "good",
    "rounded": "good",
    "truncated": "good",
    "carried": "doubtful",
    "unreadable": "doubtful",
    "unread": "doubtful",
    "missing": "bad",
    "wrong": "bad",
}


def report(grade: Grade, reveal: bool = False) -> Report:
    """The report of one submission; ``reveal`` adds the right figures."""
    return Report(lambda: _grid(grade, reveal), lambda: grade.as_json(reveal))


def _grid(grade: Grade, reveal: bool) -> Grid:
    heads = tuple(head for head in _CELLS if reveal or head.key != "expected")
    # An option that a row states was not asked, so it gets a line only if it is wrong.
    shown = [
        (cell, share)
        for cell, share in zip(grade.cells, rounded(grade), strict=True)
        if cell.max_points or cell.verdict not in RIGHT
    ]
    rows = [_cells(cell, share, reveal) for cell, share in shown]
    return Grid(
        heading(grade), heads, tuple(rows), None, tuple(_facts(grade, reveal)), tuple(_notes(grade, reveal))
    )


def heading(grade: Grade) -> str:
    """The title of a grade: the submission, its key and its points."""
    against = f" against {grade.key}" if grade.key else ""
    return f"{grade.name}{against}: {points(score(grade))} of {points(grade.max_score)} points"


def _cells(cell: GradedCell, share: tuple[Fraction, Fraction], reveal: bool) -> tuple[Cell, ...]:
    mistakes = " or ".join(dict.fromkeys(candidate.mistake for candidate in cell.diagnosis))
    row = (
        Cell(cell.line or None, str(cell.line) if cell.line else units.NONE),
        Cell(cell.layer, cell.layer or "total"),
        Cell(cell.quantity, cell.quantity),
        Cell(cell.given, cell.given or units.NONE),
        Cell(cell.expected, figure(cell.expected)),
        Cell(cell.verdict, cell.verdict, tone=TONES[cell.verdict]),
        Cell(_number(cell.points), points(share[0])),
        Cell(_number(cell.max_points), points(share[1])),
        Cell(mistakes, mistakes or units.NONE),
    )
    return row if reveal else (*row[:4], *row[5:])


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def figure(value: Any) -> str:
    """A right figure in print."""
    if value is None:
        return units.UNKNOWN
    return units.shape(value) if isinstance(value, tuple) else units.count(value)


def _facts(grade: Grade, reveal: bool) -> Iterable[tuple[str, str]]:
    """The advice to the student about every cell that is not right."""
    for cell in grade.cells:
        yield from (
            (cell.name if not number else "", text) for number, text in enumerate(advice(cell, reveal))
        )


def advice(cell: GradedCell, reveal: bool) -> list[str]:
    """What is wrong with a cell, and the formulas to it; ``reveal`` adds the numbers."""
    if cell.verdict in RIGHT and not cell.diagnosis:
        return []
    lines = [candidate.sentence for candidate in cell.diagnosis]
    if len(lines) > 1:
        lines = [f"perhaps: {line}" for line in lines]
    if cell.verdict == "unreadable":
        lines.append(f"This cannot be read: {cell.why}.")
    # Without numbers, the formula of a total (the sum over all layers) does not help.
    steps = cell.derivation if reveal or cell.layer else ()
    return [*lines, *(line for step in steps if (line := derived(step, reveal)))]


def derived(step: DerivationStep, reveal: bool) -> str:
    """A step of a derivation on one line; without numbers, a step without a formula is empty."""
    in_letters = step.formula != step.substituted
    if not reveal:
        return f"{label_of(step.quantity)} = {step.formula}" if in_letters else ""
    sides = [step.formula] if in_letters else []
    if step.substituted != str(step.value):
        sides.append(step.substituted)
    return " = ".join([label_of(step.quantity), *sides, value_text(step.value)])


def _notes(grade: Grade, reveal: bool) -> Iterable[str]:
    if grade.count("carried"):
        yield "carried: consistent with an earlier error, so no points are lost."
    yield from unread_lines(grade)
    yield from grade.notes
    yield from grade.assumptions if reveal else ()
    if grade.error:
        yield failure(grade)


def unread_lines(grade: Grade) -> Iterable[str]:
    """The lines of a submission that could not be read, and what that means for its points."""
    if grade.by_hand:
        yield f"{BY_HAND}: not everything could be read, so these points are not final."
    for line, text, why in grade.unread:
        yield f"not read, line {line}: {_said(text, why)}"


def _said(text: str, why: str) -> str:
    return f"{text}: {why}" if text else why


def failure(grade: Grade) -> str:
    """Why nothing was graded, as a sentence for the student."""
    return f"Nothing was graded: {reason(grade.error)}"


def reason(error: str) -> str:
    """An error on one line: without the lines that show the place in the file.

    >>> reason("a.yaml:1:9: expected ']'\\n   1 | conv1: [55\\n     |        ^")
    "a.yaml:1:9: expected ']'"
    """
    return "; ".join(line for line in error.splitlines() if line and not line.startswith(" "))


# --- a class ------------------------------------------------------------------------------------------

_STUDENTS = (
    Head("name", "student", numeric=False, keep=100),
    Head("score", "points", keep=99),
    Head("max_score", "of", keep=98),
    Head("right", "right", keep=80),
    Head("carried", "carried", keep=60),
    Head("wrong", "wrong", keep=70),
    Head("missing", "missing", keep=50),
    Head("unread", "unread", keep=55),
    Head(BY_HAND, "", numeric=False, keep=75),
)
_QUESTIONS = (
    Head("layer", "layer", numeric=False, keep=100),
    Head("quantity", "quantity", numeric=False, keep=99),
    Head("answered", "answered", keep=60),
    Head("right", "right", keep=90),
    Head("share", "share", keep=95),
    Head("mistake", "most common mistake", numeric=False, keep=80),
    Head("times", "times", keep=50),
)
_MISTAKES = (
    Head("mistake", "mistake", numeric=False, keep=100),
    Head("students", "students", keep=90),
    Head("times", "times", keep=80),
    Head("sentence", "message to the student", numeric=False, keep=85, least=30),
)


_NOT_RIGHT: tuple[Verdict, ...] = ("carried", "wrong", "missing")


def class_report(graded: Class, reveal: bool = False) -> Report:
    """The report of a class: every student, and every question; the hardest comes first.

    Its records are the grade list: a row for each student, a column for each question.
    """
    return Report(lambda: _class_grid(graded), lambda: graded.as_json(reveal), lambda: grade_list(graded))


def _class_grid(graded: Class) -> Grid:
    rows = tuple(_student(grade) for grade in graded.grades)
    count = len(graded.grades)
    title = f"{count} submission{'s' if count != 1 else ''} against {graded.key}"
    below = (_difficulty(graded), *([_mistakes(graded)] if graded.mistakes() else []))
    return Grid(title, _STUDENTS, rows, also=below, notes=tuple(_class_notes(graded)))


def _student(grade: Grade) -> tuple[Cell, ...]:
    mark = BY_HAND if grade.by_hand else ""
    return (
        Cell(grade.name, grade.name),
        Cell(_number(grade.score), points(score(grade))),
        Cell(_number(grade.max_score), points(grade.max_score)),
        _counted(grade.count(*RIGHT)),
        *(_counted(grade.count(verdict), TONES[verdict]) for verdict in _NOT_RIGHT),
        _counted(grade.count(*UNREAD), TONES["unread"]),
        Cell(mark, mark, tone=TONES["unread"]),
    )


def _counted(number: int, tone: Tone = "") -> Cell:
    # The heading says what is counted; no student has to worry about a 0.
    return Cell(number, str(number), tone=tone if number else "")


def _difficulty(graded: Class) -> Grid:
    # A question without answers counts as the hardest.
    ordered = sorted(
        graded.questions(), key=lambda question: Fraction(question.right, max(1, question.answered))
    )
    rows = tuple(
        (
            Cell(question.layer, question.layer or "total"),
            Cell(question.quantity, question.quantity),
            Cell(question.answered, str(question.answered)),
            Cell(question.right, str(question.right)),
            Cell(
                _number(Fraction(question.right, max(1, question.answered))),
                units.share(question.right, question.answered),
            ),
            Cell(question.mistake, question.mistake or units.NONE),
            Cell(question.times, str(question.times)),
        )
        for question in ordered
    )
    return Grid("Questions, the hardest first", _QUESTIONS, rows)


def _mistakes(graded: Class) -> Grid:
    rows = tuple(
        (
            Cell(common.mistake, common.mistake),
            Cell(common.students, str(common.students)),
            Cell(common.times, str(common.times)),
            Cell(common.sentence, common.sentence),
        )
        for common in graded.mistakes()
    )
    return Grid("Mistakes, the most common first", _MISTAKES, rows)


def _class_notes(graded: Class) -> Iterable[str]:
    unread = graded.unread()
    if unread:
        yield f"{BY_HAND}: not everything could be read, so the points of these students are not final."
    for name, line, text, why in unread:
        yield f"{name}, line {line}: {_said(text, why)}" if line else f"{name}: {reason(why)}"
