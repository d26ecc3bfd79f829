"""Homework checked: every figure, and what probably went wrong."""

from __future__ import annotations

import os

import click

from archcalc.cli import _options as shared
from archcalc.cli._grades import WRITERS, feedback, grader, tell_mistakes, written
from archcalc.cli._progress import progress_bar
from archcalc.errors import ArchcalcError
from archcalc.results.grade import Grade


@click.command("grade")
@click.argument(
    "answers", type=click.Path(exists=True, allow_dash=True), help="A file, - or a folder: a class."
)
@click.option(
    "--key",
    metavar="NETWORK",
    shell_complete=shared.complete_network,
    help="What is right: a name, a spec, a folder.",
)
@click.option(
    "--rubric", type=click.Path(exists=True, dir_okay=False), help="Points and partial credit, in YAML."
)
@click.option("--exact", is_flag=True, help="A rounded or truncated figure is wrong.")
@click.option(
    "--biases/--no-biases", default=None, help="Whether params count biases; default: as the answers say."
)
@click.option("--reveal/--no-reveal", default=None, help="Show what is right; default: only without --key.")
@click.option(
    "--each", type=click.Path(file_okay=False), metavar="FOLDER", help="A file for every student, too."
)
@click.option(
    "--mistakes",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=tell_mistakes,
    help="List what can be wrong.",
)
@shared.settings_option
@shared.batch_option
@shared.dtype_option
@shared.output_options_with(*WRITERS)
def command(
    answers: str,
    key: str | None,
    rubric: str | None,
    exact: bool,
    biases: bool | None,
    reveal: bool | None,
    each: str | None,
    assignments: tuple[str, ...],
    batch: int,
    dtype: str,
    format: str | None,
    output: str | None,
) -> None:
    """ANSWERS held against a network: YAML, JSON, CSV, a Markdown table, or the notation of the lectures.

    \b
    archcalc grade answers.yaml --key vgg16
    archcalc grade slides.txt                     rows of a lecture, against the network that they describe
    archcalc grade class/ --key alexnet --rubric rubric.yaml --each feedback/ --format markdown
    archcalc grade answers.md --key vgg16 --format gradescope -o results.json
    archcalc grade class/ --key sheets/           each against the network of its own worksheet

    Exit codes: 0 all right, 1 some wrong, 2 unreadable.
    """
    from archcalc.classroom.batch import grade_class
    from archcalc.classroom.own_network import OWN_ROWS
    from archcalc.classroom.read.source import read_submission

    if assignments and key is None:
        raise click.UsageError("--set is of the network of --key, and there is none")
    grading_of = grader(key, assignments, rubric, exact=exact, biases=biases, batch=batch, dtype=dtype)
    shown = reveal if reveal is not None else key is None
    if not os.path.isdir(answers):
        name = os.path.splitext(os.path.basename(answers))[0]
        grading = grading_of(name)
        try:
            grade = grading.grade(read_submission(answers))
        except ArchcalcError as error:
            if format in WRITERS:  # whoever waits for such a file is to find there why nothing was graded
                refused = Grade(answers, key or OWN_ROWS, (), error=str(error))
                shared.say_or_write(written(refused, format, output, shown), output)
            raise
        shared.say_or_write(written(grade, format, output, shown), output)
        raise SystemExit(0 if grade.ok else 1)
    with progress_bar("grading") as progress:
        own = "networks of their own" if key and os.path.isdir(key) else ""
        graded = grade_class(answers, grading_of, progress, own)
    if each:
        feedback(graded, each, format or "markdown", shown)
    shared.say_or_write(written(graded, None if each else format, output, shown), output)
    raise SystemExit(
        2 if any(one.error for one in graded.grades) else 0 if all(one.ok for one in graded.grades) else 1
    )
