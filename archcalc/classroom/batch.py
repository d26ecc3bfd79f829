"""Reads and grades submissions: one file, or a whole class in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import replace

from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.folder import Submission, submissions
from archcalc.classroom.grade import NO_OPTIONS, grade, joined, nothing_read, resolved
from archcalc.classroom.read import read_answers
from archcalc.classroom.read.labels import TAUGHT
from archcalc.classroom.read.source import read_submission
from archcalc.classroom.rubric import GradingOptions, Rubric, read_rubric
from archcalc.classroom.submission import AnswerSheet, UnreadLine
from archcalc.classroom.verdicts import SLIPS
from archcalc.errors import ArchcalcError, Source, printable
from archcalc.language.find import Target, network_of, read_file
from archcalc.language.settings import Settings
from archcalc.network import Network
from archcalc.results.grade import OWN_ROWS, UNREAD, Class, Grade, Verdict


class Grading:
    """Grades submissions against one network; without one, each is graded against what its rows describe."""

    def __init__(self, network: Network | None = None, options: GradingOptions = NO_OPTIONS) -> None:
        """Raises SpecError for an invalid network, and ArchcalcError if the rubric names an unknown layer."""
        self.options = options
        self.key = self._key(network) if network else None
        if self.key and options.rubric:
            self.options = replace(options, rubric=resolved(options.rubric, self.key))

    def _key(self, network: Network) -> AnswerKey:
        return AnswerKey(network, batch=self.options.batch, dtype=self.options.dtype)

    def grade(self, source: Source) -> Grade:
        """Grade one text.

        Raises SpecError or ArchcalcError if it has no answers, or no network to grade against.
        """
        rubric = self.options.rubric
        token = TAUGHT.set(rubric.headings if rubric else {})
        try:
            sheets = read_answers(source)
        finally:
            TAUGHT.reset(token)
        if self.key:
            return grade(sheets, self.key, self.options)
        return joined([self._against_own_rows(sheet, strict=len(sheets) == 1) for sheet in sheets])

    def _against_own_rows(self, sheet: AnswerSheet, strict: bool) -> Grade:
        """Grade a table against the network that its rows describe.

        If they describe none, raise ArchcalcError (``strict``), or return an empty grade with the reason.
        """
        from archcalc.classroom.layout import rows_in_standard_order
        from archcalc.classroom.own_network import NoNetworkError, checkable
        from archcalc.classroom.own_network import network_of as network_of_rows

        sheet = checkable(rows_in_standard_order(sheet, self.options.layout))
        try:
            network = network_of_rows(sheet)
        except NoNetworkError as error:
            if strict:
                raise ArchcalcError(f"{printable(sheet.name)}:{error.line}: {error}") from None
            return Grade(sheet.name, "", (), (UnreadLine(error.line, "", str(error)), *sheet.unread))
        key = self._key(network)
        return replace(grade([sheet], key, self.options), assumptions=key.analysis.assumptions)

    def asking(self, questions: Iterable[tuple[str, str]]) -> Grading:
        """The same key, with a rubric that asks these questions and those of its own cells, and no others."""
        made = copy(self)
        made.options = replace(self.options, rubric=(self.options.rubric or Rubric()).asking(questions))
        return made

    def asks_of_all(self) -> bool:
        """Whether every student is asked the same, whatever the others answer: the rubric says what."""
        rubric = self.options.rubric
        # Without a key, each student describes another network, so there is nothing to ask of the others.
        return self.key is None or (rubric is not None and bool(rubric.asked or rubric.totals))

    def attempt(self, submission: Submission) -> Grade:
        """Grade one submission. If that is not possible, the grade has an error, and 0 points of what is
        asked.
        """
        try:
            if submission.refused:
                raise ArchcalcError(submission.refused)
            source = read_submission(submission.path, submission.file)
            return replace(self.grade(source), name=submission.name)
        except (ArchcalcError, RecursionError) as error:
            return self.failed(submission, str(error) or "nested too deeply")

    def failed(self, submission: Submission, error: str) -> Grade:
        """The grade of a submission that could not be read, or that was never handed in."""
        if self.key is None:
            return Grade(submission.name, OWN_ROWS, (), error=error)
        verdict: Verdict = "unread" if submission.handed_in else "missing"
        return replace(nothing_read(submission.name, self.key, self.options, verdict), error=error)


def grade_class(
    folder: str,
    grading_of: Callable[[str], Grading],
    progress: Callable[[int, int], None] | None = None,
    key: str = "",
) -> Class:
    """Grade all files of a folder. ``grading_of`` returns how to grade the student of a name.

    An error that it raises becomes the error of that student's grade. ``key`` describes the networks, if each
    student has another one. Raises ArchcalcError if the folder has no files.
    """
    files = list(submissions(folder))
    if not files:
        raise ArchcalcError(f"{printable(folder)}: no submissions in this folder")
    grades = []
    for number, submission in enumerate(files, 1):
        grades.append(_graded(submission, grading_of))
        if progress:
            progress(number, len(files))
    student = next((file.student for file, grade in zip(files, grades, strict=True) if grade.key), None)
    network = None if student is None else grading_of(student).key
    answered = _in_order(_questions(grades, answered=True), network)
    grades = [
        grade if set(_questions([grade])) == set(answered) else _graded(submission, grading_of, answered)
        for submission, grade in zip(files, grades, strict=True)
    ]
    names = ", ".join(dict.fromkeys(grade.key for grade in grades if grade.key))
    return Class(key or names, tuple(grades), tuple(_in_order(_questions(grades), network)))


def _graded(
    submission: Submission,
    grading_of: Callable[[str], Grading],
    questions: Sequence[tuple[str, str]] | None = None,
) -> Grade:
    """The grade of a submission. ``questions`` are asked of all students, unless a rubric says what is."""
    # A key that is missing for one student must not cost the others their grades.
    try:
        grading = grading_of(submission.student)
    except ArchcalcError as error:
        return Grade(submission.name, "", (), error=str(error))
    if questions is not None and not grading.asks_of_all():
        grading = grading.asking(questions)
    try:
        return grading.attempt(submission)
    except Exception as error:
        # Neither must a bug in archcalc, so it is reported with this file.
        reason = f"{type(error).__name__}: {error}"
        text = f"archcalc failed on this file ({reason}); please report it with the file"
        return grading.failed(submission, printable(text))


def _questions(grades: Iterable[Grade], answered: bool = False) -> list[tuple[str, str]]:
    """The questions with points in at least one grade. ``answered``: only questions with an answer."""
    cells = [cell for grade in grades for cell in grade.cells if cell.max_points]
    if answered:
        cells = [cell for cell in cells if cell.verdict not in ("missing", *UNREAD)]
    return list(dict.fromkeys((cell.layer, cell.quantity) for cell in cells))


def _in_order(questions: Sequence[tuple[str, str]], key: AnswerKey | None) -> list[tuple[str, str]]:
    """The questions in the order of the network's layers; those about the totals come last."""
    paths = [layer.path for layer in key.analysis.layers] if key else []
    places = {"input": -1, "": len(paths)}
    for place, path in enumerate(paths):
        # A block, such as the "a" of "a/b", is at the place of its first layer.
        for end, letter in enumerate(f"{path}/"):
            if letter == "/":
                places.setdefault(path[:end], place)
    quantities = list(dict.fromkeys(quantity for _, quantity in questions))
    return sorted(questions, key=lambda one: (places.get(one[0], len(paths)), quantities.index(one[1])))


