"""Answers as students hand them in: text -> sheets, in whatever format they are written."""

from __future__ import annotations

from collections.abc import Callable

from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import ArchcalcError, Source, SpecError, printable

MAX_ANSWERS = 10_000
"""Figures and rows of one submission."""

FORMATS = (
    "answers are YAML or JSON (conv1: {output: 55x55x96, params: 34944}), a table in CSV, Markdown, LaTeX or HTML "
    "whose headings are layer and output, params, ..., or the notation of the lectures (docs/grading.md)"
)
"""What is told of a text in none of them."""


def read_answers(source: Source) -> list[AnswerSheet]:
    """The sheets of a text; what format it is in is told by its content.

    A table in HTML, Markdown, LaTeX or CSV with a column of layers, YAML or JSON, else lecture notation (which may
    hold several tables). Raises SpecError for a text that is none of them, ArchcalcError for one without a single
    answer.
    """
    if not source.text.strip():
        raise ArchcalcError(f"{printable(source.name)}: there is no answer in it: it is empty")
    sheets = next(read(source) for looks_like_it, read in _readers() if looks_like_it(source.text))
    count = sum(len(sheet.figures()) + len(sheet.rows) for sheet in sheets)
    if not count:
        why = next((f": line {unread.line}: {unread.why}" for sheet in sheets for unread in sheet.unread), "")
        raise ArchcalcError(f"{printable(source.name)}: there is no answer in it{why}; {FORMATS}")
    if count > MAX_ANSWERS:
        raise ArchcalcError(f"{printable(source.name)}: more than {MAX_ANSWERS:,} answers are no homework")
    return sheets


def _readers() -> tuple[tuple[Callable[[str], bool], Callable[[Source], list[AnswerSheet]]], ...]:
    """How each format is told and read, the surest first; the last one takes what is left."""
    from archcalc.classroom.read import html as page
    from archcalc.classroom.read import lecture, tabular
    from archcalc.classroom.read import yaml as structured

    return (
        (page.looks_like_html, lambda source: [page.read_html(source.text, source.name)]),
        (tabular.looks_like_markdown, lambda source: [tabular.read_markdown(source.text, source.name)]),
        (tabular.looks_like_latex, lambda source: [tabular.read_latex(source.text, source.name)]),
        (tabular.looks_like_csv, lambda source: [tabular.read_csv(source.text, source.name)]),
        (structured.looks_structured, lambda source: [structured.read_structured(source)]),
        (lecture.looks_like_lecture, lambda source: lecture.read_lecture(source.text, source.name)),
        (lambda text: True, lambda source: [_of_no_format(source)]),
    )


def _of_no_format(source: Source) -> AnswerSheet:
    """A text that shows no format: it may be YAML (``params: 62.4M``). Raises SpecError where only a bit is missing."""
    from archcalc.classroom.read import yaml as structured

    try:
        return structured.read_structured(source)
    except SpecError:
        if any(map(structured.is_mapping, source.lines)):
            raise
    raise ArchcalcError(f"{printable(source.name)}: there is no answer in it; {FORMATS}")
