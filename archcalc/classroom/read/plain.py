"""The usual form of YAML, read without its parser: ``conv1: {output: 55x55x96, params: 34848}``.

Most files have a layer on each line, with plain figures in braces. To import PyYAML and to parse such a file
takes longer than to grade it. Every other text is left to ``read/yaml.py``, so all its rules stay there. A
text that is read here has the same answers there.
"""

from __future__ import annotations

import re

from archcalc.classroom.read.labels import is_total
from archcalc.classroom.read.number import answer
from archcalc.classroom.submission import NO_LAYERS, REMARKS, Answer, quantity_of

MAX_LENGTH = 100_000
"""A longer text may have more values than YAML may have here."""

_NOTHING = re.compile(r" *(?:#[ -~]*)?")
"""An empty line or a comment."""

_LAYER = re.compile(r"([A-Za-z][\w/.-]*(?: [\w/.-]+)*): \{([^{}]*)\} *", re.ASCII)
_FIGURE = re.compile(r" ?([A-Za-z_]+(?: [A-Za-z_]+)*): ([1-9][0-9x.]*(?: ?[A-Za-z]{1,8})?|0) ?")
"""A figure that can only be a text or a number; 010 and 1:30 are other numbers in other versions of YAML."""

_OTHER_WORDS = {"yes", "no", "on", "off", *REMARKS, *NO_LAYERS} - {"input"}
"""Names that are not the name of a layer."""


def read_plain(text: str) -> tuple[Answer, ...] | None:
    """The answers of a text in the usual form; None for any other text, or without an answer.

    >>> read_plain("conv1: {params: 35K}")[0].quantity, read_plain("conv1:\\n  params: 35K")
    ('params', None)
    """
    if len(text) > MAX_LENGTH:
        return None
    answers: list[Answer] = []
    layers: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        if _NOTHING.fullmatch(line):
            continue
        row = _LAYER.fullmatch(line)
        # A name that is given twice is a mistake, and the message about it is made elsewhere.
        if row is None or row[1] in layers or row[1].lower() in _OTHER_WORDS:
            return None
        layers.add(row[1])
        read = _figures("" if is_total(row[1]) else row[1], row[2], number)
        if read is None:
            return None
        answers += read
    return tuple(answers) or None


def _figures(layer: str, text: str, line: int) -> list[Answer] | None:
    """The answers in the braces of a layer; None if anything else stands there."""
    answers: list[Answer] = []
    keys: set[str] = set()
    for part in text.split(","):
        figure = _FIGURE.fullmatch(part)
        quantity = quantity_of(figure[1]) if figure else ""
        if figure is None or not quantity or figure[1] in keys or figure[1].lower() in REMARKS:
            return None
        keys.add(figure[1])
        answers.append(answer(layer, quantity, figure[2], line))
    return answers
