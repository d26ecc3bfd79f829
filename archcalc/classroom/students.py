"""The names of students: so many, or those of a file; each name becomes the name of files."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archcalc.errors import ArchcalcError, short
from archcalc.language.find import read_file
from archcalc.results.quiz import KEY, RUBRIC

MOST_STUDENTS = 10_000

_NAME = re.compile(r"[^\W_](?:[\w .'+,-]{0,78}[\w'+,-])?\Z")


def names_of(students: str) -> list[str]:
    """So many students, or those of a file, one a line. Raises ArchcalcError.

    >>> names_of("3")
    ['student-1', 'student-2', 'student-3']
    """
    if students.isdecimal():
        count = int(students[:9])
        if not 1 <= count <= MOST_STUDENTS:
            raise ArchcalcError(f"--students: from 1 to {MOST_STUDENTS:,}, not {short(students)}")
        return [f"student-{number:0{len(str(count))}}" for number in range(1, count + 1)]
    lines = read_file(students).text.splitlines()
    names = {number: " ".join(line.split()) for number, line in enumerate(lines, 1) if line.strip()}
    if not 1 <= len(names) <= MOST_STUDENTS:
        raise ArchcalcError(f"{students}: {len(names):,} names; there must be from 1 to {MOST_STUDENTS:,}")
    _safe(students, names.items())
    return list(names.values())


def _safe(file: str, names: Iterable[tuple[int, str]]) -> None:
    """Every name makes a file of its own in the folder. Raises ArchcalcError."""
    taken: dict[str, str] = {}
    for number, name in names:
        if not _NAME.match(name) or ".." in name:
            hint = "letters, digits, spaces and . _ - ' + , make one; a letter or digit begins it, and no dot ends it"
            raise ArchcalcError(f"{file}:{number}: '{short(name)}' is no name for a file ({hint})")
        for word in (name, f"{name}{KEY}", f"{name}{RUBRIC}".removesuffix(".yaml")):
            if word.casefold() in taken:
                says = f"'{short(name)}' would overwrite the files of '{short(taken[word.casefold()])}'"
                raise ArchcalcError(f"{file}:{number}: {says}")
            taken[word.casefold()] = name
