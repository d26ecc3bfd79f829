"""Answers as students hand them in: text -> answer sheets, in any of the formats.

Each format is one module with two functions: ``recognises(text)`` says whether a text is in this format, and
``read(source)`` reads it. Only the formats that a text may be in are imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from archcalc.classroom.read.source import SubmittedText
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import ArchcalcError, Source, SpecError, printable


def _may_have_columns(text: str) -> bool:
    """Whether a text may be CSV, columns or blocks: not if each line has figures in braces, as in YAML."""
    return any(line and not (line.endswith("}") and "{" in line) for line in text.splitlines())


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "html": lambda text: "<" in text,
    "markdown": lambda text: "|" in text,
    "latex": lambda text: "\\begin{tab" in text,
    "csv": _may_have_columns,
    "aligned": _may_have_columns,
    "blocks": _may_have_columns,
    "yaml": lambda text: True,
    "lecture": lambda text: True,
    "statements": lambda text: True,
}
"""The formats in the order in which they are asked, and a mark that every text in this format has.

Those with the clearest marks come first.
"""

MAX_ANSWERS = 10_000
"""Figures and rows of one submission."""

ACCEPTED = (
    "answers are YAML or JSON (conv1: {output: 55x55x96, params: 34944}), "
    "a table in CSV, Markdown, LaTeX, HTML or columns with the headings layer and output, params, ..., "
    "the print of a tool, "
    "or lecture notation (docs/grading.md)"
)
"""The end of a message about a text in none of the formats."""


def read_answers(source: Source) -> list[AnswerSheet]:
    """Read the sheets of a text; its content decides the format.

    Lecture notation may hold several tables; each becomes a sheet. Raises SpecError for broken YAML, and
    ArchcalcError for a text without a single answer or in no known format.
    """
    if not source.text.strip():
        raise ArchcalcError(f"{printable(source.name)}: no answers found: the file is empty")
    source = _without_quotes(source)
    format = next((module for module in _possible(source.text) if module.recognises(source.text)), None)
    sheets: list[AnswerSheet] = (format.read(source) if format else []) or _read_unrecognised(source)
    count = sum(len(sheet.figures()) + len(sheet.rows) for sheet in sheets)
    # A text that was read but has no figure shows the first reason, else the student sees only "nothing".
    if not count:
        why = next((f": line {unread.line}: {unread.why}" for sheet in sheets for unread in sheet.unread), "")
        raise ArchcalcError(f"{printable(source.name)}: no answers found{why}; {ACCEPTED}")
    if count > MAX_ANSWERS:
        raise ArchcalcError(f"{printable(source.name)}: more than {MAX_ANSWERS:,} answers in one submission")
    # How the file was read concerns all its sheets; it is said once.
    notes = source.notes if isinstance(source, SubmittedText) else ()
    return [sheets[0]._replace(notes=(*notes, *sheets[0].notes)), *sheets[1:]] if notes else sheets


_QUOTED = re.compile(r"(?:> ?)+")


def _without_quotes(source: Source) -> Source:
    """The text without the marks of a mail that quotes it; every line of it has one."""
    lines = source.lines
    if not all(line.startswith(">") for line in lines if line.strip()):
        return source
    text = "\n".join(_QUOTED.sub("", line, count=1) for line in lines)
    notes = source.notes if isinstance(source, SubmittedText) else ()
    return SubmittedText(source.name, text, notes)


def _possible(text: str) -> Iterator[Any]:
    """The modules of the formats that a text may be in."""
    return (import_module(f"{__name__}.{name}") for name, has_mark in FORMATS.items() if has_mark(text))


def _read_unrecognised(source: Source) -> list[AnswerSheet]:
    """Read a text that no format recognises as YAML (``params: 62.4M`` has no sure mark of it).

    Raises SpecError if some line is a mapping, so that the student sees which character is wrong.
    """
    from archcalc.classroom.read import yaml

    try:
        return yaml.read(source)
    except SpecError:
        if any(map(yaml.is_mapping, source.lines)):
            raise
    raise ArchcalcError(f"{printable(source.name)}: no answers found; {ACCEPTED}")
