"""The classroom: worksheets, and homework graded."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from archcalc.language.find import as_text, network_of
from archcalc.language.settings import Settings, parse_names

if TYPE_CHECKING:
    from archcalc.classroom.autograder import Autograder
    from archcalc.language.find import FilePath, Target
    from archcalc.network import Network
    from archcalc.results.grade import Class, Grade
    from archcalc.results.quiz import Quiz


def grade(
    answers: FilePath,
    key: Target | Network | None = None,
    settings: Settings | None = None,
    *,
    rubric: str | None = None,
    exact: bool = False,
    biases: bool | None = None,
    batch: int = 1,
    dtype: str = "float32",
    layout: Literal["hwc", "chw"] | None = None,
) -> Grade:
    """Grade a file of answers: each number, with the likely mistake.

    Parameters:
        answers: a path to a file, or ``-`` for standard input.
        key: the network of the right answers: a name, a spec, a network, or a folder that ``archcalc quiz``
            wrote. None: the file is in lecture notation, and its rows describe the network.
        settings: settings of the key to change, as for ``load``.
        rubric: a path to a YAML file with points and partial credit.
        exact: rounded and truncated numbers are wrong.
        biases: whether params count biases; None: as the answers say.
        batch, dtype: as for ``analyze``.
        layout: the order of volumes, "hwc" or "chw" (channels first); None: as the whole file has it.

    Raises:
        SpecError: a file has mistakes.
        ArchcalcError: a file cannot be read, or has no answers.

    >>> grade("examples/answers.yaml", "alexnet").ok
    False
    """
    from archcalc.classroom.batch import gradings, student_of
    from archcalc.classroom.read.source import read_submission
    from archcalc.classroom.rubric import GradingOptions

    options = GradingOptions(exact=exact, biases=biases, batch=batch, dtype=dtype, layout=layout)
    grading = gradings(key, settings, rubric, options)(student_of(os.fspath(answers)))
    return grading.grade(read_submission(os.fspath(answers)))


def grader(
    key: Target | Network | None = None,
    settings: Settings | None = None,
    *,
    student: str = "",
    rubric: str | None = None,
    exact: bool = False,
    biases: bool | None = None,
    batch: int = 1,
    dtype: str = "float32",
    layout: Literal["hwc", "chw"] | None = None,
) -> Callable[[str], Grade]:
    """Prepare a key once, and grade many files with it.

    Parameters:
        key, settings, rubric, exact, biases, batch, dtype, layout: as for ``grade``.
        student: the student's name. Needed if the key is a folder that ``archcalc quiz`` wrote.

    Returns:
        A function from the path of a file to its grade. It raises as ``grade``.

    Raises:
        SpecError: the key or the rubric has mistakes.
        ArchcalcError: the key or the rubric cannot be read.

    >>> grade_file = grader("alexnet")
    >>> grade_file("examples/answers.yaml").ok
    False
    """
    from archcalc.classroom.batch import gradings
    from archcalc.classroom.read.source import read_submission
    from archcalc.classroom.rubric import GradingOptions

    options = GradingOptions(exact=exact, biases=biases, batch=batch, dtype=dtype, layout=layout)
    grading = gradings(key, settings, rubric, options)(student)
    return lambda path: grading.grade(read_submission(path))


def grade_submission(
    path: FilePath,
    key: Target | Network | None = None,
    settings: Settings | None = None,
    *,
    rubric: str | None = None,
    exact: bool = False,
    biases: bool | None = None,
    batch: int = 1,
    dtype: str = "float32",
    layout: Literal["hwc", "chw"] | None = None,
) -> Grade:
    """Grade what one student handed in. If it cannot be read, the grade has an ``error`` and no points.

    Parameters:
        path: a file, or a folder with one file of any name, as Gradescope has it.
        key, settings, rubric, exact, biases, batch, dtype, layout: as for ``grade``.

    Raises:
        SpecError: the key or the rubric has mistakes.
        ArchcalcError: the key or the rubric cannot be read.

    >>> grade_submission("examples/slide.txt", "vgg16").ok
    False
    >>> grade_submission("examples/nothing.csv", "vgg16").error
    'nothing.csv: No such file or directory'
    """
    from archcalc.classroom.batch import gradings
    from archcalc.classroom.folder import submission_at
    from archcalc.classroom.rubric import GradingOptions

    options = GradingOptions(exact=exact, biases=biases, batch=batch, dtype=dtype, layout=layout)
    submission = submission_at(os.fspath(path))
    return gradings(key, settings, rubric, options)(submission.student).attempt(submission)


def autograder(
    key: str,
    rubric: str,
    settings: Settings | None = None,
    *,
    exact: bool = False,
    biases: bool | None = None,
    batch: int = 1,
    dtype: str = "float32",
    layout: Literal["hwc", "chw"] | None = None,
    reveal: bool = False,
) -> Autograder:
    """The autograder of an assignment for Gradescope: a zip archive with archcalc, the key and the rubric.

    Parameters:
        key: the network of the right answers: a name, or a spec.
        rubric: a path to a YAML file that says what is asked.
        settings, exact, biases, batch, dtype, layout: as for ``grade``.
        reveal: students see the right answers.

    Raises:
        SpecError: the key or the rubric has mistakes.
        ArchcalcError: a file cannot be read, the rubric asks nothing, or the key is a folder.

    >>> made = autograder("alexnet", "examples/rubric.yaml")
    >>> made.points, made.archive[:2]
    (Fraction(100, 1), b'PK')
    """
    from archcalc.classroom.autograder import autograder as make
    from archcalc.classroom.rubric import GradingOptions

    options = GradingOptions(exact=exact, biases=biases, batch=batch, dtype=dtype, layout=layout)
    return make(key, rubric, settings, options, reveal)


def grade_class(
    folder: FilePath,
    key: Target | Network | None = None,
    settings: Settings | None = None,
    *,
    rubric: str | None = None,
    exact: bool = False,
    biases: bool | None = None,
    batch: int = 1,
    dtype: str = "float32",
    layout: Literal["hwc", "chw"] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Class:
    """Grade every file of a folder. If a file cannot be read, its grade has an ``error``.

    Parameters:
        folder: a folder with one file, or one folder, for each student.
        key: as for ``grade``. In a folder that ``archcalc quiz`` wrote, every student has another network
            and another rubric.
        settings, rubric, exact, biases, batch, dtype, layout: as for ``grade``.
        progress: called with the number of files that are done, and of all.

    Raises:
        SpecError: the key or the rubric has mistakes.
        ArchcalcError: the folder is empty or cannot be read.

    Example, with the answers of Ada and Grace in ``class/``::

        [student.name for student in grade_class("class", "alexnet").grades]  # ['ada', 'grace']
    """
    from archcalc.classroom.batch import grade_class as grade_folder
    from archcalc.classroom.batch import gradings, is_folder_of_keys
    from archcalc.classroom.rubric import GradingOptions

    options = GradingOptions(exact=exact, biases=biases, batch=batch, dtype=dtype, layout=layout)
    # No single network can name such a key, because every student has another one.
    key_name = "networks of their own" if is_folder_of_keys(key) else ""
    grading_of = gradings(key, settings, rubric, options)
    return grade_folder(os.fspath(folder), grading_of, progress, key_name)


def mistakes() -> dict[str, str]:
    """The mistakes that ``grade`` recognises: their ids, and the sentences for the student.

    >>> "forgot-padding" in mistakes()
    True
    """
    from archcalc.classroom.batch import mistake_sentences

    return mistake_sentences()


def quiz_columns() -> tuple[str, ...]:
    """The quantities that a worksheet can ask.

    >>> "params" in quiz_columns()
    True
    """
    from archcalc.studies.explain.op import LEADS

    return tuple(LEADS)


def quiz(
    target: Target | Network,
    blank: Sequence[str] | str,
    settings: Settings | None = None,
    *,
    seed: int = 0,
    student: str = "",
    share: Fraction | int = 1,
    cells: int | None = None,
    vary: bool = False,
    flat: bool = False,
    key: str = "",
) -> Quiz:
    """A worksheet: the table of a network with blanks, and its answers.

    Parameters:
        target, settings: as for ``analyze``.
        blank: the quantities that are asked (``output``, ``params``, ``macs``, ...): a list, or one text
            with commas.
        seed, student: the draw depends on these two only.
        share: the share of the fields that are blank, from 0 to 1.
        cells: the number of blanks, instead of ``share``.
        vary: draw another network of the same structure. It gets a new ``spec``, in which layers have plain
            names (``a_b`` for ``a/b``).
        flat: write such a ``spec`` for a network that is not varied, too.
        key: what ``archcalc grade --key`` takes; default: the target.

    Raises:
        SpecError: the spec has mistakes.
        ArchcalcError: a quantity cannot be asked, or the network cannot be varied or written.

    >>> made = quiz("alexnet", "output,params", seed=7, vary=True)
    >>> made.network, made.spec.splitlines()[0]
    ('alexnet-varied', 'name: alexnet-varied')
    """
    from archcalc.classroom.quiz import quiz as make
    from archcalc.classroom.quiz import with_spec

    network = network_of(target, settings)
    how: dict[str, Any] = {"seed": seed, "student": student, "share": share, "cells": cells}
    if vary or flat:
        return with_spec(network, parse_names(blank), vary=vary, **how)
    text = as_text(target)
    key = key or (text if isinstance(text, str) else network.name)
    return replace(make(network, parse_names(blank), **how), key=key)


def students(text: str) -> list[str]:
    """The names of students: as many as a number says, or those in a file.

    Parameters:
        text: a number (``"3"``), or a path to a file with one name on each line.

    Raises:
        ArchcalcError: the file cannot be read, has too many names, or a name that cannot be a file name.

    >>> students("3")
    ['student-1', 'student-2', 'student-3']
    """
    from archcalc.classroom.students import names_of

    return names_of(text)
