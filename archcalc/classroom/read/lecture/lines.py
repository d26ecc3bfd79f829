"""Splits a line of lecture notation that holds several rows, as text copied out of a PDF does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, starmap
from operator import eq

from archcalc.classroom.read.lecture.layers import LAYER_WORDS
from archcalc.classroom.read.noise import ARROW

MAX_LENGTH = 20_000
"""Longer lines are not split. The rows of a line are short, and longer ones are not read."""

_BREAK = re.compile(r"<br\s*/?>|\\\\(?=\s|\Z)|\\\Z", re.IGNORECASE)
"""The end of a line in Markdown, HTML and LaTeX."""

_SIDE = r"\s?[0-9]{1,9}\s?"
_VOLUME = rf"[\[(](?:{_SIDE}[xX*×]{_SIDE}[xX*×]{_SIDE}|{_SIDE}|[ _?]{{1,40}})[\])]"
_NAME = rf"(?<![\w-])(?:{LAYER_WORDS})[\w-]*(?: [0-9]{{1,3}})?"
_NAMED = re.compile(
    # a bracket may be lost: FC2: [57 memory: 57
    rf"{_NAME}\s?(?:(?::|{ARROW})?\s?(?={_VOLUME})|:\s?(?=[\[(]?[0-9]))|(?<![\w-])TOTAL\b",
    re.IGNORECASE,
)
"""Where a row begins with its name: ``CONV3-64: [224x224x64]``."""

_PLACED = re.compile(rf"{_VOLUME}\s?(?:{ARROW})?\s?(?={_NAME})|(?<![\w-])TOTAL\b", re.IGNORECASE)
"""Where a row begins with its volume: ``[224x224x64] CONV1``."""

_ARROWS = re.compile(rf"\s*(?:{ARROW})\s*")
_WHOLE_NAME = re.compile(rf"{_NAME}\Z", re.IGNORECASE)
_WHOLE_VOLUME = re.compile(rf"{_VOLUME}\Z")


def rows_of(raw: str) -> Iterator[str]:
    """The rows of a line, each with its own volume and figures; a line with one row stays whole.

    >>> list(rows_of("INPUT: [8x8x3] memory: 192 CONV3-8: [8x8x8] memory: 512"))
    ['INPUT: [8x8x3] memory: 192', 'CONV3-8: [8x8x8] memory: 512']
    >>> list(rows_of("[8x8x3] -> CONV1 -> [8x8x8] -> POOL1 -> [4x4x8]"))
    ['CONV1: [8x8x8]', 'POOL1: [4x4x8]']
    """
    if len(raw) > MAX_LENGTH:
        yield raw
        return
    for part in _BREAK.split(raw):
        yield from _chain(part) or _split(part)


def _chain(text: str) -> list[str]:
    """The rows of ``volume -> NAME -> volume -> ...``: the volume behind a name is its output."""
    parts = _ARROWS.split(text.strip())
    names = [bool(_WHOLE_NAME.match(part)) for part in parts]
    # Names and volumes alternate, and the last volume is the output of the last name.
    if len(parts) < 3 or names[-1] or any(starmap(eq, pairwise(names))):
        return []
    if not all(is_name or _WHOLE_VOLUME.match(part) for is_name, part in zip(names, parts, strict=True)):
        return []
    return [f"{name}: {volume}" for name, volume in pairwise(parts) if _WHOLE_NAME.match(name)]


def _split(text: str) -> Iterator[str]:
    bare = re.match(r"[\s>*•+-]*", text)
    begin = bare.end() if bare else 0
    form = next((form for form in (_NAMED, _PLACED) if form.match(text, begin)), None)
    starts = [match.start() for match in form.finditer(text, begin)] if form else []
    if len(starts) < 2:
        yield text
        return
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield re.sub(rf"\s*(?:{ARROW})\s*\Z", "", text[start:end]).rstrip(" ,;\t")
