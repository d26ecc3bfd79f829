"""The record of a mistake, and the changes that mistakes are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from archcalc.classroom.calculation import BYTES_OF, Calculation, Change, LayerTerm, made_of
from archcalc.language.printed import Figure, Shape
from archcalc.ops.base import Volume

STORES = made_of("weights")
COSTS = made_of("macs")
COUNTS = (*STORES, *COSTS)
"""Quantities that count weights, or what is done with them."""

BYTES = tuple(BYTES_OF)
MEMORY = made_of("activations")
SHAPED = ("output", *MEMORY, *COSTS)
"""Quantities that change with a wrong output size."""


def any_form(given: Figure | Shape) -> bool:
    """Applies to a figure in any form."""
    return True


def all_digits(given: Figure | Shape) -> bool:
    """Applies to a figure with all its digits; in a rounded one, any digit may be missing."""
    return isinstance(given, Figure) and given.steps[0] == 1


def in_unit(unit: int) -> Callable[[Figure | Shape], bool]:
    """Applies to a figure in this unit: 10^6 is MB, 2^20 is MiB."""
    return lambda given: isinstance(given, Figure) and given.unit == unit


class Mistake(NamedTuple):
    """A known mistake: its stable id, the quantities it affects, a sentence for the student, and its change.

    ``change`` turns the right calculation into those of a student who makes the mistake: none if it cannot be
    made there, several if it can be made in several ways. ``total`` says whether it is made in totals (True),
    in layers (False), or in both (None). ``applies_to`` says for which figures it may be named, by the form
    they are printed in.

    ``recounts`` is -1 if the mistake leaves out one layer of a sum, and 1 if it counts one layer twice.
    """

    id: str
    quantities: tuple[str, ...]
    sentence: str
    change: Callable[[Calculation], Iterable[Calculation]]
    total: bool | None = None
    applies_to: Callable[[Figure | Shape], bool] = any_form
    recounts: int = 0


def option(**options: Any) -> Callable[[Calculation], Iterable[Calculation]]:
    """Use other values for options, in every layer that has these options."""
    return in_every_layer(partial(LayerTerm.having, **options))


def in_every_layer(change: Change) -> Callable[[Calculation], Iterable[Calculation]]:
    """Change every layer to which the change applies.

    ``change`` is made once, and not for each calculation: a layer remembers what became of each change.
    """
    return lambda calculation: calculation.with_changed_terms(change)


def other_quantity(quantity: str) -> Callable[[Calculation], Iterable[Calculation]]:
    """Answer another question."""
    # A result of 0 explains nothing: it is the answer to many questions.
    return lambda calculation: [other for other in calculation.with_quantity(quantity) if other.result()]


def after(change: Callable[[Any], Any]) -> Callable[[Calculation], Iterable[Calculation]]:
    """Do something wrong to the result."""
    return lambda calculation: calculation.then(change)


def plus(more: Any) -> Callable[[Any], Any]:
    """Add to a result."""
    return lambda value: value + more


def times(factor: Any) -> Callable[[Any], Any]:
    """Multiply a result."""
    return lambda value: value * factor


def volume(term: LayerTerm) -> Volume | None:
    """The volume that a layer reads; None if it reads several."""
    return term.xs[0] if len(term.xs) == 1 else None


def kernel(term: LayerTerm) -> Any:
    """The kernel of a window; None if the op has none, or its window is the whole input."""
    # The kernel of global pooling is a word: a student cannot mistake its size.
    size = term.op.window
    return None if isinstance(size, str) else size


def filters_of(term: LayerTerm) -> int | None:
    """The number of filters of a layer; None if it has none, or one set for each channel (depthwise)."""
    filters = getattr(term.op, "filters", None)
    return filters if isinstance(filters, int) else None


def flattened(term: LayerTerm) -> Volume | None:
    """The map that a fully connected layer reads as a vector."""
    x = volume(term)
    return x if x and x.spatial and term.op.fully_connected else None
