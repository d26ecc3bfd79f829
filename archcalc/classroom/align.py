"""Rows in lecture notation, which repeat names and leave some out, laid beside the layers of a network."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.classroom.submission import AnswerRow
from archcalc.language.printed import Figure
from archcalc.ops import lecture_name
from archcalc.results import Layer

ALIKE, SAME_NAME, SAME_OUTPUT, SAME_DEPTH = 4, 2, 2, 1
"""What speaks for a row being a layer: the same kind of op (without it they never meet), name, output, its filters or
units."""


def align(rows: Sequence[AnswerRow], layers: Sequence[Layer]) -> list[Layer | None]:
    """The layer that each row is about, in order; None for a row that is none of them.

    Of all ways to lay the rows beside the layers without crossing, the one that speaks for itself most.
    """
    # best[i][j]: the most that the first i rows and the first j layers can say together
    best = [[0] * (len(layers) + 1) for _ in range(len(rows) + 1)]
    for i, row in enumerate(rows, 1):
        for j, layer in enumerate(layers, 1):
            met = likeness(row, layer)
            meeting = best[i - 1][j - 1] + met if met else 0
            best[i][j] = max(meeting, best[i - 1][j], best[i][j - 1])
    return _way_back(rows, layers, best)


def _way_back(
    rows: Sequence[AnswerRow], layers: Sequence[Layer], best: Sequence[Sequence[int]]
) -> list[Layer | None]:
    found: list[Layer | None] = [None] * len(rows)
    i, j = len(rows), len(layers)
    while i and j:
        if best[i][j] == best[i][j - 1]:
            j -= 1
        elif best[i][j] == best[i - 1][j]:
            i -= 1
        else:
            i, j = i - 1, j - 1
            found[i] = layers[j]
    return found


def likeness(row: AnswerRow, layer: Layer) -> int:
    """What speaks for a row being a layer; 0 if it cannot be."""
    if lecture_name(row.op) != lecture_name(layer.op):
        return 0
    found = ALIKE
    if plain_name(row.name) == plain_name(layer.name):
        found += SAME_NAME
    if any(answer.given == layer.output for answer in row.answers if _is_volume(answer.given)):
        found += SAME_OUTPUT
    if layer.output[-1] in (row.options.get("filters"), row.options.get("units")):
        found += SAME_DEPTH
    return found


def _is_volume(given: object) -> bool:
    return isinstance(given, tuple) and not isinstance(given, Figure)


_IN_FULL = (("convolutional", "conv"), ("convolution", "conv"), ("fullyconnected", "fc"), ("pooling", "pool"))


def plain_name(name: str) -> str:
    """A name as people write it, in one spelling.

    >>> plain_name("MAX POOL1"), plain_name("conv1_1"), plain_name("FC-6")
    ('pool1', 'conv11', 'fc6')
    >>> plain_name("Convolution 1"), plain_name("fully connected 6")
    ('conv1', 'fc6')
    """
    bare = "".join(letter for letter in name.lower() if letter.isalnum() or letter == "/")
    for word, short in _IN_FULL:
        bare = bare.replace(word, short)
    return bare.removeprefix("max") if bare.startswith("maxpool") else bare
