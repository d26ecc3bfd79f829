"""The numbers of models in a document: the tables of a README, or what a tool has printed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archcalc.classroom.read import read_answers
from archcalc.classroom.read.headings import column_of
from archcalc.classroom.read.labels import meant
from archcalc.classroom.read.markdown import tables_in
from archcalc.classroom.submission import Answer, AnswerSheet
from archcalc.errors import ArchcalcError, Source, printable
from archcalc.language.find import load
from archcalc.studies.written_number import WrittenCount, written_count

COUNTED = {"macs": "operations", "flops": "operations", "params": "params", "param_bytes": "bytes"}
"""What the columns count that are judged; what others call FLOPs may be MACs, so both are operations."""

_SIZE = re.compile(r"(?:input|image|img|infer img|crop|test)?[ _-]*(?:size|resolution|res\.?|input)\Z", re.I)
_SIDE = re.compile(r"\d{2,4}")
_MARKS = re.compile(r"[*†‡§`\"']+|\[\^?[^\]]*\]")
_REMARK = re.compile(r"\s*(?:[(,@|].*)")
_UNIT = re.compile(r"[A-Za-z]")
NOTHING = ("", "-", "–", "—", "n/a", "na", "?", "none")


class PublishedNumber(NamedTuple):
    """A number about a network, as a document has it. ``size`` is the side of the input, if it says one."""

    line: int
    network: str
    column: str
    number: WrittenCount
    size: int | None = None


def numbers_in(source: Source) -> tuple[list[PublishedNumber], AnswerSheet | None]:
    """The numbers of the tables of models in a text; or none, and the print of a tool.

    Raises ArchcalcError for a text without either.
    """
    found = [number for rows in tables_in(source.text) for number in _of_table(rows)]
    if found:
        return found, None
    sheets = _sheets(source)
    found = [number for sheet in sheets if sheet.about for number in numbers_of_sheet(sheet)]
    printed = next((sheet for sheet in sheets if sheet.tool and numbers_of_sheet(sheet)), None)
    if not found and not printed:
        raise ArchcalcError(
            f"{printable(source.name)}: no table of models found, and no print of a tool: the first column "
            "must name networks, and others FLOPs, MACs or params"
        )
    return found, None if found else printed


def _sheets(source: Source) -> list[AnswerSheet]:
    """The sheets of a text in another format; none if it has no answers."""
    try:
        return read_answers(source)
    except ArchcalcError:
        return []


def numbers_of_sheet(sheet: AnswerSheet) -> list[PublishedNumber]:
    """The totals of a sheet."""
    totals = (answer for answer in sheet.answers if not answer.layer and answer.quantity in COUNTED)
    read = ((answer, _count_of(answer)) for answer in totals)
    found = [PublishedNumber(one.line, sheet.about, one.quantity, count) for one, count in read if count]
    return list({(one.column, one.number.text): one for one in found}.values())


def _count_of(answer: Answer) -> WrittenCount | None:
    return _written(f"{answer.text} {answer.unit}", answer.quantity)


def _of_table(rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[PublishedNumber]:
    """The numbers of a table whose first column names a network that we know; else none."""
    (_, headings), *others = rows
    columns = [column_of(meant(heading)) for heading in headings]
    if not any(cells and network_named(cells[0]) for _, cells in others):
        return
    sizes = [place for place, heading in enumerate(headings) if place and _SIZE.match(heading.strip())]
    for line, cells in others:
        side = next((_SIDE.search(cells[place]) for place in sizes if place < len(cells)), None)
        for place, column in enumerate(columns[: len(cells)]):
            if place and column.meaning in COUNTED:
                text = cells[place] if _UNIT.search(cells[place]) else f"{cells[place]}{column.unit}"
                if number := _written(text, column.meaning):
                    yield PublishedNumber(
                        line, cells[0], headings[place], number, int(side[0]) if side else None
                    )


def _written(text: str, quantity: str) -> WrittenCount | None:
    """A cell as a number; None if the cell has none. What cannot be read is no number either."""
    bare = _MARKS.sub("", text).strip()
    if bare.lower() in NOTHING:
        return None
    try:
        return written_count(bare)._replace(counts=COUNTED[quantity])
    except ArchcalcError:
        return None


def network_named(text: str) -> str:
    """The name of a network that a cell means, perhaps with marks or a remark behind it; empty if none.

    >>> network_named("**ResNet-50** (ours)"), network_named("vgg_16*"), network_named("MyNet")
    ('ResNet-50', 'vgg_16', '')
    """
    bare = " ".join(_MARKS.sub("", text).split())
    # A slash would make it a path: ViT-B/16.
    for name in dict.fromkeys(one.replace("/", "-") for one in (bare, _REMARK.sub("", bare))):
        try:
            load(name)
        except ArchcalcError:
            continue
        return name
    return ""