def student_of(path: str) -> str:
    """The name of the student: the name of the file without its ending."""
    return os.path.splitext(os.path.basename(path))[0]


def is_folder_of_keys(key: Target | Network | None) -> bool:
    """Whether a key is a folder that ``archcalc quiz --students`` wrote."""
    return isinstance(key, str | os.PathLike) and os.path.isdir(key)


def gradings(
    key: Target | Network | None, settings: Settings | None, rubric: str | None, options: GradingOptions
) -> Callable[[str], Grading]:
    """A function that returns how to grade a student's file.

    All files have one key, which is read once; or, if the key is a folder, each student has the key of that
    name.
    """
    if settings and key is None:
        raise ArchcalcError("--set changes the network of --key; name it with --key")
    if rubric:
        options = replace(options, rubric=load_rubric(rubric))
    if isinstance(key, str | os.PathLike) and is_folder_of_keys(key):
        folder = os.fspath(key)
        return lambda student: Grading(
            network_of(key_of(folder, student), settings),
            options if options.rubric else replace(options, rubric=rubric_of(folder, student)),
        )
    grading = Grading(None if key is None else network_of(key, settings), options)
    return lambda student: grading


def mistake_sentences() -> dict[str, str]:
    """Every mistake that a diagnosis can name, with its sentence for the student."""
    from archcalc.classroom.mistakes import MISTAKES

    return {**{mistake.id: mistake.sentence.format(about="...") for mistake in MISTAKES}, **SLIPS}


def keys_in(folder: str) -> str:
    """The folder with the keys: ``archcalc quiz`` puts it into the folder of the worksheets."""
    from archcalc.results.quiz import KEYS

    keys = os.path.join(folder, KEYS)
    return keys if os.path.isdir(keys) else folder


def key_of(folder: str, student: str) -> str:
    """The path of a student's own spec, which ``archcalc quiz --students`` wrote. Raises ArchcalcError."""
    folder = keys_in(folder)
    path = os.path.join(folder, f"{student}.yaml")
    if not _is_inside(folder, path):
        raise ArchcalcError(f"no key for this student: there is no file {printable(student)}.yaml")
    return path


def rubric_of(folder: str, student: str) -> Rubric | None:
    """The student's own rubric, if there is one."""
    from archcalc.results.quiz import RUBRIC

    folder = keys_in(folder)
    path = os.path.join(folder, f"{student}{RUBRIC}")
    return load_rubric(path) if _is_inside(folder, path) else None


def _is_inside(folder: str, path: str) -> bool:
    """Whether the file exists and lies in the folder, also after links are followed."""
    return os.path.isfile(path) and os.path.dirname(os.path.realpath(path)) == os.path.realpath(folder)


def load_rubric(path: str) -> Rubric:
    """Read the rubric of a YAML file. Raises SpecError or ArchcalcError."""
    return read_rubric(read_file(path), mistake_ids())


def mistake_ids() -> Sequence[str]:
    """The ids of all diagnoses."""
    return list(mistake_sentences())
