"""Answers in blocks: the name of a layer on a line of its own, and its figures on the lines below.

Such a block looks like YAML, but its name has no colon. It may be a heading with a list, as in Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from archcalc.classroom.names import layer_name
from archcalc.classroom.read.arranged import plain_cell
from archcalc.classroom.read.headings import column_of
from archcalc.classroom.read.labels import in_unit, is_total
from archcalc.classroom.read.noise import clean
from archcalc.classroom.read.number import answer
from archcalc.classroom.read.prose import missed
from archcalc.classroom.read.words import is_total_word
from archcalc.classroom.submission import Answer, AnswerSheet, UnreadLine
from archcalc.errors import Source, short

MAX_WIDTH = 200
MAX_WORDS = 4
"""A line with more words is a sentence, and not a name."""

FEWEST_BLOCKS = 2

_MARK = re.compile(r"\s*(?:#{1,6}|[-*•+]|[0-9]{1,3}[.)])\s+")
_FIGURE = re.compile(r"(?P<word>[^:=]{1,40}?)\s*[:=]\s*(?P<value>\S.*)")


class _Line(NamedTuple):
    """A line with the name of a layer, or with a quantity and its value."""

    number: int
    name: str = ""
    word: str = ""
    value: str = ""


def recognises(text: str) -> bool:
    """Whether a text has at least two names of layers with figures below.

    >>> recognises("conv1\\n  output: 55x55x96\\n\\npool1\\n  output: 27x27x96")
    True
    >>> recognises("conv1:\\n  output: 55x55x96\\npool1:\\n  output: 27x27x96")
    False
    """
    names = list(_lines(text))
    blocks = sum(bool(first.name and below.word) for first, below in pairwise(names))
    # A figure above the first name would belong to nothing.
    return blocks >= FEWEST_BLOCKS and bool(names[0].name)


def read(source: Source) -> list[AnswerSheet]:
    """Read every block. Other lines that look like answers are reported."""
    answers: list[Answer] = []
    read_lines: set[int] = set()
    layer, row = "", 0
    for block, line in enumerate(_lines(source.text), 1):
        read_lines.add(line.number)
        if line.name:
            layer, row = line.name, block
            continue
        column = column_of(line.word)
        name = "" if is_total(layer) or is_total_word(layer) else layer
        given = answer(name, column.meaning, in_unit(line.value, column.unit), line.number)
        answers.append(given._replace(row=row))
    others = [
        UnreadLine(number, short(line.strip(), 100), why)
        for number, line in enumerate(source.text.splitlines(), 1)
        if number not in read_lines and any(map(str.isdecimal, line))
        if (why := missed(clean(line, number), False))
    ]
    return [AnswerSheet(source.name, "", (), tuple(answers), tuple(others))]


def _lines(text: str) -> Iterator[_Line]:
    """The lines of a text that are a name or a figure."""
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or len(raw) > MAX_WIDTH:
            continue
        line = plain_cell(_MARK.sub("", raw, count=1))
        if figure := _FIGURE.fullmatch(line):
            if column_of(figure["word"]).is_asked:
                yield _Line(number, word=figure["word"], value=figure["value"])
        elif _is_name(line):
            yield _Line(number, name=line)


def _is_name(line: str) -> bool:
    """Whether a line is only the name of a layer, or a word for the whole network."""
    if len(line.split()) > MAX_WORDS or re.search(r"[:=|,;]", line):
        return False
    return bool(layer_name(line).kind) or is_total(line) or is_total_word(line)
