"""Submissions read and graded: one file, or a class in a folder, where a broken file stops nobody else."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from archcalc.classroom.answer_key import Key
from archcalc.classroom.grade import grade, joined, resolved
from archcalc.classroom.mistakes import MISTAKES
from archcalc.classroom.read import read_answers
from archcalc.classroom.read.source import read_submission
from archcalc.classroom.row_network import OWN_ROWS, NoNetwork, network_of
from archcalc.classroom.rubric import read_rubric
from archcalc.classroom.submission import AnswerSheet, Rubric
from archcalc.classroom.verdicts import SLIPS
from archcalc.errors import ArchcalcError, Source, printable
from archcalc.language.find import read_file
from archcalc.network import Network
from archcalc.results.grade import Class, Grade

MOST_FILES = 10_000
RUBRIC = "-rubric.yaml"
"""What the name of a student's own rubric ends with."""


class Submission(NamedTuple):
    """One student's file under a name that no other has; ``refused`` is why it is not even opened."""

    name: str
    path: str
    student: str
    refused: str = ""


class Grading:
    """How submissions are graded: against which network, with which rubric, how strictly."""

    def __init__(
        self,
        network: Network | None = None,
        *,
        rubric: Rubric | None = None,
        exact: bool = False,
        biases: bool | None = None,
        batch: int = 1,
        dtype: str = "float32",
    ) -> None:
        """Without a network a submission must be in lecture notation, and is held against the network of its rows.

        Raises SpecError if the network is none, ArchcalcError if the rubric names a layer that it has not.
        """
        self.exact, self.biases, self.batch, self.dtype = exact, biases, batch, dtype
        self.key = self._key(network) if network else None
        self.rubric = resolved(rubric, self.key) if rubric and self.key else rubric

    def _key(self, network: Network) -> Key:
        return Key(network, batch=self.batch, dtype=self.dtype)

    def grade(self, source: Source) -> Grade:
        """The grade of one text. Raises SpecError or ArchcalcError if nothing can be read or held against it."""
        sheets = read_answers(source)
        if self.key:
            return grade(sheets, self.key, self.rubric, exact=self.exact, biases=self.biases)
        return joined([self._by_itself(sheet, strict=len(sheets) == 1) for sheet in sheets])

    def _by_itself(self, sheet: AnswerSheet, strict: bool) -> Grade:
        """A table held against the network that its own rows describe; not ``strict``: with the reason why not."""
        try:
            network = network_of(sheet)
        except NoNetwork as error:
            if strict:
                raise ArchcalcError(f"{printable(sheet.name)}:{error.line}: {error}") from None
            return Grade(sheet.name, "", (), ((error.line, "", str(error)), *sheet.unread))
        key = self._key(network)
        graded = grade([sheet], key, self.rubric, exact=self.exact, biases=self.biases)
        return graded._replace(workings=key.analysis.assumptions)

    def attempt(self, submission: Submission) -> Grade:
        """The grade of one file of a class; whatever is wrong with it is its error."""
        try:
            if submission.refused:
                raise ArchcalcError(f"{printable(submission.path)}: {submission.refused}")
            return self.grade(read_submission(submission.path))._replace(name=submission.name)
        except (ArchcalcError, RecursionError) as error:
            return Grade(submission.name, self._name(), (), error=str(error) or "nested too deeply")
        except Exception as error:
            # A mistake of ours must not cost a class its grades; it is told with the student's name on it.
            says = f"archcalc failed on this file ({type(error).__name__}: {error}); please report it with the file"
            return Grade(submission.name, self._name(), (), error=printable(says))

    def _name(self) -> str:
        return self.key.network.name if self.key else OWN_ROWS


def grade_class(
    folder: str,
    grading_of: Callable[[str], Grading],
    progress: Callable[[int, int], None] | None = None,
    key: str = "",
) -> Class:
    """The grades of all files of a folder; ``grading_of`` tells by a student's name how to grade.

    What it raises is that student's error. ``key`` is what all are held against, in words, if it is not one network.
    Raises ArchcalcError if there is no file.
    """
    found = list(submissions(folder))
    if not found:
        raise ArchcalcError(f"{printable(folder)}: there is no submission in it")
    grades = []
    for number, submission in enumerate(found, 1):
        try:
            grades.append(grading_of(submission.student).attempt(submission))
        except ArchcalcError as error:
            grades.append(Grade(submission.name, "", (), error=str(error)))
        if progress:
            progress(number, len(found))
    names = ", ".join(dict.fromkeys(grade.key for grade in grades if grade.key))
    return Class(key or names, tuple(grades))


def key_of(folder: str, student: str) -> str:
    """The spec of a student's own network among those that ``archcalc quiz --students`` wrote. Raises ArchcalcError."""
    path = os.path.join(folder, f"{student}.yaml")
    if not _is_inside(folder, path):
        raise ArchcalcError(f"{printable(path)}: there is no key of that name")
    return path


def rubric_of(folder: str, student: str) -> Rubric | None:
    """A student's own rubric, if there is one."""
    path = os.path.join(folder, f"{student}{RUBRIC}")
    return load_rubric(path) if _is_inside(folder, path) else None


def _is_inside(folder: str, path: str) -> bool:
    """Whether there is such a file, and it lies in the folder."""
    return os.path.isfile(path) and os.path.dirname(os.path.realpath(path)) == os.path.realpath(folder)


def submissions(folder: str) -> Iterator[Submission]:
    """The files of a folder in the order of their names; of a folder inside it the one file, under the folder's name.

    Hidden files are left out. Links, devices and folders without a file are told, and not followed. Raises
    ArchcalcError if the folder cannot be read.
    """
    try:
        entries = _entries(folder)
    except OSError as error:
        raise ArchcalcError(f"{printable(folder)}: {error.strerror}") from None
    if len(entries) > MOST_FILES:
        raise ArchcalcError(f"{printable(folder)}: more than {MOST_FILES:,} files")
    students = [entry.name if _is_folder(entry) else os.path.splitext(entry.name)[0] for entry in entries]
    taken = Counter(student.lower() for student in students)
    for entry, student in zip(entries, students, strict=True):
        if _is_folder(entry):
            yield from _inside(entry)
        else:
            name = student if taken[student.lower()] == 1 else entry.name
            yield Submission(printable(name), entry.path, student, _refused(entry))


def _inside(folder: os.DirEntry[str]) -> Iterator[Submission]:
    try:
        files = [entry for entry in _entries(folder.path) if not _is_folder(entry)]
    except OSError as error:
        yield Submission(printable(folder.name), folder.path, folder.name, error.strerror or "cannot be read")
        return
    if not files:
        yield Submission(printable(folder.name), folder.path, folder.name, "there is no file in this folder")
    for file in files:
        name = folder.name if len(files) == 1 else f"{folder.name}/{file.name}"
        yield Submission(printable(name), file.path, name, _refused(file))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((one for one in entries if not one.name.startswith(".")), key=lambda one: one.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _refused(entry: os.DirEntry[str]) -> str:
    """Why a file is not opened: links lead out of the class, and devices never end."""
    if entry.is_symlink():
        return "it is a link, and links are not followed"
    return "" if entry.is_file(follow_symlinks=False) else "it is no regular file"


def load_rubric(path: str) -> Rubric:
    """The rubric of a YAML file. Raises SpecError or ArchcalcError."""
    return read_rubric(read_file(path), mistake_ids())


def mistake_ids() -> Sequence[str]:
    """The ids of all mistakes that a diagnosis can name."""
    return [*(mistake.id for mistake in MISTAKES), *SLIPS]
