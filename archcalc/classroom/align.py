"""Matches rows in lecture notation with the layers of a network; rows repeat names, and leave layers out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from archcalc.classroom.submission import AnswerRow
from archcalc.errors import plain
from archcalc.language.printed import Figure
from archcalc.ops import lecture_name
from archcalc.results import Layer

_NUMBER = re.compile(r"[A-Za-z _-]+([0-9]{1,3})")

ALIKE, SAME_NAME, SAME_OUTPUT, SAME_DEPTH = 4, 2, 2, 1
"""The scores for the same kind of op (required), name, output, and number of filters or units."""


def align(
    rows: Sequence[AnswerRow],
    layers: Sequence[Layer],
    score_of: Callable[[AnswerRow, Layer], int] | None = None,
) -> list[Layer | None]:
    """The layer of each row; None for a row that matches no layer. ``score_of`` is else ``likeness``.

    Rows and layers keep their order. Of all such matchings, this is the one with the highest total score.
    """
    # best[i][j]: the highest score of the first i rows with the first j layers, as in the longest common
    # subsequence
    best = [[0] * (len(layers) + 1) for _ in range(len(rows) + 1)]
    for i, row in enumerate(rows, 1):
        for j, layer in enumerate(layers, 1):
            score = (score_of or likeness)(row, layer)
            matched = best[i - 1][j - 1] + score if score else 0
            best[i][j] = max(matched, best[i - 1][j], best[i][j - 1])
    return _trace_back(rows, layers, best)


def in_order(rows: Sequence[AnswerRow]) -> list[AnswerRow]:
    """The rows with those of each op in the order of their numbers, if all of them have one.

    CONV3 belongs behind CONV2, wherever a student writes it.
    """
    ordered = list(rows)
    for op in dict.fromkeys(row.op for row in rows):
        places = [place for place, row in enumerate(rows) if row.op == op]
        numbers = {place: _NUMBER.fullmatch(rows[place].name) for place in places}
        found = {place: int(match[1]) for place, match in numbers.items() if match}
        if len(found) == len(places) == len(set(found.values())):
            by_number = sorted(places, key=found.__getitem__)
            for place, source in zip(places, by_number, strict=True):
                ordered[place] = rows[source]
    return ordered


def _trace_back(
    rows: Sequence[AnswerRow], layers: Sequence[Layer], best: Sequence[Sequence[int]]
) -> list[Layer | None]:
    matches: list[Layer | None] = [None] * len(rows)
    i, j = len(rows), len(layers)
    while i and j:
        # A layer or a row that adds nothing to the score stays without a partner.
        if best[i][j] == best[i][j - 1]:
            j -= 1
        elif best[i][j] == best[i - 1][j]:
            i -= 1
        else:
            i, j = i - 1, j - 1
            matches[i] = layers[j]
    return matches


def likeness(row: AnswerRow, layer: Layer) -> int:
    """The score of a row and a layer; 0 if they cannot match."""
    if lecture_name(row.op) != lecture_name(layer.op):
        return 0
    score = ALIKE
    if plain_name(row.name) == plain_name(layer.name):
        score += SAME_NAME
    if any(answer.given == layer.output for answer in row.answers if _is_volume(answer.given)):
        score += SAME_OUTPUT
    if layer.output[-1] in (row.options.get("filters"), row.options.get("units")):
        score += SAME_DEPTH
    return score


def _is_volume(given: object) -> bool:
    return isinstance(given, tuple) and not isinstance(given, Figure)


_ABBREVIATIONS = (
    ("convolutional", "conv"),
    ("convolution", "conv"),
    ("fullyconnected", "fc"),
    ("pooling", "pool"),
)


def plain_name(name: str) -> str:
    """A name of a layer in one common spelling, without the signs and long words that students write.

    >>> plain_name("MAX POOL1"), plain_name("conv1_1"), plain_name("FC-6")
    ('pool1', 'conv11', 'fc6')
    >>> plain_name("Convolution 1"), plain_name("fully connected 6")
    ('conv1', 'fc6')
    """
    bare = "".join(letter for letter in plain(name) if letter.isalnum() or letter == "/")
    for word, abbreviation in _ABBREVIATIONS:
        bare = bare.replace(word, abbreviation)
    return bare.removeprefix("max") if bare.startswith("maxpool") else bare
