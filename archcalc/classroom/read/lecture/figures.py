"""The figures of a line of lecture notation: ``memory: 224*224*64=3.2M params: (3*3*3)*64 = 1,728``."""

from __future__ import annotations

import re

from archcalc.classroom.read.noise import CleanLine, unread
from archcalc.classroom.read.number import answer
from archcalc.classroom.submission import Answer, UnreadLine, quantity_of

_NUMBER = r"[0-9][0-9.,]*+(?:\s?+(?:[KMGTkmgt]i?B?|B|bytes?|thousand|million|billion)(?![A-Za-z]))?+"
_TERM = rf"[(\[]*+{_NUMBER}[)\]]*+(?:\s*+(?:\*|x|\+|/|-(?!>))\s*+\(*+{_NUMBER}\)*+)*+"
_VALUE = re.compile(
    # possessive quantifiers: a term keeps what it has matched, so no text causes backtracking
    rf"{_TERM}(?:\s*+(?:~=|=|≈|~)\s*+{_TERM})*+!?+"
    # "3200 weights: 216" is a figure, and then the next field
    r"(?:\s?+(?:parameters|params|values|neurons|weights|bytes)\b(?!\s?:))?+"
)
MEMORY = re.compile(r"(?<![A-Za-z])(memory|params?|parameters|weights)\s?:\s*", re.IGNORECASE)
"""The start of a field."""

_WITHOUT_BIASES = re.compile(r"\(\s?([0-9][0-9.,]*+\s?[KMGkmg]?) not counting biases\s?\)", re.IGNORECASE)
_PER_VALUE = re.compile(r"([0-9][0-9.,]*+\s?[KMGkmg]?)\s?\*\s?[0-9]{1,2} ?bytes\b")

Read = tuple[tuple[Answer, ...], tuple[UnreadLine, ...]]


def figure(layer: str, quantity: str, text: str, number: int) -> Answer:
    """The answer in a text; a comma or a dot at its end belongs to the sentence."""
    return answer(layer, quantity, text.strip().rstrip(",.;"), number)


def output(layer: str, volume: str, number: int) -> Answer:
    """The answer in a volume; its sides may be joined by x or *."""
    return figure(layer, "output", re.sub(r"\s?[x*]\s?", "x", volume), number)


def value(text: str) -> tuple[str, str]:
    """The figure at the start of a text, and the rest of the text.

    >>> value('224*224*64=3.2M "pa ~3=3764)*64 = 36,864')
    ('224*224*64=3.2M', '"pa ~3=3764)*64 = 36,864')
    >>> value("7*7*512*4096 = 102,760,448 <4")
    ('7*7*512*4096 = 102,760,448', '<4')
    """
    match = _VALUE.match(text)
    return (match[0].strip(), text[match.end() :].strip(" ,.;!")) if match else ("", text.strip())


def fields(text: str, layer: str, line: CleanLine) -> Read:
    """The answers in the fields of a row, and the text behind them that is not a figure."""
    answers: list[Answer] = []
    missed: list[UnreadLine] = []
    _, *parts = MEMORY.split(text)
    for word, content in zip(parts[::2], parts[1::2], strict=True):
        text, rest = value(content)
        quantity = quantity_of(word)
        field = figure(layer, quantity, text or rest, line.number)
        # The word "memory" does not say which: the unit of the figure decides.
        if field.unit == "bytes" and quantity == "activations":
            field = field._replace(quantity="activation_bytes")
        answers.append(field)
        if rest and text:
            missed.append(unread(line, f"this text behind '{word.lower()}' is not part of its figure", rest))
    return tuple(answers), tuple(missed)


def of_total(word: str, content: str, line: CleanLine) -> Read | None:
    """The answers in ``TOTAL params: 138M parameters`` and ``TOTAL memory: 24M * 4 bytes ~= 96MB``."""
    quantity = quantity_of(word)
    text, rest = value(content)
    if not quantity or quantity == "output":
        return None
    answers = (
        memory(text or rest, line.number)
        if quantity == "activations"
        else (figure("", quantity, text or rest, line.number),)
    )
    if match := _WITHOUT_BIASES.fullmatch(rest):
        answers, rest = (*answers, figure("", "weights", match[1], line.number)), ""
    return answers, (
        unread(line, "this text behind the total is not part of it", rest),
    ) if rest and text else ()


def memory(text: str, number: int) -> tuple[Answer, ...]:
    """Total memory: values, bytes, or values times the bytes of each.

    >>> [(answer.quantity, answer.text) for answer in memory("24M * 4 bytes ~= 96MB", 1)]
    [('activations', '24M'), ('activation_bytes', '24M * 4 bytes ~= 96MB')]
    """
    if match := _PER_VALUE.match(text):
        return figure("", "activations", match[1], number), figure("", "activation_bytes", text, number)
    total = figure("", "activations", text, number)
    return (total._replace(quantity="activation_bytes") if total.unit == "bytes" else total,)
