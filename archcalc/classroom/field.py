"""Receptive fields as students calculate them: layer by layer, r + (F - 1)·j and j·S.

All of it is about one axis, because homework has square windows. ``engine/receptive.py`` is the whole truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.calculation import Field
from archcalc.classroom.submission import Answer
from archcalc.engine.walk import Step
from archcalc.language.printed import Figure


def fields_carried(
    key: AnswerKey, written: Mapping[tuple[str, str], Answer], path: str, quantity: str
) -> Iterator[int | Fraction]:
    """The receptive field or the jump that follows from what a student wrote about earlier layers."""
    right = _fields(key, {})
    student = _fields(key, written)
    step = key.steps[path]
    for source in step.node.inputs:
        if student[source] != right[source]:
            # A student may go on from both figures, or from the right jump beside a wrong field.
            for jump in {student[source].jump, right[source].jump}:
                follows = _behind(step, Field(student[source].size, jump))
                yield follows.size if quantity == "receptive_field" else follows.jump


def _fields(key: AnswerKey, written: Mapping[tuple[str, str], Answer]) -> dict[int, Field]:
    """The field behind every layer: the written one, else the one that follows."""
    fields = {0: Field(1, 1)}
    for path, step in key.steps.items():
        sources = [fields[source] for source in step.node.inputs]
        widest = Field(max(source.size for source in sources), max(source.jump for source in sources))
        follows = _behind(step, widest)
        fields[step.number] = Field(
            _written(written.get((path, "receptive_field")), follows.size),
            _written(written.get((path, "jump")), follows.jump),
        )
    return fields


def _behind(step: Step, field: Field) -> Field:
    """The field behind a layer."""
    reach = step.worked.reach
    return (
        field if reach is None or not reach else field.through(reach[0].extent, reach[0].step, reach[0].finer)
    )


def _written(answer: Answer | None, default: int | Fraction) -> int | Fraction:
    given = answer.given if answer else None
    if isinstance(given, tuple) and not isinstance(given, Figure):
        return given[0] if len(set(given)) == 1 else default
    return given.value if isinstance(given, Figure) else default
