"""How a student calculates a figure: from which layers, which quantity of each, and what happens to the sum.

The right calculation gives the right figure. A mistake is modelled as a change to the calculation: a
forgotten option, another input, another quantity. The wrong figure then comes from the same formulas of the
same ops (``classroom/mistakes``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property, lru_cache
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

FIELDS = ("receptive_field", "jump")
"""Quantities of the windows on the way to a layer."""

BYTES_OF = {key: BY_KEY[key].values for key in CALCULATED if BY_KEY[key].values}
"""Figures in bytes, and the values that they are the bytes of."""


def in_unit(quantity: str, unit: str) -> str:
    """The quantity in bytes if the answer is in bytes; memory may be given in values or in bytes."""
    if unit == "bytes":
        return next((name for name, counted in BYTES_OF.items() if counted == quantity), quantity)
    return quantity


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


_TERM = ("op", "xs", "y", "before", "times", "path", "shared")


class LayerTerm:
    """One layer of a calculation.

    ``y`` is the assumed output; None means the output that the op computes from ``xs``. ``before`` is the
    layer that it reads; None if it reads the input or several layers. ``times`` is how often the sum counts
    it. ``shared`` are the names of its arrays that another layer stores.

    A term never changes: a search asks the same layer thousands of times, and it remembers its answers.
    """

    def __init__(
        self,
        op: Op,
        xs: Inputs,
        y: Volume | None = None,
        before: LayerTerm | None = None,
        times: int = 1,
        path: str = "",
        shared: tuple[str, ...] = (),
    ) -> None:
        self.op, self.xs, self.y = op, xs, y
        self.before, self.times, self.path, self.shared = before, times, path, shared
        self._changed: dict[Change, LayerTerm | None] = {}

    def but(self, **changes: Any) -> LayerTerm:
        """Another term, which differs in some fields."""
        fields = {name: getattr(self, name) for name in _TERM}
        return LayerTerm(**{**fields, **changes})

    def output(self) -> Volume:
        """Its output volume. Raises ImpossibleError."""
        return self.y or self._computed_output

    @cached_property
    def _computed_output(self) -> Volume:
        return output_of(self.op, self.xs)

    @cached_property
    def _figures(self) -> LayerFigures:
        layer = _LazyLayer(self.op, self.xs, self.output(), self.shared)
        return LayerFigures(layer, ONE_IMAGE)

    def count(self, quantity: str) -> int:
        """The quantity of this layer for one image. Raises ImpossibleError."""
        count: int = self._figures[quantity]
        return count

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
        return self.but(op=_with_options(self.op, tuple(options.items())))

    def changed(self, change: Change) -> LayerTerm | None:
        """The changed layer; None if the change does not apply or gives no output."""
        if change not in self._changed:
            self._changed[change] = _changed_term(change, self)
        return self._changed[change]


Change: TypeAlias = Callable[[LayerTerm], LayerTerm | None]
"""A change to a layer; None if it does not apply."""


class _LazyLayer:
    """A layer with its arrays and its cost, which are computed only for the quantities that read them."""

    def __init__(self, op: Op, xs: Inputs, y: Volume, shared: Collection[str]) -> None:
        self.op, self.xs, self.y = op, xs, y
        self._names = shared

    @cached_property
    def _arrays(self) -> tuple[Weight, ...]:
        return tuple(self.op.weights(self.xs, self.y))

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        return tuple([weight for weight in self._arrays if weight.name not in self._names])

    @cached_property
    def shared(self) -> tuple[Weight, ...]:
        return tuple([weight for weight in self._arrays if weight.name in self._names])

    @cached_property
    def cost(self) -> Cost:
        return self.op.cost(self.xs, self.y)


# Deep networks repeat their layers, and a student changes all of them in the same way: what is worked out for
# one of them serves the others.


@lru_cache(maxsize=1 << 12)
def _with_options(op: Op, options: tuple[tuple[str, Any], ...]) -> Op:
    """The op with other values for these options."""
    return replace(op, **dict(options))


@lru_cache(maxsize=1 << 12)
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


class Field(NamedTuple):
    """The receptive field of a value along one axis, and the distance to the field of the next value."""

    size: int | Fraction
    jump: int | Fraction

    def through(self, extent: int, step: int, finer: int = 1) -> Field:
        """The field behind a window: r + (F - 1)·j, and j·S."""
        return Field(self.size + (extent - 1) * self.jump, Fraction(self.jump * step, finer))


def field_of(terms: Sequence[LayerTerm]) -> Field:
    """The field behind the last of some windows."""
    field = Field(1, 1)
    for term in terms:
        reach = (term.op.reach(term.xs) or ())[0]
        field = field.through(reach.extent, reach.step, reach.finer)
    return field


class Calculation(NamedTuple):
    """One figure as a sum of layers: ``plus`` and all ``terms``, times batch and bytes, and then ``after``.

    ``plus`` is what a total counts besides its layers: the input. The batch multiplies activations and
    operations. ``field`` goes through the windows of a receptive field. ``about`` completes
    the sentence of the mistake that led to this calculation.
    """

    quantity: str
    terms: tuple[LayerTerm, ...]
    plus: int = 0
    batch: int = 1
    value_bytes: int = 4
    after: tuple[Callable[[Any], Any], ...] = ()
    about: str = ""
    field: Callable[[Sequence[LayerTerm]], Field] = field_of

    def result(self) -> Result:
        """Compute the figure. Raises ImpossibleError."""
        if self.counted == "output":
            return self.finished(self.terms[0].output().dims)
        if self.counted in FIELDS:
            field = self.field(self.terms)
            return self.finished(field.size if self.counted == "receptive_field" else field.jump)
        return self.finished(self.sum_of(self.parts()))

    @property
    def counted(self) -> str:
        """What is counted."""
        # Bytes are counted as values first: each mistake in the values then gives wrong bytes too.
        return BYTES_OF.get(self.quantity, self.quantity)

    @property
    def scale(self) -> int:
        """The factor of every layer: the batch, and the bytes of a value."""
        batch = self.batch if BY_KEY[self.counted].with_batch else 1
        return batch * self.value_bytes if self.quantity in BYTES_OF else batch

    def parts(self) -> list[int]:
        """What each layer adds to the sum, before the changes to the result. Raises ImpossibleError."""
        counted, scale = self.counted, self.scale
        return [scale * term.times * term.count(counted) for term in self.terms]

    def sum_of(self, parts: Sequence[int]) -> int:
        """The sum of the parts, and of what is counted besides the layers."""
        return self.scale * self.plus + sum(parts)

    def finished(self, value: Any) -> Result:
        """The result of a sum: the value after the last changes. Raises ImpossibleError."""
        for change in self.after:
            value = change(value)
        result: Result = value
        return result

    def with_changed_terms(self, change: Change) -> list[Calculation]:
        """The calculation with every term changed where the change applies; empty if it applies to none."""
        # A student who makes a mistake makes it in every layer, so a total changes in all its terms.
        changed = [term.changed(change) for term in self.terms]
        if not any(changed):
            return []
        return [self._replace(terms=tuple(new or old for new, old in zip(changed, self.terms, strict=True)))]

    def then(self, change: Callable[[Any], Any]) -> list[Calculation]:
        """The calculation with one more change to its result."""
        return [self._replace(after=(*self.after, change))]

    def with_quantity(self, quantity: str) -> list[Calculation]:
        """The calculation of another quantity of the same layers."""
        return [self._replace(quantity=quantity)]


def _changed_term(change: Change, term: LayerTerm) -> LayerTerm | None:
    try:
        new = change(term)
        return new if new is not None and min(new.output().dims) >= 1 else None
    except (ImpossibleError, ValueError):
        return None
