"""Answers in words, a layer on each line: ``conv1: output 55x55x96, params = 11*11*3*96 + 96 = 34944``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcalc.classroom.names import layer_name
from archcalc.classroom.read.arranged import plain_cell
from archcalc.classroom.read.headings import column_of
from archcalc.classroom.read.labels import is_total
from archcalc.classroom.read.noise import clean
from archcalc.classroom.read.number import answer
from archcalc.classroom.read.prose import missed
from archcalc.classroom.read.words import is_total_word
from archcalc.classroom.submission import Answer, AnswerSheet, UnreadLine
from archcalc.errors import Source, short

MAX_WIDTH = 500
"""Longer lines are prose."""

_BULLET = re.compile(r"\A\s*(?:[-*•+>]|[0-9]{1,3}[.)])\s+")
_NAMED = re.compile(r"(?P<name>[^:=,;]{1,40}?)\s*(?::|\s[-–—]|->|→)\s+(?P<figures>\S.*)")
_BARE = re.compile(
    r"(?P<name>[A-Za-z][\w./-]{0,40}(?: [0-9]{1,2})?)\s+(?P<figures>[0-9]+(?:[xX×*][0-9]+){2}\b.*)"
)
_WORD_FIRST = re.compile(
    r"(?P<word>[^\d\s=:(\[][^\d=:(\[]{0,40}?)\s*(?:[:=]|\bis\b)?\s*(?P<value>[\d(\[~≈].*)"
)
_WORD_LAST = re.compile(r"(?P<value>[\d(\[][^A-Za-z]*(?:[KMGkmg]\b)?)\s*(?P<word>[^\W\d_].{0,40})")
MAX_WORDS = 3
"""Words of the name of a layer."""

_DIGIT = re.compile(r"[~≈=\s\[(]*(?:None|torch\.Size|[0-9])")
_OF_LAYER = re.compile(
    r"(?i:the\s)?(?P<word>[^:=()]{1,40})\b\s?"
    r"(?:(?<=\s)(?:of|in|for|at)\s(?:the\s)?(?P<name>[^:=()]{1,40}?)|\((?P<called>[^:=()]{1,40})\))"
    r"\s*(?::|=|\bis\b)\s*(?P<value>\S.*)"
)
"""Parameters of conv1: 34,944, and params(conv1) = 34,944."""

_OF_TOTAL = re.compile(
    r"(?:in )?(?:total|overall)\s(?P<word>[^:=()]{1,40}?)\s*(?::|=|\bis\b)\s*(?P<value>\S.*)", re.IGNORECASE
)
"""Total params = 62,378,344."""

_FLAT = ("", "fc", "softmax", "flatten")
"""Kinds of layers whose output may be a single size."""

_SIZES = re.compile(r"(?:\A|=)[^=]*[0-9]\s?(?:[xX×*·,]|by)\s?[0-9][^=]*\Z")
"""At least two sizes, in the last term."""

UNCLEAR = "it is unclear which quantity this is"
_AND = re.compile(r",?\s+and\s+(?:it\s+)?(?:has\s+)?(?=[0-9(]|no\b|the\b)")
_IN_BYTES = re.compile(r"\s*\([0-9.,]+ ?(?:[KMGT]i?)?B(?:ytes?)?\)\Z", re.IGNORECASE)
"""What Keras prints behind a count: 20,604 (80.48 KB)."""

_QUESTION = re.compile(r"\s*(?:Q|Question|Aufgabe|Frage)\s?[0-9]{1,2}[a-z]?\s?[.):]\s*", re.IGNORECASE)
_BEHIND = re.compile(r"(?<=[0-9\])])\s+\((=?\s?[0-9][^()]*[A-Za-z]{4}[^()]*)\)")
"""A figure with its word in brackets behind another: 55x55x96 (34,944 params)."""

_VOLUME = re.compile(
    r"(?:torch\.Size\()?[\[(](?:None|-1|N|B|\?)(?:, ?[0-9]+)+,?[\])]+|"
    r"[\[(]?[0-9]+\s?[xX×*]\s?[0-9]+(?:\s?[xX×*]\s?[0-9]+)*[\])]?|[\[(][0-9]+(?:, ?[0-9]+)+[\])]"
)


def recognises(text: str) -> bool:
    """Whether a line names a layer and its figures in words.

    >>> recognises("conv1: output 20x20x8, params 224"), recognises("We used conv1: it has 224 weights.")
    (True, False)
    """
    return any(_answers(line, number)[0] for number, line in enumerate(text.splitlines(), 1))


def read(source: Source) -> list[AnswerSheet]:
    """Read every line in this form. Other lines that look like answers are reported."""
    answers: list[Answer] = []
    unread: list[UnreadLine] = []
    for number, line in enumerate(source.text.splitlines(), 1):
        found, refused = _answers(line, number)
        answers += found
        unread += refused if found or refused else _stray(line, number)
    return [AnswerSheet(source.name, "", (), tuple(answers), tuple(unread))]


def _stray(line: str, number: int) -> Iterator[UnreadLine]:
    if any(map(str.isdecimal, line)) and (why := missed(clean(line, number), False)):
        yield UnreadLine(number, short(line.strip(), 100), why)


def _answers(line: str, number: int) -> tuple[list[Answer], list[UnreadLine]]:
    """The answers of a line, and its parts that could not be read; no answers if it has another form."""
    text = _BULLET.sub("", _QUESTION.sub("", line, count=1), count=1) if len(line) <= MAX_WIDTH else ""
    text = _BEHIND.sub(r", \1", plain_cell(text))
    if of := _of_layer(_AND.sub(", ", text)):
        layer, quantity, value = of
        if quantity == "output" and layer_name(layer).kind not in _FLAT and not _SIZES.search(value):
            return [], [UnreadLine(number, short(text, 100), "one size; the output has several")]
        first, *others = _parts(value)
        more = [(part, _figure(part)) for part in others]
        unclear = [UnreadLine(number, short(part), UNCLEAR) for part, read in more if not read]
        figures = [(quantity, first), *(read for _, read in more if read)]
        return [answer(layer, *read, number) for read in figures], unclear
    match = _NAMED.fullmatch(text) or _BARE.fullmatch(text)
    if match is None or column_of(match["name"]).is_asked or len(match["name"].split()) > 4:
        return [], []
    layer = match["name"].strip(" *")
    layer = "" if is_total(layer) or is_total_word(layer) else layer
    answers: list[Answer] = []
    unread: list[UnreadLine] = []
    parts = list(_parts(match["figures"])) if match.re is _NAMED else match["figures"].split()
    for part in parts:
        read = _figure(part)
        if read:
            answers.append(answer(layer, *read, number))
        elif match.re is _NAMED and not part[0].isdecimal():
            return [], []  # a sentence
        else:
            unread.append(UnreadLine(number, short(part), UNCLEAR))
    return answers, unread


def _of_layer(text: str) -> tuple[str, str, str] | None:
    """The layer, quantity and value of a line that names a quantity of a layer, or of the whole network.

    >>> _of_layer("Parameters of conv1: 34,944"), _of_layer("Total params = 62M"), _of_layer("fc8: 7")
    (('conv1', 'params', '34,944'), ('', 'params', '62M'), None)
    """
    total = _OF_TOTAL.fullmatch(text)
    if total and column_of(total["word"]).is_asked and _DIGIT.match(total["value"]):
        return "", column_of(total["word"]).meaning, _IN_BYTES.sub("", total["value"])
    match = _OF_LAYER.fullmatch(text)
    column = column_of(match["word"].strip()) if match else None
    name = (match["name"] or match["called"]).strip() if match else ""
    if match is None or column is None or not column.is_asked or len(name.split()) > MAX_WORDS:
        return None
    # "Number of parameters" is the word for a quantity, and "params (M)" has a unit.
    whole = text[: match.start("value")].strip(" :=")
    if column_of(whole).is_asked or not layer_name(name).kind or not _DIGIT.match(match["value"]):
        return None
    return name, column.meaning, match["value"]


def _figure(part: str) -> tuple[str, str] | None:
    """The quantity and the text of one figure; None if it has none.

    >>> _figure("params = 3*3*3*8 + 8 = 224"), _figure("224 parameters"), _figure("20x20x8"), _figure("224")
    (('params', '3*3*3*8 + 8 = 224'), ('params', '224'), ('output', '20x20x8'), None)
    """
    if _VOLUME.fullmatch(part):
        return "output", part
    for form in (_WORD_FIRST, _WORD_LAST):
        match = form.fullmatch(part)
        column = column_of(match["word"]) if match else None
        if match and column and column.is_asked:
            return column.meaning, match["value"].strip()
    return None


def _parts(text: str) -> Iterator[str]:
    """The pieces between commas; the commas in 34,944 and in (20, 20, 8) separate nothing."""
    depth, start = 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if not depth and (sign == ";" or (sign == "," and not text[at + 1 : at + 2].isdecimal())):
            yield text[start:at].strip() or ";"
            start = at + 1
    if last := text[start:].strip(" ."):
        yield last
