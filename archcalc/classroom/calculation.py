"""How somebody arrives at a figure: of which layers, what is asked of each, and what is done to the sum.

The right working gives the right figure. A mistake is a change of the working: an option forgotten, another input,
another question; the figure then comes from the same formulas of the same ops (``studies/mistakes``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from archcalc.conventions import ARCHCALC
from archcalc.engine.claims import Findings
from archcalc.engine.totals import BYTES, STORED, params, stored
from archcalc.language.printed import Shape
from archcalc.network import Node
from archcalc.ops.base import Inputs, Op, Volume
from archcalc.ops.options import options_of

Result: TypeAlias = int | Fraction | Shape

BYTES_OF = {name: BYTES[name] for name in ("activation_bytes", "param_bytes")}
"""Figures in bytes, and the values that they are the bytes of."""


class Impossible(Exception):
    """A working that comes to nothing: a window that does not fit, a size below 1."""


class LayerTerm(NamedTuple):
    """One layer as somebody works it out.

    ``y`` is what is taken for its output, None: what the op makes of ``xs``. ``before`` is the layer that it reads,
    None if that is the input or there are several. ``times`` is how often a sum counts it.
    """

    op: Op
    xs: Inputs
    y: Volume | None = None
    before: LayerTerm | None = None
    times: int = 1
    path: str = ""

    def output(self) -> Volume:
        """Its output volume. Raises Impossible."""
        return self.y or output_of(self.op, self.xs)

    def having(self, **options: Any) -> LayerTerm | None:
        """The same layer with other options; None if it has no such options, cannot, or has them so already."""
        known = options_of(type(self.op))
        if not all(name in known and known[name].type.takes(value) for name, value in options.items()):
            return None
        if all(getattr(self.op, name) == value for name, value in options.items()):
            return None
        return self._replace(op=replace(self.op, **options))

    def count(self, quantity: str) -> int:
        """How many of something it has, for one image. Raises Impossible."""
        y = self.output()
        if quantity == "activations":
            return int(y.size)
        if quantity == "macs":
            return int(self.op.cost(self.xs, y).get("macs", 0))
        if quantity == "flops":
            return int(ARCHCALC.flops(self.op.cost(self.xs, y)))
        found = stored(self.op.weights(self.xs, y))
        return int(params(found) if quantity == "params" else found[quantity])


LAYER_QUANTITIES = ("output", "params", *STORED.values(), "activations", "macs", "flops", *BYTES_OF)
"""What a working can be asked for."""


def output_of(op: Op, xs: Inputs) -> Volume:
    """What an op puts out, however wrong its input; a window that does not fit is rounded down. Raises Impossible."""
    down: dict[str, Any] = {"rounding": "floor"}
    if getattr(op, "rounding", "") == "exact":
        op = replace(op, **down)
    if not Findings().judge(Node("", op, ()), op.claims(xs)):
        raise Impossible
    y = op.shape(xs)
    if not all(1 <= side <= 10**9 for side in y.dims):
        raise Impossible
    return y


class Calculation(NamedTuple):
    """A figure and how it is worked out: the sum of its parts and ``plus``, by the batch, in bytes, and then ``after``.

    ``plus`` is what a total counts beside its layers (the input). A batch multiplies activations and operations.
    ``about`` is a word for the sentence of the mistake that made it.
    """

    quantity: str
    parts: tuple[LayerTerm, ...]
    plus: int = 0
    batch: int = 1
    value_bytes: int = 4
    after: tuple[Callable[[Any], Any], ...] = ()
    about: str = ""

    def result(self) -> Result:
        """What it comes to. Raises Impossible."""
        counted = BYTES_OF.get(self.quantity, self.quantity)
        if counted == "output":
            found: Any = self.parts[0].output().dims
        else:
            found = self.plus + sum(part.times * part.count(counted) for part in self.parts)
            if counted in ("activations", "macs", "flops"):
                found *= self.batch
            if self.quantity in BYTES_OF:
                found *= self.value_bytes
        for change in self.after:
            found = change(found)
        result: Result = found
        return result

    def with_parts(self, change: Callable[[LayerTerm], LayerTerm | None]) -> list[Calculation]:
        """The working with every part changed that can be; nothing if none can."""
        changed = [_possible(change, part) for part in self.parts]
        if not any(changed):
            return []
        return [self._replace(parts=tuple(new or old for new, old in zip(changed, self.parts, strict=True)))]

    def then(self, change: Callable[[Any], Any]) -> list[Calculation]:
        """The working with something more done to its result."""
        return [self._replace(after=(*self.after, change))]

    def asking(self, quantity: str) -> list[Calculation]:
        """The working of another question about the same layers."""
        return [self._replace(quantity=quantity)]


def _possible(change: Callable[[LayerTerm], LayerTerm | None], part: LayerTerm) -> LayerTerm | None:
    """A part changed, if that comes to anything."""
    try:
        new = change(part)
        return new if new is not None and min(new.output().dims) >= 1 else None
    except (Impossible, ValueError):
        return None
