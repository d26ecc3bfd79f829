"""What ``quiz`` answers: a table with blanks, and what belongs into them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from archcalc.results import Layer, Shape
from archcalc.results.explain import DerivationStep


class Worked(NamedTuple):
    """One step towards a figure, and the layer it belongs to; empty for a sum of several."""

    layer: str
    step: DerivationStep


class QuizField(NamedTuple):
    """One field of an asked column.

    ``value`` is None where there is nothing to ask (the output of the totals, the field of a flat vector);
    ``steps`` show how a blank one is worked out.
    """

    quantity: str
    value: Any
    blank: bool = False
    steps: tuple[Worked, ...] = ()


class QuizLine(NamedTuple):
    """One row: a layer with what follows it, the rows it reads, and its fields."""

    layer: Layer
    reads: tuple[str, ...]
    fields: tuple[QuizField, ...]


class Quiz(NamedTuple):
    """A worksheet and its answers.

    ``key`` is what ``archcalc grade --key`` takes: the network as it was asked for, or empty where it is one of its
    own; ``spec`` then is its text. ``varied`` are the ranges that it was drawn from. ``rounded``: some window does
    not fit exactly.
    """

    network: str
    title: str
    input: Shape
    student: str
    seed: int
    key: str
    spec: str
    varied: tuple[str, ...]
    rounded: bool
    quantities: tuple[str, ...]
    lines: tuple[QuizLine, ...]
    totals: tuple[QuizField, ...]

    def gives_some(self) -> bool:
        """Whether some fields that could be asked are given."""
        fields = [*(field for line in self.lines for field in line.fields), *self.totals]
        return any(field.value is not None and not field.blank for field in fields)

    def blanks(self) -> Iterator[tuple[str, QuizField]]:
        """Every blank with the name of its row, in reading order; ``total`` for the totals."""
        for line in self.lines:
            yield from ((line.layer.path, field) for field in line.fields if field.blank)
        yield from (("total", field) for field in self.totals if field.blank)
