"""Grade homework, name likely mistakes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._conflicts import excludes, needs
from archcalc.cli._output import (
    Output,
    chosen,
    endings,
    formats_of,
    make_folder,
    say,
    say_meanings,
    writers_of,
)
from archcalc.cli._progress import progress_bar
from archcalc.errors import ArchcalcError
from archcalc.files import write_whole
from archcalc.results.grade import Class, Grade

WRITERS = writers_of(Grade, Class)
FEEDBACK = ("markdown", "html")
"""The formats of a student's feedback: one to send or to keep, one to open in a browser."""


def print_mistakes(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Print every mistake that grade recognises, and end."""
    if value:
        say_meanings(archcalc.mistakes())
        ctx.exit()


@click.command("grade")
@click.argument(
    "answers",
    required=False,
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
    "--return",
    "returned",
    type=shared.FileName(file_okay=False),
    metavar="FOLDER",
    help="Write all that a class needs: grades.csv, class.html and class.md, and feedback/.",
)
@click.option(
    "--autograder",
    type=shared.FileName(dir_okay=False),
    metavar="FILE.zip",
    help="Write an autograder for Gradescope instead of grading.",
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
@needs("--autograder", other="--key", because="contains the key", instead="name it with --key")
@needs("--autograder", other="--rubric", because="asks what a rubric says", instead="name it with --rubric")
@excludes(
    "--autograder",
    takes_no=("answers", "--each", "--return", "--format", "-o"),
    because="writes what Gradescope runs later",
    instead="grade in another run",
)
@excludes(
    "--return",
    takes_no=("--each", "--format", "-o"),
    because="writes a folder with files in several formats",
    instead="use either",
)
def command(
    answers: str | None,
    key: str | None,
    assignments: tuple[str, ...],
    reveal: bool | None,
    each: str | None,
    returned: str | None,
    autograder: str | None,
    format: str | None,
    output: str | None,
    **how: Any,
) -> None:
    """Grade ANSWERS: YAML, JSON, CSV, a Markdown table, or the notation of the lectures.

    \b
    archcalc grade answers.yaml --key vgg16
    archcalc grade slides.txt              a lecture's table: its rows are the key
    archcalc grade class/ --key alexnet --rubric rubric.yaml --return returned/
    archcalc grade class/ --key sheets/    each with the network of its worksheet
    archcalc grade --key hw.yaml --rubric rubric.yaml --autograder hw.zip

    Exit codes: 0 all answers are right, 1 some are wrong, 2 a file cannot be read.
    """
    how |= {"key": key, "settings": assignments}
    if autograder:
        write_autograder(autograder, {**how, "reveal": bool(reveal)})
        return
    if answers is None:
        raise click.UsageError("Missing argument 'ANSWERS'.")
    reveal = reveal if reveal is not None else key is None
    # With --each, --format is for the students' files; the table of the class goes to stdout.
    out = chosen(None if each else format, output, formats_of(Grade, Class))
    # Gradescope has a folder for each submission, and no classes.
    if os.path.isdir(answers) and out.format != "gradescope":
        raise SystemExit(grade_class(answers, out, each, format, returned, reveal, how))
    if each or returned:
        option, what = ("--each", "one file per student") if each else ("--return", "the files")
        raise click.UsageError(f"{option} writes {what} of a class; ANSWERS must be a folder then")
    grade = archcalc.grade_submission(answers, **how)
    # A program that reads this file finds there why nothing was graded.
    if not grade.error or out.format in WRITERS:
        out.write(grade, reveal=reveal)
    if grade.error:
        hint = "; for a class: --each FOLDER --format gradescope" if os.path.isdir(answers) else ""
        raise ArchcalcError(f"{grade.error}{hint}")
    raise SystemExit(0 if grade.ok else 1)


def grade_class(
    folder: str,
    out: Output,
    each: str | None,
    format: str | None,
    returned: str | None,
    reveal: bool,
    how: dict[str, Any],
) -> int:
    """Grade a class, write what is asked for, and return the exit code."""
    with progress_bar("grading") as progress:
        graded = archcalc.grade_class(folder, progress=progress, **how)
    if each:
        write_feedback(graded, each, (format or "markdown",), reveal)
    if returned:
        make_folder(returned)
        for name, its_format in (("grades.csv", "csv"), ("class.md", "markdown"), ("class.html", "html")):
            Output(its_format, os.path.join(returned, name)).write(graded, reveal=reveal)
        write_feedback(graded, os.path.join(returned, "feedback"), FEEDBACK, reveal)
    out.write(graded, reveal=reveal)
    # One unreadable file outweighs wrong answers: the user has to act on it first.
    failed = any(grade.error for grade in graded.grades)
    if how["key"] is None and graded.grades and all(grade.error for grade in graded.grades):
        raise ArchcalcError("no submission is a table that describes its own network: name one with --key")
    return 2 if failed else 0 if all(grade.ok for grade in graded.grades) else 1


def write_autograder(path: str, how: dict[str, Any]) -> None:
    """Write an autograder, and say what to do with it. Raises ArchcalcError."""
    made = archcalc.autograder(**how)
    write_whole(path, made.archive)
    count = f"{made.questions} question{'' if made.questions == 1 else 's'}"
    say(
        f"{path}: an autograder with {count}, {float(made.points):g} points in all.\n"
        f"In Gradescope, give the assignment {float(made.points):g} points, and upload the file under "
        "Configure Autograder.\n"
    )


def write_feedback(graded: Class, folder: str, formats: Sequence[str], reveal: bool) -> None:
    """Write the files of every student into a folder. Raises ArchcalcError."""
    make_folder(folder)
    taken: set[str] = set()
    for grade in graded.grades:
        path = os.path.join(folder, _file_name(grade.name, taken))
        for format in formats:
            Output(format, f"{path}{endings(format)[0]}").write(grade, reveal=reveal)


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
