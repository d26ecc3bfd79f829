"""What a mistake is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from archcalc.classroom.calculation import BYTES_OF, Calculation, LayerTerm
from archcalc.language.printed import Figure, Shape
from archcalc.ops.base import Volume
from archcalc.ops.window import WindowOp

SHAPED = ("output", "activations", "activation_bytes", "macs", "flops")
"""Quantities that a wrong output size spoils."""

STORES = ("params", "weights", "param_bytes")
COSTS = ("macs", "flops")
COUNTS = (*STORES, *COSTS)
"""Quantities that count weights, or what is done with them."""

BYTES = tuple(BYTES_OF)
MEMORY = ("activations", "activation_bytes")


def any_form(given: Figure | Shape) -> bool:
    """Of a figure however it is written."""
    return True


def all_digits(given: Figure | Shape) -> bool:
    """Of a figure with all its digits: where it is rounded, any of them may be missing."""
    return isinstance(given, Figure) and given.steps[0] == 1


def in_unit(unit: int) -> Callable[[Figure | Shape], bool]:
    """Of a figure in one unit: 10^6 is MB, 2^20 is MiB."""
    return lambda given: isinstance(given, Figure) and given.unit == unit


class Mistake(NamedTuple):
    """A known way to go wrong: a stable id, the quantities it spoils, a sentence for the student, and what it changes.

    ``change`` gives the workings of somebody who makes it: none where there is nothing to get wrong so, several
    where there are several ways. ``total``: of layers, of totals, or (None) of both. ``told``: of which figures, by
    how they are written.
    """

    id: str
    quantities: tuple[str, ...]
    says: str
    change: Callable[[Calculation], Iterable[Calculation]]
    total: bool | None = None
    applies_to: Callable[[Figure | Shape], bool] = any_form


def option(**options: Any) -> Callable[[Calculation], Iterable[Calculation]]:
    """Options taken to be something else, in every layer that has them."""
    return lambda working: working.with_parts(lambda part: part.having(**options))


def parts(change: Callable[[LayerTerm], LayerTerm | None]) -> Callable[[Calculation], Iterable[Calculation]]:
    """Every layer changed that can be."""
    return lambda working: working.with_parts(change)


def asked(quantity: str) -> Callable[[Calculation], Iterable[Calculation]]:
    """Another question answered; not where the answer is nothing, which answers any."""
    return lambda working: [other for other in working.asking(quantity) if other.result()]


def after(change: Callable[[Any], Any]) -> Callable[[Calculation], Iterable[Calculation]]:
    """Something wrong done to the result."""
    return lambda working: working.then(change)


def plus(more: Any) -> Callable[[Any], Any]:
    """What adds to a result."""
    return lambda value: value + more


def times(factor: Any) -> Callable[[Any], Any]:
    """What multiplies a result."""
    return lambda value: value * factor


def volume(part: LayerTerm) -> Volume | None:
    """The one volume that a layer reads."""
    return part.xs[0] if len(part.xs) == 1 else None


def kernel(part: LayerTerm) -> Any:
    """The kernel of a window, None if there is none or it is the whole input."""
    found = part.op.kernel if isinstance(part.op, WindowOp) else None
    return None if isinstance(found, str) else found


def is_op(part: LayerTerm, *names: str) -> bool:
    return part.op.name in names
