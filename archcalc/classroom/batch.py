"""Reads and grades submissions: one file, or a whole class in a folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.class_questions import same_questions
from archcalc.classroom.grade import NO_OPTIONS, grade, joined, missing, resolved, scaled
from archcalc.classroom.read import read_answers
from archcalc.classroom.read.labels import TAUGHT
from archcalc.classroom.read.source import read_submission
from archcalc.classroom.rubric import GradingOptions, Rubric, read_rubric
from archcalc.classroom.submission import AnswerSheet
from archcalc.classroom.verdicts import SLIPS
from archcalc.errors import ArchcalcError, Source, printable
from archcalc.language.find import network_of, read_file
from archcalc.language.settings import Settings
from archcalc.network import Network
from archcalc.results.grade import OWN_ROWS, Class, Grade

MOST_FILES = 10_000


class Submission(NamedTuple):
    """The file of one student, under a unique name.

    ``refused`` is the reason why it is not opened, if any.
    """

    name: str
    path: str
    student: str
    refused: str = ""


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
            return Grade(sheet.name, "", (), ((error.line, "", str(error)), *sheet.unread))
        key = self._key(network)
        return replace(grade([sheet], key, self.options), assumptions=key.analysis.assumptions)

    def attempt(self, submission: Submission) -> Grade:
        """Grade one file of a class; any failure becomes the error of this grade."""
        try:
            if submission.refused:
                raise ArchcalcError(f"{printable(submission.path)}: {submission.refused}")
            return replace(self.grade(read_submission(submission.path)), name=submission.name)
        except (ArchcalcError, RecursionError) as error:
            return self._refused(submission, str(error) or "nested too deeply")
        except Exception as error:
            # A bug in archcalc must not cost the rest of the class its grades, so it is reported with this
            # file.
            reason = f"{type(error).__name__}: {error}"
            text = f"archcalc failed on this file ({reason}); please report it with the file"
            return self._refused(submission, printable(text))

    def _refused(self, submission: Submission, error: str) -> Grade:
        """The grade of a file that could not be read: no points of what was asked."""
        rubric = self.options.rubric
        cells = missing((), self.key, rubric, "unread") if self.key and rubric else []
        return scaled(Grade(submission.name, self._name(), tuple(cells), error=error), rubric)

    def _name(self) -> str:
        return self.key.network.name if self.key else OWN_ROWS


def grade_class(
    folder: str,
    grading_of: Callable[[str], Grading],
    progress: Callable[[int, int], None] | None = None,
    key: str = "",
    has_rubric: bool = False,
) -> Class:
    """Grade all files of a folder. ``grading_of`` returns how to grade the student of a name.

    An error that it raises becomes the error of that student's grade. ``key`` describes the networks, if each
    student has another one. Without a rubric (``has_rubric``), all are asked what any of them
    answered. Raises ArchcalcError if the folder has no files.
    """
    files = list(submissions(folder))
    if not files:
        raise ArchcalcError(f"{printable(folder)}: no submissions in this folder")
    grades = []
    # A key that is missing for one student must not cost the others their grades.
    for number, submission in enumerate(files, 1):
        try:
            grades.append(grading_of(submission.student).attempt(submission))
        except ArchcalcError as error:
            grades.append(Grade(submission.name, "", (), error=str(error)))
        if progress:
            progress(number, len(files))
    names = ", ".join(dict.fromkeys(grade.key for grade in grades if grade.key))
    return same_questions(Class(key or names, tuple(grades)), is_asked=key != "" or has_rubric)


def student_of(path: str) -> str:
    """The name of the student: the name of the file without its ending."""
    return os.path.splitext(os.path.basename(path))[0]


def is_folder_of_keys(key: str | Network | None) -> bool:
    """Whether a key is a folder that ``archcalc quiz --students`` wrote."""
    return isinstance(key, str) and os.path.isdir(key)


def gradings(
    key: str | Network | None, settings: Settings | None, rubric: str | None, options: GradingOptions
) -> Callable[[str], Grading]:
    """A function that returns how to grade a student's file.

    All files have one key, which is read once; or, if the key is a folder, each student has the key of that
    name.
    """
    if settings and key is None:
        raise ArchcalcError("--set changes the network of --key; name it with --key")
    if rubric:
        options = replace(options, rubric=load_rubric(rubric))
    if isinstance(key, str) and is_folder_of_keys(key):
        folder = key
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


def key_of(folder: str, student: str) -> str:
    """The path of a student's own spec, which ``archcalc quiz --students`` wrote. Raises ArchcalcError."""
    path = os.path.join(folder, f"{student}.yaml")
    if not _is_inside(folder, path):
        raise ArchcalcError(f"{printable(path)}: no key for this student")
    return path


def rubric_of(folder: str, student: str) -> Rubric | None:
    """The student's own rubric, if there is one."""
    from archcalc.results.quiz import RUBRIC

    path = os.path.join(folder, f"{student}{RUBRIC}")
    return load_rubric(path) if _is_inside(folder, path) else None


def _is_inside(folder: str, path: str) -> bool:
    """Whether the file exists and lies in the folder, also after links are followed."""
    return os.path.isfile(path) and os.path.dirname(os.path.realpath(path)) == os.path.realpath(folder)


def submissions(folder: str) -> Iterator[Submission]:
    """The submissions of a folder in the order of their names.

    A file that is alone in a folder has the folder's name.

    Hidden files are left out. Links and devices are not opened; they, and folders without a file, are
    submissions with an error. Raises ArchcalcError if the folder cannot be read.
    """
    try:
        entries = _entries(folder)
    except OSError as error:
        raise ArchcalcError(f"{printable(folder)}: {error.strerror}") from None
    if len(entries) > MOST_FILES:
        raise ArchcalcError(f"{printable(folder)}: more than {MOST_FILES:,} files")
    students = [entry.name if _is_folder(entry) else os.path.splitext(entry.name)[0] for entry in entries]
    # Ada.md and Ada.csv are two submissions; then the full file names tell them apart.
    counts = Counter(student.lower() for student in students)
    for entry, student in zip(entries, students, strict=True):
        if _is_folder(entry):
            yield from _inside(entry)
        else:
            name = student if counts[student.lower()] == 1 else entry.name
            yield Submission(printable(name), entry.path, student, _refused(entry))


def _inside(folder: os.DirEntry[str]) -> Iterator[Submission]:
    try:
        files = [entry for entry in _entries(folder.path) if not _is_folder(entry)]
    except OSError as error:
        yield Submission(printable(folder.name), folder.path, folder.name, error.strerror or "cannot be read")
        return
    if not files:
        yield Submission(printable(folder.name), folder.path, folder.name, "no file in this folder")
    for file in files:
        name = folder.name if len(files) == 1 else f"{folder.name}/{file.name}"
        yield Submission(printable(name), file.path, name, _refused(file))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(
            (entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name
        )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _refused(entry: os.DirEntry[str]) -> str:
    """The reason why a file is not opened, if any."""
    # A link may lead out of the class, and reading a device may never end.
    if entry.is_symlink():
        return "links are not followed"
    return "" if entry.is_file(follow_symlinks=False) else "not a regular file"


def load_rubric(path: str) -> Rubric:
    """Read the rubric of a YAML file. Raises SpecError or ArchcalcError."""
    return read_rubric(read_file(path), mistake_ids())


def mistake_ids() -> Sequence[str]:
    """The ids of all diagnoses."""
    return list(mistake_sentences())
