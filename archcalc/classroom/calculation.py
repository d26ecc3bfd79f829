"""How a student calculates a figure: from which layers, which quantity of each, and what happens to the sum.

The right calculation gives the right figure. A mistake is modelled as a change to the calculation: a
forgotten option, another input, another quantity. The wrong figure then comes from the same formulas of the
same ops (``classroom/mistakes``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from archcalc.engine.claims import Findings
from archcalc.engine.figures import LayerFigures
from archcalc.engine.quantities import BY_KEY, QUANTITIES
from archcalc.engine.reading import ONE_IMAGE
from archcalc.language.printed import Shape
from archcalc.network import Node
from archcalc.ops.base import Cost, Inputs, Op, Volume, Weight
from archcalc.ops.options import options_of

Result: TypeAlias = int | Fraction | Shape

CALCULATED = tuple(
    quantity.key for quantity in QUANTITIES if quantity.asked and quantity.of and not quantity.by_place
)
"""What a calculation can be asked for."""

BYTES_OF = {key: BY_KEY[key].values for key in CALCULATED if BY_KEY[key].values}
"""Figures in bytes, and the values that they are the bytes of."""


def made_of(key: str) -> tuple[str, ...]:
    """What can be asked and is made of a quantity, directly or through another one.

    >>> made_of("weights"), made_of("macs"), made_of("activations")
    (('params', 'weights', 'param_bytes'), ('macs', 'flops'), ('activations', 'activation_bytes'))
    """
    return tuple(other for other in CALCULATED if _is_made_of(other, key))


def _is_made_of(key: str, part: str) -> bool:
    return key == part or any(other in BY_KEY and _is_made_of(other, part) for other in BY_KEY[key].made_of)


class ImpossibleError(Exception):
    """A calculation without a result: a window does not fit, or a size is below 1."""


class LayerTerm(NamedTuple):
    """One layer of a calculation.

    ``y`` is the assumed output; None means the output that the op computes from ``xs``. ``before`` is the
    layer that it reads; None if it reads the input or several layers. ``times`` is how often the sum counts
    it.
    """

    op: Op
    xs: Inputs
    y: Volume | None = None
    before: LayerTerm | None = None
    times: int = 1
    path: str = ""

    def output(self) -> Volume:
        """Its output volume. Raises ImpossibleError."""
        return self.y or output_of(self.op, self.xs)

    def having(self, **options: Any) -> LayerTerm | None:
        """The same layer with other options.

        None if the op has no such options, or already has these values.
        """
        declared = options_of(type(self.op))
        if not all(name in declared and declared[name].type.takes(value) for name, value in options.items()):
            return None
        # A "forgotten" padding of a layer without padding is not a mistake.
        if all(getattr(self.op, name) == value for name, value in options.items()):
            return None
        return self._replace(op=replace(self.op, **options))

    def count(self, quantity: str) -> int:
        """The quantity of this layer for one image. Raises ImpossibleError."""
        return int(LayerFigures(_LazyLayer(self.op, self.xs, self.output()), ONE_IMAGE)[quantity])


class _LazyLayer:
    """A layer with its arrays and its cost, which are computed only for the quantities that read them."""

    def __init__(self, op: Op, xs: Inputs, y: Volume) -> None:
        self.op, self.xs, self.y = op, xs, y

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        return tuple(self.op.weights(self.xs, self.y))

    @cached_property
    def cost(self) -> Cost:
        return self.op.cost(self.xs, self.y)


def output_of(op: Op, xs: Inputs) -> Volume:
    """The output of an op on any input, also a wrong one. A window that does not fit is rounded down.

    Raises ImpossibleError if the op cannot take this input.
    """
    # An exact window would refuse every wrong size; the student would round down and go on.
    op = op.rounded_down()
    if not Findings().judge(Node("", op, ()), op.claims(xs)):
        raise ImpossibleError
    y = op.shape(xs)
    # A wrong option can give a size of 0, and several mistakes together an absurdly large one.
    if not all(1 <= side <= 10**9 for side in y.dims):
        raise ImpossibleError
    return y


class Calculation(NamedTuple):
    """One figure as a sum of layers: ``plus`` and all ``terms``, times batch and bytes, and then ``after``.

    ``plus`` is what a total counts besides its layers: the input. The batch multiplies activations and
    operations. ``about`` completes the sentence of the mistake that led to this calculation.
    """

    quantity: str
    terms: tuple[LayerTerm, ...]
    plus: int = 0
    batch: int = 1
    value_bytes: int = 4
    after: tuple[Callable[[Any], Any], ...] = ()
    about: str = ""

    def result(self) -> Result:
        """Compute the figure. Raises ImpossibleError."""
        # Bytes are counted as values first: each mistake in the values then gives wrong bytes too.
        counted = BYTES_OF.get(self.quantity, self.quantity)
        if counted == "output":
            value: Any = self.terms[0].output().dims
        else:
            value = self.plus + sum(term.times * term.count(counted) for term in self.terms)
            if BY_KEY[counted].with_batch:
                value *= self.batch
            if self.quantity in BYTES_OF:
                value *= self.value_bytes
        for change in self.after:
            value = change(value)
        result: Result = value
        return result

    def with_changed_terms(self, change: Callable[[LayerTerm], LayerTerm | None]) -> list[Calculation]:
        """The calculation with every term changed where the change applies; empty if it applies to none."""
        # A student who makes a mistake makes it in every layer, so a total changes in all its terms.
        changed = [_changed_term(change, term) for term in self.terms]
        if not any(changed):
            return []
        return [self._replace(terms=tuple(new or old for new, old in zip(changed, self.terms, strict=True)))]

    def then(self, change: Callable[[Any], Any]) -> list[Calculation]:
        """The calculation with one more change to its result."""
        return [self._replace(after=(*self.after, change))]

    def with_quantity(self, quantity: str) -> list[Calculation]:
        """The calculation of another quantity of the same layers."""
        return [self._replace(quantity=quantity)]


def _changed_term(change: Callable[[LayerTerm], LayerTerm | None], term: LayerTerm) -> LayerTerm | None:
    """The changed term; None if the change does not apply or gives no output."""
    try:
        new = change(term)
        return new if new is not None and min(new.output().dims) >= 1 else None
    except (ImpossibleError, ValueError):
        return None
