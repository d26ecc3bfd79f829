"""Mistakes in sums over the layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from archcalc.classroom.calculation import BYTES_OF, Calculation
from archcalc.classroom.mistakes.base import COUNTS, MEMORY, Mistake

SUMS = (*COUNTS, *MEMORY, "biases")
THOUSAND = 1000
SMALL = 10_000
"""Lecture tables print rows from here on in thousands, and rows below as whole numbers."""


def _one_missing(calculation: Calculation) -> Iterator[Calculation]:
    for place, term in enumerate(calculation.terms):
        rest = (*calculation.terms[:place], *calculation.terms[place + 1 :])
        yield calculation._replace(terms=rest, about=term.path)  # the sentence names the layer


def _one_twice(calculation: Calculation) -> Iterator[Calculation]:
    for term in calculation.terms:
        yield calculation._replace(terms=(*calculation.terms, term), about=term.path)


def _only(*ops: str) -> Callable[[Calculation], Iterable[Calculation]]:
    def change(calculation: Calculation) -> Iterator[Calculation]:
        kept = tuple(term for term in calculation.terms if term.op.name in ops)
        # If nothing is left out, or everything, this is not a mistake.
        if 0 < len(kept) < len(calculation.terms):
            yield calculation._replace(terms=kept, plus=0)

    return change


def _without_input(calculation: Calculation) -> Iterator[Calculation]:
    if calculation.plus:
        yield calculation._replace(plus=0)


def _small_rows_as_thousands(calculation: Calculation) -> Iterator[Calculation]:
    """Rows that are printed as whole numbers, added as if they were in thousands like the others."""
    counted = BYTES_OF.get(calculation.quantity, calculation.quantity)
    small = 0
    for term in calculation.terms:
        value = term.count(counted)
        if value < SMALL:
            small += term.times * value
    if small:
        yield calculation._replace(plus=calculation.plus + (THOUSAND - 1) * small)


MISTAKES = (
    Mistake(
        "forgot-input-row",
        MEMORY,
        "The input is missing from the sum: it is held in memory too.",
        _without_input,
        True,
    ),
    Mistake("missed-a-layer", SUMS, "{about} is missing from the sum.", _one_missing, True, recounts=-1),
    Mistake("counted-twice", SUMS, "{about} is counted twice.", _one_twice, True, recounts=1),
    Mistake("only-conv", SUMS, "This is the sum of the convolutions only.", _only("conv"), True),
    Mistake("only-fc", SUMS, "This is the sum of the fully connected layers only.", _only("fc"), True),
    Mistake(
        "rows-as-thousands",
        MEMORY,
        "Rows below 10,000 are added as if they were in thousands too.",
        _small_rows_as_thousands,
        True,
    ),
)
