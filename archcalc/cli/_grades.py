"""Grades as texts and files: the formats of all answers, and those that only grades have."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import click

from archcalc.classroom.batch import Grading, key_of, load_rubric, rubric_of
from archcalc.classroom.rubric import GradingOptions
from archcalc.cli import _options as shared
from archcalc.errors import ArchcalcError
from archcalc.files import write_whole
from archcalc.render import gradescope, junit
from archcalc.render.formats import endings, render
from archcalc.render.grade import class_report, report, suite
from archcalc.render.grid import Page
from archcalc.results.grade import Class, Grade


class Writer(NamedTuple):
    """A format that only grades have: the ending of its files, its text, and whether it can hold a whole class."""

    ending: str
    text: Callable[[Sequence[Grade], bool], str]
    holds_class: bool


def _gradescope(grades: Sequence[Grade], reveal: bool) -> str:
    (grade,) = grades
    return gradescope.render(grade, reveal)


def _junit(grades: Sequence[Grade], reveal: bool) -> str:
    return junit.render("archcalc grade", [suite(grade, reveal) for grade in grades])


WRITERS = {
    "gradescope": Writer(gradescope.ENDING, _gradescope, holds_class=False),
    "junit": Writer(junit.ENDING, _junit, holds_class=True),
}


def tell_mistakes(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Print every mistake that a diagnosis can name, and end."""
    if value:
        from archcalc.classroom.mistakes import MISTAKES
        from archcalc.classroom.verdicts import SLIPS

        said = {**{mistake.id: mistake.sentence.format(about="...") for mistake in MISTAKES}, **SLIPS}
        width = max(map(len, said))
        shared.say("".join(f"{name:{width}}  {says}\n" for name, says in said.items()))
        ctx.exit()


def grader(
    key: str | None, assignments: Sequence[str], rubric: str | None, **how: Any
) -> Callable[[str], Grading]:
    """How to grade a student's file: all against one key, or each against its own in a folder. Raises ArchcalcError."""
    read = load_rubric(rubric) if rubric else None
    if key is None or not os.path.isdir(key):
        grading = Grading(shared.bind(key, assignments) if key else None, GradingOptions(rubric=read, **how))
        return lambda student: grading
    return lambda student: Grading(
        shared.bind(key_of(key, student), assignments),
        GradingOptions(rubric=read or rubric_of(key, student), **how),
    )


def written(graded: Grade | Class, format: str | None, output: str | None, reveal: bool) -> str:
    """One grade, or those of a class, as a text. Raises ArchcalcError for a format that cannot hold them."""
    if format in WRITERS:
        writer, grades = WRITERS[format], graded.grades if isinstance(graded, Class) else (graded,)
        if isinstance(graded, Class) and not writer.holds_class:
            raise ArchcalcError(
                f"{format} takes one submission at a time: --each FOLDER writes a file for each"
            )
        return writer.text(grades, reveal)
    made = class_report(graded, reveal) if isinstance(graded, Class) else report(graded, reveal)
    to_file = bool(output) and output != "-"
    return render(shared.chosen_format(format, output), made, Page() if to_file else shared.page())


def feedback(graded: Class, folder: str, format: str, reveal: bool) -> None:
    """A file for every student in a folder. Raises ArchcalcError."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise ArchcalcError(f"{folder}: {error.strerror}") from None
    ending = WRITERS[format].ending if format in WRITERS else endings(format)[0]
    taken: set[str] = set()
    for grade in graded.grades:
        path = os.path.join(folder, f"{_file_name(grade.name, taken)}{ending}")
        write_whole(path, written(grade, format, path, reveal))


def _file_name(student: str, taken: set[str]) -> str:
    """A name of its own in one folder, whatever a student is called."""
    base = re.sub(r"[^\w.+-]+", "_", student).strip(".") or "student"
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name.lower())
    return name
