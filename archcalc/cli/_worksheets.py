"""What ``archcalc quiz`` writes: one worksheet, or one for each student."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import click

from archcalc.classroom.batch import RUBRIC
from archcalc.cli import _options as shared
from archcalc.errors import ArchcalcError, short
from archcalc.files import write_whole

ENDINGS = {"markdown": ".md", "latex": ".tex", "html": ".html"}
MOST_STUDENTS = 10_000
KEY = "-key"
"""What the name of a key's file ends with, before its ending."""

_NAME = re.compile(r"[^\W_](?:[\w .'+,-]{0,78}[\w'+,-])?\Z")


class Share(click.ParamType[Fraction]):
    """A percentage."""

    name = "PERCENT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)%", str(value).strip())
        if not found:
            self.fail(f"'{short(str(value))}' is no percentage such as 50%", param, ctx)
        return Fraction(found[1]) / 100


def one(
    asked: Mapping[str, Any],
    output: str | None,
    key: str | None,
    key_spec: str | None,
    rubric: str | None,
    format: str | None,
) -> None:
    """A worksheet on stdout or in a file; its key, its network and its rubric in files if they are asked for."""
    import archcalc
    from archcalc.render import quiz as texts

    if output and os.path.isdir(output):
        raise ArchcalcError(f"{output} is a folder: --students writes into one")
    files = [
        path if path == "-" else os.path.realpath(path)
        for path in (output or "-", key, key_spec, rubric)
        if path
    ]
    if len(set(files)) < len(files) or "-" in files[1:]:
        raise ArchcalcError("worksheet, key, spec and rubric need files of their own")
    format = texts.chosen_format(format, output)
    key_format = texts.chosen_format(None, key) if key else format
    made = archcalc.quiz(**asked, flat=bool(key_spec))
    sheet = texts.worksheet(made, format)
    if key:
        write_whole(key, texts.key(made, key_format))
    if key_spec:
        write_whole(key_spec, made.spec)
    if rubric:
        write_whole(rubric, texts.rubric(made))
    shared.say_or_write(sheet, output)


def each(asked: Mapping[str, Any], names: Sequence[str], folder: str, format: str) -> None:
    """A worksheet, a key, a spec, and a rubric if some fields are given, for each student, in a folder."""
    import archcalc
    from archcalc.cli._progress import progress_bar
    from archcalc.render import quiz as texts

    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise ArchcalcError(f"cannot write into {folder}: {error.strerror or error}") from None
    with progress_bar("worksheets") as progress:
        for done, name in enumerate(names, 1):
            made = archcalc.quiz(**asked, student=name, flat=True)
            path = os.path.join(folder, name)
            write_whole(f"{path}.yaml", made.spec)
            write_whole(f"{path}{ENDINGS[format]}", texts.worksheet(made, format))
            write_whole(f"{path}{KEY}{ENDINGS[format]}", texts.key(made, format))
            if made.gives_some():
                write_whole(f"{path}{RUBRIC}", texts.rubric(made))
            if progress:
                progress(done, len(names))


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
    from archcalc.language.find import read_file

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
