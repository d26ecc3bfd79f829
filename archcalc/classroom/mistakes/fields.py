"""Mistakes in receptive fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.classroom.calculation import FIELDS, Calculation, Field, LayerTerm, field_of
from archcalc.classroom.mistakes.base import Mistake

FIELD = ("receptive_field",)


def _windows(terms: Sequence[LayerTerm]) -> Iterator[tuple[int, int]]:
    """The extent and the step of every window."""
    for term in terms:
        reach = (term.op.reach(term.xs) or ())[0]
        yield reach.extent, reach.step


def _jump_first(terms: Sequence[LayerTerm]) -> Field:
    field = Field(1, 1)
    for extent, step in _windows(terms):
        jump = field.jump * step
        field = Field(field.size + (extent - 1) * jump, jump)
    return field


def _jump_first_in_last(terms: Sequence[LayerTerm]) -> Field:
    """The last window with the jump behind it; all others are right."""
    before, ((extent, step),) = field_of(terms[:-1]), _windows(terms[-1:])
    jump = before.jump * step
    return Field(before.size + (extent - 1) * jump, jump)


def _sum_of_kernels(terms: Sequence[LayerTerm]) -> Field:
    return field_of(terms)._replace(size=sum(extent for extent, _ in _windows(terms)))


def _without_jumps(terms: Sequence[LayerTerm]) -> Field:
    return field_of(terms)._replace(size=1 + sum(extent - 1 for extent, _ in _windows(terms)))


def _after_the_stride(calculation: Calculation) -> Iterator[Calculation]:
    for field in (_jump_first_in_last, _jump_first):
        yield calculation._replace(field=field)


def _added_up(calculation: Calculation) -> Iterator[Calculation]:
    for field in (_sum_of_kernels, _without_jumps):
        yield calculation._replace(field=field)


def _without_first(calculation: Calculation) -> Iterator[Calculation]:
    if len(calculation.terms) > 1:
        yield calculation._replace(terms=calculation.terms[1:])


MISTAKES = (
    Mistake(
        "jump-after-stride",
        FIELD,
        "The jump is multiplied by the stride too early: r + (F - 1)·j takes the jump before the window.",
        _after_the_stride,
        False,
    ),
    Mistake(
        "sum-of-kernels",
        FIELD,
        "The kernels are added up; each one adds (F - 1) times the jump of its input.",
        _added_up,
        False,
    ),
    Mistake(
        "forgot-first-layer",
        FIELDS,
        "The first window is missing: the receptive field reaches down to the image.",
        _without_first,
        False,
    ),
)
