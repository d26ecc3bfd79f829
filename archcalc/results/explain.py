"""The result of ``explain``: derivations. Each step has a formula, its numbers and its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from archcalc.ops.frozen import Record, record
from archcalc.results import FORMAT, CountedBy, Shape, plain
from archcalc.results.printable import Printable

Value: TypeAlias = int | Fraction
"""The value of a step. After an upsampling, receptive fields and jumps may be fractions."""


class DerivationStep(NamedTuple):
    """The computation of one figure: ``quantity = formula = substituted = value``.

    ``quantity`` is a name such as ``W2``, or the key of the figure in the table's JSON (``params``,
    ``macs``). ``rule`` says how a division with a remainder was rounded; "" if nothing was rounded.
    """

    quantity: str
    formula: str
    substituted: str
    value: Value
    source: str
    rule: str = ""

    def as_json(self) -> dict[str, Any]:
        """An item of ``steps``."""
        # Integers stay exact in JSON; only a real fraction becomes a decimal.
        whole = self.value.denominator == 1
        record = {**self._asdict(), "value": int(self.value) if whole else float(self.value)}
        if not self.rule:
            del record["rule"]
        return record


class LayerDerivation(NamedTuple):
    """The derivation of one layer; ``given`` has the names in its formulas, with their numbers."""

    path: str
    op: str
    input: tuple[Shape, ...]
    output: Shape
    given: Mapping[str, Value]
    steps: tuple[DerivationStep, ...]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def step(self, quantity: str) -> DerivationStep | None:
        """The step of a quantity; None if the layer does not have the quantity."""
        return next((step for step in self.steps if step.quantity == quantity), None)

    def with_step(self, step: DerivationStep) -> LayerDerivation:
        """The same layer with one more step."""
        return self._replace(steps=(*self.steps, step))

    def as_json(self) -> dict[str, Any]:
        """An item of ``layers``."""
        shapes = [list(shape) for shape in self.input]
        return {
            "name": self.name,
            "path": self.path,
            "op": self.op,
            "input": shapes[0] if len(shapes) == 1 else shapes,
            "output": list(self.output),
            "given": {name: float(v) if v.denominator != 1 else int(v) for name, v in self.given.items()},
            "steps": plain(self.steps),
        }


class Misfit(NamedTuple):
    """A layer that does not fit: the failed precondition, a hint, and the place in the spec."""

    path: str
    says: str
    hint: str
    place: str


@record
class Derivation(Printable, Record):
    """The derivations of a network's layers, and of the totals of all layers.

    ``inputs``: the sizes of all inputs, if they have names. ``whole``: no layers were chosen. A network with
    a misfit has only the layers before it, and no totals. ``counted`` is the count of a tool, if the
    derivations of the layers have its steps.
    """

    network: str
    title: str
    input: Shape
    batch: int
    dtype: str
    layers: tuple[LayerDerivation, ...]
    totals: tuple[DerivationStep, ...]
    misfits: tuple[Misfit, ...] = ()
    whole: bool = True
    counted: CountedBy | None = None
    inputs: Mapping[str, Shape] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc explain``."""
        answer: dict[str, Any] = {
            "format": FORMAT,
            "network": self.network,
            "title": self.title,
            "batch": self.batch,
            "dtype": self.dtype,
            "layers": plain(self.layers),
            "totals": plain(self.totals),
        }
        if self.counted:
            answer["convention"] = self.counted.summary()
        if self.misfits:
            answer["misfits"] = plain(self.misfits)
        return answer
