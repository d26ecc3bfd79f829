"""Mistakes in sums over the layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from archcalc.classroom.calculation import BYTES_OF, Calculation
from archcalc.classroom.mistakes.base import COUNTS, MEMORY, Mistake

SUMS = (*COUNTS, *MEMORY, "biases")
THOUSAND = 1000
SMALL = 10_000
"""Rows below this are printed whole where the others are in thousands."""


def _one_missing(working: Calculation) -> Iterator[Calculation]:
    for place, part in enumerate(working.parts):
        rest = (*working.parts[:place], *working.parts[place + 1 :])
        yield working._replace(parts=rest, about=part.path)


def _one_twice(working: Calculation) -> Iterator[Calculation]:
    for place, part in enumerate(working.parts):
        again = part._replace(times=2 * part.times)
        yield working._replace(
            parts=(*working.parts[:place], again, *working.parts[place + 1 :]), about=part.path
        )


def _only(*ops: str) -> Callable[[Calculation], Iterable[Calculation]]:
    def change(working: Calculation) -> Iterator[Calculation]:
        kept = tuple(part for part in working.parts if part.op.name in ops)
        if 0 < len(kept) < len(working.parts):
            yield working._replace(parts=kept, plus=0)

    return change


def _without_input(working: Calculation) -> Iterator[Calculation]:
    if working.plus:
        yield working._replace(plus=0)


def _small_rows_as_thousands(working: Calculation) -> Iterator[Calculation]:
    """The rows that are printed whole, added as if they were in thousands like the others."""
    counted = BYTES_OF.get(working.quantity, working.quantity)
    small = 0
    for part in working.parts:
        value = part.count(counted)
        if value < SMALL:
            small += part.times * value
    if small:
        yield working._replace(plus=working.plus + (THOUSAND - 1) * small)


MISTAKES = (
    Mistake(
        "forgot-input-row",
        MEMORY,
        "The input is missing from the sum: it is held in memory too.",
        _without_input,
        True,
    ),
    Mistake("missed-a-layer", SUMS, "{about} is missing from the sum.", _one_missing, True),
    Mistake("counted-twice", SUMS, "{about} is in the sum twice.", _one_twice, True),
    Mistake("only-conv", SUMS, "This is the sum of the convolutions only.", _only("conv"), True),
    Mistake("only-fc", SUMS, "This is the sum of the fully connected layers only.", _only("fc"), True),
    Mistake(
        "rows-as-thousands",
        MEMORY,
        "Rows below 10,000 are added as if they too were in thousands.",
        _small_rows_as_thousands,
        True,
    ),
)
