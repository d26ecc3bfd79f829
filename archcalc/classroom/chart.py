"""The rows of one kind beside the layers of this kind: which row means which layer, and what says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from archcalc.classroom.accepted import accepted_quantities, best_verdict
from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.names import LayerName
from archcalc.classroom.submission import Answer
from archcalc.engine.walk import Step
from archcalc.language.printed import Figure
from archcalc.ops.base import Op

FIGURE, OPTION, NUMBER = 8, 3, 2
"""What a right figure, a stated option and a number are worth as evidence."""

FEWEST_TELLING = 2
"""Right figures that tell the layer of a row without anything else."""


class NamedRow(NamedTuple):
    """The answers of one row, and what its name says."""

    text: str
    line: int
    answers: tuple[Answer, ...]
    name: LayerName


class Chart:
    """All ways to give the rows of a kind to its layers, in their order.

    The best ways have the most matches, and of these the most evidence.
    """

    def __init__(
        self, rows: Sequence[NamedRow], layers: Sequence[Step], sure: Mapping[int, str | None], key: AnswerKey
    ) -> None:
        self.rows = rows
        self.layers = layers
        self.key = key
        self.taken = set(sure.values())
        self.free = [at for at in range(len(rows)) if at not in sure]
        self.bounds = _bounds(sure, [step.node.path for step in layers])
        numbers = [row.name.number for row in rows]
        self.first_number = 0 if 0 in numbers or _first_is_bare(rows) else 1

    def choices(self, at: int) -> tuple[list[int], bool]:
        """The layers that a row has in the best ways, and whether one of these ways leaves it out."""
        place = self.free.index(at)
        best = self._before[len(self.free)][len(self.layers)]
        found = [
            j
            for j in range(len(self.layers))
            if (score := self._scores[place][j]) is not None
            and _sum(self._before[place][j], score, self._behind[place + 1][j + 1]) == best
        ]
        is_left_out = any(
            _sum(self._before[place][j], self._behind[place + 1][j]) == best
            for j in range(len(self.layers) + 1)
        )
        return found, is_left_out

    @cached_property
    def _scores(self) -> list[list[tuple[int, int] | None]]:
        return [[self._score(at, j) for j in range(len(self.layers))] for at in self.free]

    def _score(self, at: int, j: int) -> tuple[int, int] | None:
        """One match and its evidence; None if the row cannot mean the layer."""
        row, step = self.rows[at], self.layers[j]
        low, high = self.bounds(at)
        if step.node.path in self.taken or not low < j < high or not _may_be(row.name, step):
            return None
        stated = agreeing(row.name, step)
        if stated is None:
            return None
        number = row.name.number
        numbered = number is not None and number - self.first_number == j and not self._numbers_stages(number)
        return 1, evidence(self.key, step, row.answers) + OPTION * stated + NUMBER * numbered

    def _numbers_stages(self, number: int) -> bool:
        """Whether the key counts stages, as conv3_1 does: then conv3 may mean the stage."""
        return any(re.search(rf"(?<![0-9]){number}[_a-z/.]", step.node.path) for step in self.layers)

    @cached_property
    def _before(self) -> list[list[tuple[int, int]]]:
        """The best score of the first rows with the first layers."""
        table = [[(0, 0)] * (len(self.layers) + 1) for _ in range(len(self.free) + 1)]
        for i in range(1, len(self.free) + 1):
            for j in range(1, len(self.layers) + 1):
                score = self._scores[i - 1][j - 1]
                matched = _sum(table[i - 1][j - 1], score) if score else (0, 0)
                table[i][j] = max(matched, table[i - 1][j], table[i][j - 1])
        return table

    @cached_property
    def _behind(self) -> list[list[tuple[int, int]]]:
        """The best score of the rows and the layers from a place on."""
        rows, layers = len(self.free), len(self.layers)
        table = [[(0, 0)] * (layers + 1) for _ in range(rows + 1)]
        for i in range(rows - 1, -1, -1):
            for j in range(layers - 1, -1, -1):
                score = self._scores[i][j]
                matched = _sum(table[i + 1][j + 1], score) if score else (0, 0)
                table[i][j] = max(matched, table[i + 1][j], table[i][j + 1])
        return table


def _sum(*scores: tuple[int, int]) -> tuple[int, int]:
    """Matches, and the evidence for them: more matches win, and then the evidence."""
    return sum(matches for matches, _ in scores), sum(points for _, points in scores)


def _first_is_bare(rows: Sequence[NamedRow]) -> bool:
    """Whether the first row has no number and the next has: Keras counts conv2d, conv2d_1, ..."""
    return len(rows) > 1 and rows[0].name.number is None and rows[1].name.number == 1


def _bounds(sure: Mapping[int, str | None], paths: Sequence[str]) -> Callable[[int], tuple[int, int]]:
    """The layers between which a row stands, because the rows around it have sure names."""
    anchors = [(at, paths.index(path)) for at, path in sorted(sure.items()) if path in paths]
    in_order = all(first[1] < second[1] for first, second in pairwise(anchors))

    def bounds(at: int) -> tuple[int, int]:
        low = max((j for other, j in anchors if in_order and other < at), default=-1)
        high = min((j for other, j in anchors if in_order and other > at), default=len(paths))
        return low, high

    return bounds


def _may_be(name: LayerName, step: Step) -> bool:
    """Whether a word for a kind can mean the op of a layer."""
    op = step.op.name
    if name.kind == "depthwise":
        return step.op.depthwise
    if name.kind in ("maxpool", "avgpool"):
        return op == name.kind or (name.kind, op) == ("avgpool", "adaptive_avgpool")
    return True


def agreeing(name: LayerName, step: Step) -> int | None:
    """How many stated options are those of the layer; None if one of them is not."""
    stated = [agrees(step, option, value) for option, value in name.options.items()]
    width = getattr(step.op, step.op.width_option or "", None)
    if name.loose and isinstance(width, int):
        # A number alone is the width of the layer, or some other of its numbers.
        others = {*step.y.dims, *step.xs[0].dims, *_sides(step.op, "kernel"), *_sides(step.op, "stride")}
        stated.append(True if width in name.loose else None if others & set(name.loose) else False)
    return None if False in stated else stated.count(True)


def agrees(step: Step, option: str, value: Any) -> bool | None:
    """Whether a stated option is that of the layer; None if it may be something else."""
    if option in ("filters", "units"):
        width = getattr(step.op, step.op.width_option or "", None)
        return width == value if isinstance(width, int) else None
    sides = _sides(step.op, option, step.xs[0].rank)
    if not sides:
        return None
    given = value if isinstance(value, tuple) else (value,) * len(sides)
    if option == "kernel" and given != sides and given in (step.y.spatial, step.xs[0].spatial):
        return None  # a row may also state the size of its map
    return given == sides


def _sides(op: Op, option: str, rank: int = 2) -> tuple[int, ...]:
    """An option with one number per axis; empty if the op has none, or a word for it (same, global)."""
    value = getattr(op, option, None)
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,) * rank
    is_plain = isinstance(value, tuple) and all(isinstance(side, int) for side in value)
    return tuple(value) if is_plain and isinstance(value, tuple) else ()


def evidence(key: AnswerKey, step: Step, answers: Sequence[Answer]) -> int:
    """The worth of the figures that are right for a layer."""
    return FIGURE * sum(_is_right(key, step, answer) for answer in _telling(answers))


def fits(key: AnswerKey, step: Step, answers: Sequence[Answer]) -> bool:
    """Whether all figures of a row are right for a layer, and enough of them tell it from others."""
    telling = _telling(answers)
    return len(telling) >= FEWEST_TELLING and all(_is_right(key, step, answer) for answer in telling)


def _telling(answers: Sequence[Answer]) -> list[Answer]:
    """The answers that say something about their layer: a 0 is right for many."""
    return [
        answer
        for answer in answers
        if answer.given is not None and (not isinstance(answer.given, Figure) or answer.given.value)
    ]


def _is_right(key: AnswerKey, step: Step, answer: Answer) -> bool:
    given = answer.given
    if given is None:
        return False
    forms = [given] if isinstance(given, Figure) else [given, (*given[1:], given[0])]
    rights = [
        right
        for quantity in accepted_quantities(answer.quantity, None)
        for right in key.rights(step.node.path, quantity)
    ]
    return any(best_verdict(form, rights) != "wrong" for form in forms)
