"""Pairs the rows that a tool printed with the layers of the key, by kind, order and figures.

A print has a row for every module, also for those that the key does without (dropout, flatten), and modules
that run in another order than they are printed. So the figures of a row help to find its layer. A row is
never given to a layer only because that layer is left over.
"""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.classroom.accepted import AcceptedFigures
from archcalc.classroom.align import align, plain_name
from archcalc.classroom.submission import AnswerRow
from archcalc.language.printed import Figure, figure_agreement
from archcalc.ops import OPS, lecture_name
from archcalc.results import Layer

KIND, NAME, FIGURE = 4, 2, 3
"""The scores for the same kind of op (required), for the same name, and for each figure that is right."""

_ACTIVATIONS = ("relu", "sigmoid", "tanh")


def may_be_left_out(row: AnswerRow) -> bool:
    """Whether a key may do without the layer of a row: it has no weights and keeps the size of the map."""
    op = OPS.get(row.op)
    return op is not None and not op.weighted and not row.op.endswith(("pool", "bn"))


class Pairing:
    """Pairs the rows of one print."""

    def __init__(self, rows: Sequence[AnswerRow], accepted: AcceptedFigures, layers: Sequence[Layer]) -> None:
        self.rows = rows
        self.accepted = accepted
        self.layers = layers
        self.right: dict[tuple[int, str], int] = {}

    def pairs(self, is_ordered: bool = True) -> list[Layer | None]:
        """The layer of each row; None for a row without one."""
        nothing: list[Layer | None] = [None] * len(self.rows)
        found = align(self.rows, self.layers, self.score) if is_ordered else nothing
        self._find_again(found)
        return found

    def score(self, row: AnswerRow, layer: Layer) -> int:
        """How well a row and a layer fit; 0 if they cannot be the same."""
        is_same_name = plain_name(row.name) in (plain_name(layer.name), plain_name(layer.path))
        right = self._right(row, layer)
        # Without a kind, the name or every figure must say which layer it is.
        if not row.op and not (is_same_name and OPS[layer.op].weighted) and not self._fits(row, layer):
            return 0
        if row.op and not _same_kind(row.op, layer.op):
            return 0
        return KIND + NAME * is_same_name + FIGURE * right

    def is_like(self, at: int, layer: Layer | None) -> bool:
        """Whether a row has a figure or the name of its layer."""
        return layer is not None and self.score(self.rows[at], layer) > KIND

    def _fits(self, row: AnswerRow, layer: Layer) -> bool:
        """Whether all figures of a row are right for a layer, and one of them is not 0."""
        figures = [answer.given for answer in row.answers if answer.given is not None]
        some = any(not isinstance(figure, Figure) or figure.value for figure in figures)
        return some and self._right(row, layer) == len(figures)

    def _right(self, row: AnswerRow, layer: Layer) -> int:
        """How many figures of a row are right for a layer."""
        place = id(row), layer.path
        if place not in self.right:
            self.right[place] = sum(
                any(
                    figure_agreement(answer.given, right) != "disagrees"
                    for right in self.accepted.figures(layer.path, answer.quantity)
                )
                for answer in row.answers
                if answer.given is not None
            )
        return self.right[place]

    def _find_again(self, found: list[Layer | None]) -> None:
        """Give a row that does not fit its layer, or has none, to a free layer that fits in every figure."""
        taken = {layer.path for layer in found if layer}
        for at, row in enumerate(self.rows):
            layer = found[at]
            if layer is not None and self._fits(row, layer):
                continue
            free = [other for other in self.layers if other.path not in taken and self.score(row, other)]
            fitting = [other for other in free if self._fits(row, other)]
            if len(fitting) == 1 or (fitting and layer is None and _all_alike(fitting)):
                taken.discard(layer.path if layer else "")
                taken.add(fitting[0].path)
                found[at] = fitting[0]


def _all_alike(layers: Sequence[Layer]) -> bool:
    """Whether it does not matter which of the layers a row means: it fits all of them."""
    return len({layer.op for layer in layers}) == 1


def _same_kind(op: str, other: str) -> bool:
    if op in _ACTIVATIONS and other in _ACTIVATIONS:
        return True
    # On slides every pooling is a "pool", but a tool tells them apart.
    if "max" in op + other and "avg" in op + other:
        return False
    return lecture_name(op) == lecture_name(other) or other == f"adaptive_{op}"
