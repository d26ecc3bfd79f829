"""Grade homework, name likely mistakes."""

from __future__ import annotations

import os
import re
from typing import Any

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import needs
from archcalc.cli._output import Output, chosen, endings, formats_of, say_meanings, writers_of
from archcalc.cli._progress import progress_bar
from archcalc.errors import ArchcalcError
from archcalc.results.grade import OWN_ROWS, Class, Grade

WRITERS = writers_of(Grade, Class)


def print_mistakes(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Print every mistake that grade recognises, and end."""
    if value:
        say_meanings(archcalc.mistakes())
        ctx.exit()


@click.command("grade")
@click.argument(
    "answers",
    type=shared.FileName(exists=True, allow_dash=True),
    help="A file, -, or a folder with the files of a class.",
)
@click.option(
    "--key",
    metavar="NETWORK",
    shell_complete=shared.complete_network,
    help="Answer key: a network, a spec, or the folder that `archcalc quiz` wrote.",
)
@click.option(
    "--rubric", type=shared.FileName(exists=True, dir_okay=False), help="Points and partial credit, in YAML."
)
@click.option("--exact", is_flag=True, help="Rounded and truncated numbers are wrong.")
@click.option(
    "--biases/--no-biases", default=None, help="Whether params count biases; default: as the answers say."
)
@click.option(
    "--layout",
    type=click.Choice(["hwc", "chw"]),
    help="Order of volumes: hwc, or chw (channels first); default: as the whole file has it.",
)
@click.option(
    "--reveal/--no-reveal", default=None, help="Show the right answers; default: only without --key."
)
@click.option(
    "--each",
    type=shared.FileName(file_okay=False),
    metavar="FOLDER",
    help="Also write one feedback file per student.",
)
@click.option(
    "--mistakes",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_mistakes,
    help="List the mistakes that grade recognises.",
)
@shared.settings_option
@shared.batch_option
@shared.dtype_option
@shared.output_options_for(Grade, Class)
@needs(
    "--set",
    "--batch",
    "--dtype",
    other="--key",
    because="changes the network of --key",
    instead="name it with --key",
)
def command(
    answers: str,
    key: str | None,
    assignments: tuple[str, ...],
    reveal: bool | None,
    each: str | None,
    format: str | None,
    output: str | None,
    **how: Any,
) -> None:
    """Grade ANSWERS: YAML, JSON, CSV, a Markdown table, or the notation of the lectures.

    \b
    archcalc grade answers.yaml --key vgg16
    archcalc grade slides.txt              a lecture's table: its rows are the key
    archcalc grade class/ --key alexnet --rubric rubric.yaml --each feedback/
    archcalc grade answers.md --key vgg16 --format gradescope -o results.json
    archcalc grade class/ --key sheets/    each with the network of its worksheet

    Exit codes: 0 all answers are right, 1 some are wrong, 2 a file cannot be read.
    """
    reveal = reveal if reveal is not None else key is None
    if os.path.isdir(answers):
        # With --each, --format is for the students' files; the table of the class goes to stdout.
        out = chosen(None if each else format, output, formats_of(Grade, Class))
        with progress_bar("grading") as progress:
            graded = archcalc.grade_class(answers, key, assignments, progress=progress, **how)
        if each:
            write_feedback(graded, each, format or "markdown", reveal)
        out.write(graded, reveal=reveal)
        # One unreadable file outweighs wrong answers: the user has to act on it first.
        failed = any(grade.error for grade in graded.grades)
        raise SystemExit(2 if failed else 0 if all(grade.ok for grade in graded.grades) else 1)
    if each:
        raise click.UsageError("--each writes one file per student of a class; ANSWERS must be a folder then")
    out = chosen(format, output, formats_of(Grade, Class))
    student = os.path.splitext(os.path.basename(answers))[0]
    grade_file = archcalc.grader(key, assignments, student=student, **how)
    try:
        grade = grade_file(answers)
    except ArchcalcError as error:
        if out.format in WRITERS:  # a program reads this file, and finds there why nothing was graded
            out.write(Grade(answers, key or OWN_ROWS, (), error=str(error)), reveal=reveal)
        raise
    out.write(grade, reveal=reveal)
    raise SystemExit(0 if grade.ok else 1)


def write_feedback(graded: Class, folder: str, format: str, reveal: bool) -> None:
    """Write a file for every student into a folder. Raises ArchcalcError."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise ArchcalcError(f"{folder}: {error.strerror}") from None
    taken: set[str] = set()
    for grade in graded.grades:
        path = os.path.join(folder, f"{_file_name(grade.name, taken)}{endings(format)[0]}")
        Output(format, path).write(grade, reveal=reveal)


def _file_name(student: str, taken: set[str]) -> str:
    """A file name for a student, different from the file names of all other students."""
    base = re.sub(r"[^\w.+-]+", "_", student).strip(".") or "student"
    name, number = base, 1
    # Some file systems take Ann.md and ann.md for one file.
    while name.lower() in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name.lower())
    return name
