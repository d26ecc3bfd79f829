"""The figures of a line of lecture notation: ``memory: 224*224*64=3.2M params: (3*3*3)*64 = 1,728``."""

from __future__ import annotations

import re

from archcalc.classroom.read.noise import CleanLine, unread
from archcalc.classroom.read.number import answer
from archcalc.classroom.submission import Answer, Unread, quantity_of

_NUMBER = r"[0-9][0-9.,]*+(?:\s?+(?:[KMGTkmgt]i?B?|B|bytes?|thousand|million|billion)(?![A-Za-z]))?+"
_TERM = rf"[(\[]*+{_NUMBER}[)\]]*+(?:\s*+(?:\*|x|\+|/|-(?!>))\s*+\(*+{_NUMBER}\)*+)*+"
_VALUE = re.compile(
    # possessive throughout: whatever a term has taken it keeps, so that no text makes it look twice
    rf"{_TERM}(?:\s*+(?:~=|=|≈|~)\s*+{_TERM})*+!?+(?:\s?+(?:parameters|params|values|neurons|weights|bytes)\b)?+"
)
MEMORY = re.compile(r"(?<![A-Za-z])(memory|params?|parameters)\s?:\s*", re.IGNORECASE)
"""What starts a field."""

_WITHOUT_BIASES = re.compile(r"\(\s?([0-9][0-9.,]*+\s?[KMGkmg]?) not counting biases\s?\)", re.IGNORECASE)
_PER_VALUE = re.compile(r"([0-9][0-9.,]*+\s?[KMGkmg]?)\s?\*\s?[0-9]{1,2} ?bytes\b")

Read = tuple[tuple[Answer, ...], tuple[Unread, ...]]


def figure(layer: str, quantity: str, text: str, number: int) -> Answer:
    """The answer that a text is; a comma or a dot behind it belongs to the line."""
    return answer(layer, quantity, text.strip().rstrip(",.;"), number)


def output(layer: str, volume: str, number: int) -> Answer:
    """The answer that a volume is, however its sides are joined."""
    return figure(layer, "output", re.sub(r"\s?[x*]\s?", "x", volume), number)


def value(text: str) -> tuple[str, str]:
    """The figure that a text starts with, and what stands behind it.

    >>> value('224*224*64=3.2M "pa ~3=3764)*64 = 36,864')
    ('224*224*64=3.2M', '"pa ~3=3764)*64 = 36,864')
    >>> value("7*7*512*4096 = 102,760,448 <4")
    ('7*7*512*4096 = 102,760,448', '<4')
    """
    match = _VALUE.match(text)
    return (match[0].strip(), text[match.end() :].strip(" ,.;!")) if match else ("", text.strip())


def fields(text: str, layer: str, line: CleanLine) -> Read:
    """The answers of a row's fields, and what stands behind them and is no figure."""
    answers: list[Answer] = []
    missed: list[Unread] = []
    _, *parts = MEMORY.split(text)
    for word, said in zip(parts[::2], parts[1::2], strict=True):
        text, rest = value(said)
        quantity = quantity_of(word)
        found = figure(layer, quantity, text or rest, line.number)
        if found.unit == "bytes" and quantity == "activations":
            found = found._replace(quantity="activation_bytes")
        answers.append(found)
        if rest and text:
            missed.append(unread(line, f"stands behind '{word.lower()}' and is no figure of it", rest))
    return tuple(answers), tuple(missed)


def of_total(word: str, said: str, line: CleanLine) -> Read | None:
    """The answers of ``TOTAL params: 138M parameters`` and ``TOTAL memory: 24M * 4 bytes ~= 96MB``."""
    quantity = quantity_of(word)
    text, rest = value(said)
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
        unread(line, "stands behind the total and is no part of it", rest),
    ) if rest and text else ()


def memory(text: str, number: int) -> tuple[Answer, ...]:
    """Memory in total: values, bytes, or values times the bytes of one.

    >>> [(one.quantity, one.text) for one in memory("24M * 4 bytes ~= 96MB", 1)]
    [('activations', '24M'), ('activation_bytes', '24M * 4 bytes ~= 96MB')]
    """
    if match := _PER_VALUE.match(text):
        return figure("", "activations", match[1], number), figure("", "activation_bytes", text, number)
    found = figure("", "activations", text, number)
    return (found._replace(quantity="activation_bytes") if found.unit == "bytes" else found,)
