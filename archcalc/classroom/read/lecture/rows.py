"""One line of lecture notation, such as ``[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.classroom.read.lecture.figures import MEMORY, fields, figure, of_total, output
from archcalc.classroom.read.lecture.layers import NEURONS, Name, cell, implied_by, name_of, options_in
from archcalc.classroom.read.noise import CleanLine, unread
from archcalc.classroom.submission import Answer, AnswerRow, UnreadLine

SPATIAL = ("conv", "maxpool", "avgpool", "lrn")
"""Ops whose output has a height and a width."""

MAX_ROWS = 10_000
"""Rows of one text."""

Kind: TypeAlias = Literal["row", "slide", "bare", "part", "total", "depth"]
"""A row of a table, a row of a slide about one layer, a name alone, a part of the row above, or a total."""


_SIZES = r"[0-9]{1,9}(?:\s?[x*]\s?[0-9]{1,9}){0,2}"
_VOLUME = re.compile(rf"[\[(]\s?({_SIZES})\s?[\])]\s*(?:->|:)?\s*")
_DITTO = re.compile(r"(\(\s?[\"“”″〃]\s?\))\s?->\s*")
_BLANK = re.compile(r"[\[(]\s?[_?.…]{0,40}\s?[\])]\s*(?:->|:)?\s*")
"""A blank for a volume: ``[____]``."""

_BARE_VOLUME = re.compile(rf"({_SIZES})(?: images?)?\Z")
_POINTS_TO = re.compile(rf"->\s?[\[(]\s?({_SIZES})\s?[\])]\s*\Z")
_SEPARATOR = re.compile(r"(?:->|:)\s*")

_SLIDES = (
    # "First layer (CONV1): 96 11x11 filters applied at stride 4"
    re.compile(r"[A-Za-z]{3,12} layer \((?P<name>[^()]{2,20})\)\s?:\s*(?P<description>.+)\Z"),
    # "After CONV1: 55x55x96"
    re.compile(r"After (?P<name>[^:()]{2,20}):\s*(?P<description>.+)\Z", re.IGNORECASE),
)
_PART = re.compile(
    r"(?P<what>output(?: volume| size)?|parameters|params|memory)\s?(?::|(?=\[))\s*(?P<value>[0-9(\[].*)\Z",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"total (?P<what>[a-z]{2,12}(?: [a-z]{2,12})?)\s?[:=]\s*(?P<value>.+)\Z", re.IGNORECASE)
_DEPTH = re.compile(r"([0-9]{1,4}) weight layers\Z", re.IGNORECASE)


class ParsedLine(NamedTuple):
    """What a line holds; ``sure`` if it can only be lecture notation."""

    kind: Kind
    rows: tuple[AnswerRow, ...] = ()
    answers: tuple[Answer, ...] = ()
    unread: tuple[UnreadLine, ...] = ()
    sure: bool = False


def read(line: CleanLine) -> ParsedLine | None:
    """Read a line; None if it is not in this notation."""
    if not line.text:
        return None
    # The forms with fixed words come first; a row may begin with almost any name.
    for form in (_depth, _total, _part, _slide, _row):
        if parsed := form(line):
            return parsed
    return None


def _depth(line: CleanLine) -> ParsedLine | None:
    match = _DEPTH.match(line.text)
    return ParsedLine("depth", answers=(figure("", "depth", match[1], line.number),)) if match else None


def _total(line: CleanLine) -> ParsedLine | None:
    match = _TOTAL.match(line.text)
    total = of_total(match["what"], match["value"], line) if match else None
    return ParsedLine("total", answers=total[0], unread=total[1]) if total else None


def _part(line: CleanLine) -> ParsedLine | None:
    match = _PART.match(line.text)
    if not match:
        return None
    what = "output" if match["what"].lower().startswith("output") else match["what"].lower()
    if what == "output":
        value = match["value"].strip("[]() ")
        return ParsedLine("part", answers=(figure("", "output", value, line.number),))
    answers, rest = fields(f"{what}: {match['value']}", "", line)
    return ParsedLine("part", answers=answers, unread=rest)


def _slide(line: CleanLine) -> ParsedLine | None:
    for form in _SLIDES:
        if (
            (match := form.match(line.text))
            and (name := name_of(match["name"]))
            and name.end == len(match["name"])
        ):
            parsed = _described(line, name, f": {match['description']}", None)
            return parsed and parsed._replace(kind="slide", sure=True)
    return None


def _row(line: CleanLine) -> ParsedLine | None:
    """A row that starts with the name of its layer, or with its volume."""
    if row := cell(line.text, line.number):
        figures = bool(row.options or row.answers)
        bare = not figures and "units" not in row.implied
        return ParsedLine("bare" if bare else "row", rows=(row,), sure=figures)
    text, volume, missed = _volume_first(line)
    name = name_of(text)
    if name is None:
        return _nameless(line, text, volume) if volume else None
    rest = text[name.end :]
    if not rest and volume is None and not missed:
        return ParsedLine("bare", rows=_rows(line, name, (), name.implied))
    return _described(line, name, rest, volume, missed)


def _volume_first(line: CleanLine) -> tuple[str, str | None, tuple[UnreadLine, ...]]:
    """The text behind a volume at the start of a line, the volume (empty for a blank), and unread marks."""
    if match := _VOLUME.match(line.text):
        return line.text[match.end() :], match[1], ()
    if match := _BLANK.match(line.text):
        return line.text[match.end() :], "", ()
    if match := _DITTO.match(line.text):
        missed = unread(line, "a ditto mark; it is unclear which volume it repeats", match[1])
        return line.text[match.end() :], None, (missed,)
    return line.text, None, ()


def _nameless(line: CleanLine, text: str, volume: str) -> ParsedLine | None:
    """``[4096] ¢ 4096 neurons``: the name is damaged, but only fully connected layers have neurons."""
    match = NEURONS.search(text)
    damaged = text[: match.start()].strip() if match else ""
    if match is None or len(damaged) > 8 or text[match.end() :].strip():
        return None
    row = AnswerRow(
        "", "fc", {"units": int(match["units"])}, {}, (output("", volume, line.number),), line.number
    )
    why = "the name of the layer should be here"
    return ParsedLine(
        "row", rows=(row,), unread=(unread(line, why, damaged),) if damaged else (), sure="x" in volume
    )


def _described(
    line: CleanLine, name: Name, rest: str, volume: str | None, missed: tuple[UnreadLine, ...] = ()
) -> ParsedLine | None:
    """A row with a known name: its volume, the description of its layer, and its fields."""
    colon = _SEPARATOR.match(rest)
    rest = rest[colon.end() :] if colon else rest
    field = MEMORY.search(rest)
    description, field_text = (rest[: field.start()].strip(), rest[field.start() :]) if field else (rest, "")
    if volume is None:
        description, volume = _volume_inside(description, bare=colon is not None)
    stated, left = options_in(description, name.op)
    # "memory:" and "params:" occur only in tables, so a line with a field is a row whatever else it says.
    if not field and _is_prose(name, volume, bool(stated), left, bool(missed)):
        return None
    if left:
        missed = (*missed, unread(line, f"this does not describe a layer of type {name.op}", left))
    answers, unread_fields = fields(field_text, name.text, line) if field else ((), ())
    volumes = () if volume is None else (output(name.text, volume, line.number),)
    options = {**name.options, **stated}
    implied = {**name.implied, **implied_by(name.op, options, volume)}
    rows = _rows(line, name._replace(options=options), (*volumes, *answers), implied)
    has_sizes = bool(volume and re.search("[x*]", volume))
    sure = has_sizes or (not left and (field is not None or "kernel" in stated))
    return ParsedLine("row", rows=rows, unread=(*missed, *unread_fields), sure=sure)


def _is_prose(name: Name, volume: str | None, has_options: bool, left: str, has_missed: bool) -> bool:
    """Whether a line without fields is prose that begins with the name of a layer."""
    if volume is None and not has_missed:
        return bool(left) or not has_options
    # "[12] Dropout: a simple way" is a reference to literature.
    return bool(volume and volume.isdecimal()) and (bool(left) or name.op in SPATIAL)


def _volume_inside(head: str, bare: bool) -> tuple[str, str | None]:
    """The description without its volume, and the volume: it stands in front, or behind an arrow."""
    if match := _VOLUME.match(head):
        return head[match.end() :], match[1]
    if bare and (match := _BLANK.match(head)):
        return head[match.end() :], ""
    if match := _POINTS_TO.search(head):
        return head[: match.start()], match[1]
    if bare and (match := _BARE_VOLUME.match(head)) and re.search("[x*]", match[1]):
        return "", match[1]
    return head, None


def _rows(
    line: CleanLine, name: Name, answers: tuple[Answer, ...], implied: Mapping[str, Any]
) -> tuple[AnswerRow, ...]:
    return tuple(
        AnswerRow(
            copy,
            name.op,
            name.options,
            implied,
            tuple(answer._replace(layer=copy) for answer in answers),
            line.number,
        )
        for copy in name.copies or (name.text,)
    )
