"""The files that students hand in: those of a class in a folder, or the one file of a submission."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from archcalc.errors import ArchcalcError, printable, short

MOST_FILES = 10_000
MOST_NAMES = 5
"""File names that a message about several files lists."""

NO_FILE = "no file in this folder"
NOTHING = "no file was handed in"


class Submission(NamedTuple):
    """The file of one student, under a unique name.

    ``refused`` is the reason why it is not opened, if any.
    """

    name: str
    path: str
    student: str
    refused: str = ""

    @property
    def file(self) -> str:
        """What messages call the file: its name without the folders, which no student should see."""
        return "<stdin>" if self.path == "-" else os.path.basename(os.path.normpath(self.path))

    @property
    def handed_in(self) -> bool:
        """Whether there is any file."""
        return self.refused not in (NO_FILE, NOTHING)


def submission_at(path: str) -> Submission:
    """The submission of one student: a file, or the only file in a folder, whatever its name is."""
    if not os.path.isdir(path):
        name = Submission("", path, "").file
        return Submission(printable(name), path, os.path.splitext(name)[0])
    files = list(islice(_files_below(path), MOST_FILES))
    if len(files) == 1:
        name = os.path.basename(files[0])
        return Submission(printable(name), files[0], os.path.splitext(name)[0], _refused(files[0]))
    listed = [short(os.path.relpath(file, path)) for file in files[:MOST_NAMES]]
    several = f"{len(files)} files were handed in ({', '.join(listed)}{', ...' * (len(files) > MOST_NAMES)})"
    return Submission("submission", path, "", f"{several}: hand in one file" if files else NOTHING)


def _files_below(path: str) -> Iterator[str]:
    """The files in a folder and in the folders inside it: an unpacked archive has such folders."""
    for where, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if name[0] != "." and name != "__MACOSX")
        yield from (os.path.join(where, name) for name in sorted(files) if name[0] != ".")


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
            yield Submission(printable(name), entry.path, student, _refused(entry.path))


def _inside(folder: os.DirEntry[str]) -> Iterator[Submission]:
    try:
        files = [entry for entry in _entries(folder.path) if not _is_folder(entry)]
    except OSError as error:
        yield Submission(printable(folder.name), folder.path, folder.name, error.strerror or "cannot be read")
        return
    if not files:
        yield Submission(printable(folder.name), folder.path, folder.name, NO_FILE)
    for file in files:
        name = folder.name if len(files) == 1 else f"{folder.name}/{file.name}"
        yield Submission(printable(name), file.path, name, _refused(file.path))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(
            (entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name
        )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _refused(path: str) -> str:
    """The reason why a file is not opened, if any."""
    # A link may lead out of the class, and reading a device may never end.
    if os.path.islink(path):
        return "links are not followed"
    return "" if os.path.isfile(path) else "not a regular file"
