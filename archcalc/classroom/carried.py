"""Errors carried forward: the figures that follow from wrong answers earlier on the same sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from archcalc.classroom.accepted import AcceptedFigures, best_verdict
from archcalc.classroom.calculation import (
    BYTES_OF,
    CALCULATED,
    FIELDS,
    Calculation,
    ImpossibleError,
    LayerTerm,
    output_of,
)
from archcalc.classroom.field import fields_carried
from archcalc.classroom.key_names import INPUT_ROW
from archcalc.classroom.match import MatchedAnswer
from archcalc.classroom.submission import Answer
from archcalc.engine.walk import Step
from archcalc.language.printed import Figure, figure_agreement
from archcalc.ops.base import Volume


class CarriedErrors:
    """Computes what follows from the answers of one sheet."""

    def __init__(self, answers: Sequence[MatchedAnswer], accepted: AcceptedFigures) -> None:
        self.key = accepted.key
        self.answers = answers
        self.accepted = accepted
        self.by_place = {(matched.path, matched.quantity): matched.answer for matched in answers}
        self.volumes = self._student_volumes()

    def figures(self, path: str, quantity: str) -> Iterable[Any]:
        """The figures of a layer, or of the network (an empty path), that follow from earlier errors."""
        return self._of_layer(path, quantity) if path else self._of_network(quantity)

    def _of_layer(self, path: str, quantity: str) -> Iterator[Any]:
        if quantity in FIELDS and path in self.key.steps:
            yield from fields_carried(self.key, self.by_place, path, quantity)
        if quantity not in CALCULATED:
            return
        for way, name in product(self.key.ways(path, quantity), self.accepted.quantities(path, quantity)):
            # A figure may follow from the student's input alone, or also from the output that is written.
            for as_written in (False,) if quantity == "output" else (False, True):
                terms = [self._student_term(step, as_written) for step in way]
                # Without a wrong volume before it, nothing is carried forward.
                if all(
                    term.xs == step.xs and term.y in (None, step.y)
                    for term, step in zip(terms, way, strict=True)
                ):
                    continue
                try:
                    yield Calculation(name, tuple(terms), 0, self.key.batch, self.key.value_bytes).result()
                except (ImpossibleError, ValueError):
                    continue

    def _student_term(self, step: Step, as_written: bool) -> LayerTerm:
        """A layer on the student's input; with ``as_written`` also with the student's output."""
        xs = tuple(self.volumes[source] for source in step.node.inputs)
        return LayerTerm(step.node.op, xs, self.volumes[step.number] if as_written else None)

    def _of_network(self, quantity: str) -> Iterator[Any]:
        """Totals that follow from the student's figures: bytes of a total of values, and sums of rows.

        A sum takes the figures of the key for layers that the student leaves out.
        """
        counted = BYTES_OF.get(quantity, quantity)
        value_bytes = self.key.value_bytes if quantity in BYTES_OF else 1
        if quantity in BYTES_OF and isinstance(values := self._number("", counted), Fraction):
            yield value_bytes * values
        right = self.accepted.figures("", counted)
        if right and not isinstance(right[0], tuple) and (wrong_rows := self._wrong_rows(counted)):
            # Totals and rows may count biases differently, so each combination gives one sum.
            of_totals = self.accepted.quantities("", counted)
            of_rows = self.accepted.quantities(wrong_rows[0], counted)
            for in_total, in_rows in product(of_totals, of_rows):
                errors = (self._error(path, counted, in_rows) for path in wrong_rows)
                yield value_bytes * (Fraction(self.key.rights("", in_total)[0]) + sum(errors))

    def _wrong_rows(self, quantity: str) -> list[str]:
        """The paths of layers whose figure is wrong."""
        answers = {
            matched.path: matched.answer
            for matched in self.answers
            if matched.path and matched.quantity == quantity
        }
        return [path for path, answer in answers.items() if self._is_wrong(path, quantity, answer)]

    def _error(self, path: str, quantity: str, counted: str) -> Fraction:
        """How much a figure of a layer is above the right one."""
        value = self._number(path, quantity)
        rights = self.key.rights(path, counted)
        return value - rights[0] if value is not None and rights else Fraction(0)

    def _is_wrong(self, path: str, quantity: str, answer: Answer) -> bool:
        return (
            answer.given is not None
            and best_verdict(answer.given, self.accepted.figures(path, quantity)) == "wrong"
        )

    def _number(self, path: str, quantity: str) -> Fraction | None:
        answer = self.by_place.get((path, quantity))
        return answer.given.value if answer and isinstance(answer.given, Figure) else None

    def _student_volumes(self) -> dict[int, Volume]:
        """The output of every layer, by its number, in the student's view.

        It is the written output, else the output that follows from the written ones before it.
        """
        written = self._written_outputs()
        volumes = {0: _volume_of(written.get(0), self.key.network.input)}
        numbers = {step.number: step for step in self.key.steps.values()}
        for number, step in numbers.items():
            xs = tuple(volumes[source] for source in step.node.inputs)
            try:
                follows = step.y if xs == step.xs else output_of(step.node.op, xs)
            except (ImpossibleError, ValueError):
                # The op cannot read the student's input; the student can only have gone on from the right
                # output.
                follows = step.y
            volumes[number] = _volume_of(written.get(number), follows)
        return volumes

    def _written_outputs(self) -> dict[int, Answer]:
        """The written outputs by the number of their layer.

        The output of a layer replaces the output of the scope that it ends.
        """
        outputs: dict[int, Answer] = {}
        for (path, quantity), answer in self.by_place.items():
            step = self.key.last(path) if quantity == "output" else None
            number = 0 if path == INPUT_ROW else step.number if step else None
            if quantity != "output" or number is None:
                continue
            if number not in outputs or path in self.key.steps:
                outputs[number] = answer
        return outputs


def _volume_of(answer: Answer | None, default: Volume) -> Volume:
    """The volume of an answer; ``default`` if it is the same, or if the answer is not a volume."""
    given = answer.given if answer else None
    if isinstance(given, Figure) or given is None or figure_agreement(given, default.dims) != "disagrees":
        return default
    if len(given) != default.rank + 1 or min(given) < 1 or max(given) > 10**9:
        return default
    return Volume(given[:-1], given[-1])
