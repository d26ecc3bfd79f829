"""Answers as students hand them in: text -> sheets, in whatever format they are written."""

from __future__ import annotations

from archcalc.errors import ArchcalcError, Source, printable
from archcalc.sheet import Sheet


def read_answers(source: Source) -> list[Sheet]:
    """The sheets of a text; what format it is in is told by its content.

    A Markdown table with a column of layers, lecture notation (which may hold several tables), CSV, else YAML or
    JSON. Raises SpecError for a text that is none of them, ArchcalcError for one without a single answer.
    """
    from archcalc.answers import lecture, structured, tabular

    text = source.text
    if not text.strip():
        raise ArchcalcError(f"{printable(source.name)}: there is no answer in it: it is empty")
    if tabular.looks_like_markdown(text):
        sheets = [tabular.read_markdown(text, source.name)]
    elif tabular.looks_like_csv(text):
        sheets = [tabular.read_csv(text, source.name)]
    elif structured.looks_structured(text):
        sheets = [structured.read_structured(source)]
    elif lecture.looks_like_lecture(text):
        sheets = lecture.read_lecture(text, source.name)
    else:
        sheets = [structured.read_structured(source)]
    if not any(sheet.rows or sheet.answers for sheet in sheets):
        why = next((f": line {unread.line}: {unread.why}" for sheet in sheets for unread in sheet.unread), "")
        raise ArchcalcError(f"{printable(source.name)}: there is no answer in it{why}")
    return sheets
