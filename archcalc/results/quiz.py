"""The result of ``quiz``: a table with blanks, and the right figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from archcalc.results import FORMAT, Layer, Shape, plain
from archcalc.results.explain import DerivationStep
from archcalc.results.printable import Printable

KEY, RUBRIC = "-key", "-rubric.yaml"
"""What the names of a student's key (before its ending) and rubric end with."""

KEYS = "keys"
"""The folder of the keys, in the folder of the worksheets: what is handed out has no key beside it."""


class QuizStep(NamedTuple):
    """One step towards a figure, and its layer; the layer is empty for a sum over several layers."""

    layer: str
    step: DerivationStep


class QuizField(NamedTuple):
    """One field of a column of the worksheet.

    ``value`` is None if there is nothing to ask, as for the output of the totals, or the receptive field of a
    flat vector. ``steps`` lead to the figure of a blank field.
    """

    quantity: str
    value: Any
    blank: bool = False
    steps: tuple[QuizStep, ...] = ()


class QuizLine(NamedTuple):
    """One row: a layer with its followers, the rows that it reads, and its fields."""

    layer: Layer
    reads: tuple[str, ...]
    fields: tuple[QuizField, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Quiz(Printable):
    """A worksheet and its answers.

    ``rounded`` says whether some window does not fit exactly. ``key`` is the network for ``archcalc grade
    --key``. It is empty if the network was made for this worksheet; then ``spec`` is its text, and ``varied``
    are the ranges from which it was drawn.
    """

    network: str
    title: str
    input: Shape
    student: str
    seed: int
    rounded: bool
    quantities: tuple[str, ...]
    lines: tuple[QuizLine, ...]
    totals: tuple[QuizField, ...]
    key: str = ""
    spec: str = ""
    varied: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The worksheet's facts, and every blank with its answer."""
        blanks = [
            {"row": row, "quantity": field.quantity, "value": plain(field.value)}
            for row, field in self.blanks()
        ]
        # The seed and the student draw the same blanks again.
        facts = {"network": self.network, "student": self.student, "seed": self.seed, "key": self.key}
        return {"format": FORMAT, **facts, "quantities": list(self.quantities), "blanks": blanks}

    def gives_some(self) -> bool:
        """Whether some figures are given: their fields could be blank, but are not."""
        fields = [*(field for line in self.lines for field in line.fields), *self.totals]
        # Then a rubric is needed, else copied figures would earn points.
        return any(field.value is not None and not field.blank for field in fields)

    def blanks(self) -> Iterator[tuple[str, QuizField]]:
        """Yield every blank with the name of its row, in reading order; the row of totals is ``total``."""
        for line in self.lines:
            yield from ((line.layer.path, field) for field in line.fields if field.blank)
        yield from (("total", field) for field in self.totals if field.blank)
