"""The names of students, from a number or from a file; each name becomes the name of files."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archcalc.errors import ArchcalcError, short
from archcalc.language.find import read_file
from archcalc.results.quiz import KEY, RUBRIC

MOST_STUDENTS = 10_000

_NAME = re.compile(r"[^\W_](?:[\w .'+,-]{0,78}[\w'+,-])?\Z")


def names_of(students: str) -> list[str]:
    """The names for a number of students, or the names in a file, one on each line. Raises ArchcalcError.

    >>> names_of("3")
    ['student-1', 'student-2', 'student-3']
    """
    if students.isdecimal():
        count = int(students[:9])  # a longer number is too large in any case
        if not 1 <= count <= MOST_STUDENTS:
            raise ArchcalcError(f"--students: from 1 to {MOST_STUDENTS:,}, not {short(students)}")
        return [f"student-{number:0{len(str(count))}}" for number in range(1, count + 1)]
    lines = read_file(students).text.splitlines()
    names = {number: " ".join(line.split()) for number, line in enumerate(lines, 1) if line.strip()}
    if not 1 <= len(names) <= MOST_STUDENTS:
        raise ArchcalcError(f"{students}: {len(names):,} names; there must be from 1 to {MOST_STUDENTS:,}")
    _check_names(students, names.items())
    return list(names.values())


def _check_names(file: str, names: Iterable[tuple[int, str]]) -> None:
    """Check that every name makes separate files in the folder. Raises ArchcalcError."""
    # Keyed without case: some file systems do not tell Ada.yaml from ada.yaml.
    taken: dict[str, str] = {}
    for number, name in names:
        if not _NAME.match(name) or ".." in name:
            hint = "letters, digits, spaces and . _ - ' + ,; a letter or digit first, no dot last"
            raise ArchcalcError(f"{file}:{number}: '{short(name)}' is not a valid file name ({hint})")
        for word in (name, f"{name}{KEY}", f"{name}{RUBRIC}".removesuffix(".yaml")):
            if word.casefold() in taken:
                says = f"'{short(name)}' would overwrite the files of '{short(taken[word.casefold()])}'"
                raise ArchcalcError(f"{file}:{number}: {says}")
            taken[word.casefold()] = name
