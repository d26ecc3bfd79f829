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
from archcalc.errors import ArchcalcError, Source, printable, short
from archcalc.language.find import load
from archcalc.results.conventions import NotJudged
from archcalc.studies.written_number import WrittenCount, written_count

COUNTED = {"macs": "operations", "flops": "operations", "params": "params", "param_bytes": "bytes"}
"""What the columns count that are judged; what others call FLOPs may be MACs, so both are operations."""

_SIZE = re.compile(
    r"(?:input|image|img|infer img|crop|test)?[ _-]*(?:size|resolution|res\.?|input)\Z"
    r"|(?:(?:number|no\.?) of )?(?:tokens|seq(?:uence)?[ _-]*len(?:gth)?)\Z",
    re.I,
)
_SIDE = re.compile(r"\d{2,4}")
_MARKS = re.compile(r"(?:\*(?! ?10\^)|[†‡§`\"'])+|\[\^?[^\]]*\]")
_REMARK = re.compile(r"\s*(?:[(,@|].*)")
_UNIT = re.compile(r"[A-Za-z]")
_EQUATION = re.compile(r"([^:=\d][^:=]*?)\s*[:=]\s*(.*)")
NO_NUMBER = "no number of operations, params or bytes"
NO_NETWORK = "its first column names no network that archcalc knows"
NOTHING = ("", "-", "–", "—", "n/a", "na", "?", "none")


class PublishedNumber(NamedTuple):
    """A number about a network, as a document has it. ``size`` is the side of the input, if it says one."""

    line: int
    network: str
    column: str
    number: WrittenCount
    size: int | None = None


class NumbersFound(NamedTuple):
    """The numbers of a document; ``printed`` is the print of a tool, if it is one. ``without_network``: they
    are plain lines, which name no network. ``not_judged`` are its rows and tables without such numbers.
    """

    numbers: Sequence[PublishedNumber]
    printed: AnswerSheet | None = None
    without_network: bool = False
    not_judged: Sequence[NotJudged] = ()


def numbers_in(source: Source) -> NumbersFound:
    """The numbers of a text: of the tables of models, of the print of a tool, or of lines with a number each.

    Raises ArchcalcError for a text without any.
    """
    parts = [part for rows in tables_in(source.text) for part in _of_table(rows)]
    found = [part for part in parts if isinstance(part, PublishedNumber)]
    if found:
        return NumbersFound(found, not_judged=[part for part in parts if isinstance(part, NotJudged)])
    sheets = _sheets(source)
    found = [number for sheet in sheets if sheet.about for number in numbers_of_sheet(sheet)]
    if found:
        return NumbersFound(found)
    if printed := next((sheet for sheet in sheets if sheet.tool and numbers_of_sheet(sheet)), None):
        return NumbersFound(numbers_of_sheet(printed), printed)
    lines = [part for part in _of_lines(source.lines) if part]
    found = [part for part in lines if isinstance(part, PublishedNumber)]
    if not found:
        raise ArchcalcError(
            f"{printable(source.name)}: no table of models found, no print of a tool, and no line that is a "
            "number: the first column of a table must name networks, and others FLOPs, MACs or params"
        )
    others = [part for part in lines if isinstance(part, NotJudged)]
    return NumbersFound(found, without_network=True, not_judged=others)


def _of_lines(lines: Sequence[str]) -> Iterator[PublishedNumber | NotJudged]:
    """The numbers of lines such as ``4.1G``, ``25.6M params`` and ``FLOPs = 4.134G``."""
    for line, text in enumerate(map(str.strip, lines), 1):
        if not text or text.startswith(("#", "```")):
            continue
        equation = _EQUATION.fullmatch(text)
        label, value = equation.groups() if equation else ("", text)
        column = column_of(meant(label)) if label else None
        number = None
        if not column:
            number = _as_count(value)
        elif column.meaning in COUNTED:
            number = _written(value if _UNIT.search(value) else f"{value}{column.unit}", column.meaning)
        yield PublishedNumber(line, "", label, number) if number else NotJudged(line, short(text), NO_NUMBER)


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


def _of_table(rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[PublishedNumber | NotJudged]:
    """The numbers of a table whose first column names a network that we know, and what is not read of it."""
    (start, headings), *others = rows
    columns = [column_of(meant(heading)) for heading in headings]
    counted = [place for place, column in enumerate(columns) if place and column.meaning in COUNTED]
    if not any(cells and network_named(cells[0]) for _, cells in others):
        if counted:
            yield NotJudged(start, short(" | ".join(headings)), NO_NETWORK)
        return
    sizes = [place for place, heading in enumerate(headings) if place and _SIZE.match(heading.strip())]
    for line, cells in others:
        side = next((_SIDE.search(cells[place]) for place in sizes if place < len(cells)), None)
        for place in counted:
            cell, column = cells[place] if place < len(cells) else "", columns[place]
            text = cell if _UNIT.search(cell) else f"{cell}{column.unit}"
            if _bare(cell) in NOTHING:
                continue
            if number := _written(text, column.meaning):
                size = int(side[0]) if side else None
                yield PublishedNumber(line, cells[0], headings[place], number, size)
            else:
                yield NotJudged(line, short(f"{cells[0]}: {cell}"), NO_NUMBER)


def _bare(text: str) -> str:
    return _MARKS.sub("", text).strip().lower()


def _written(text: str, quantity: str) -> WrittenCount | None:
    """A cell as a number; None if the cell has none. What cannot be read is no number either."""
    count = _as_count(_MARKS.sub("", text).strip())
    return count._replace(counts=COUNTED[quantity]) if count else None


def _as_count(text: str) -> WrittenCount | None:
    try:
        return written_count(text) if text.lower() not in NOTHING else None
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
