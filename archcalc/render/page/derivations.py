"""The derivations of layers as data of a page; equal ones stand there once."""

from __future__ import annotations

from typing import Any

from archcalc.engine.quantities import BY_KEY
from archcalc.errors import printable
from archcalc.render import units
from archcalc.results.explain import DerivationStep, LayerDerivation


class Derivations:
    """Derivations by number, with the texts of all of them in one list.

    Deep networks have many equal layers, and equal formulas in different ones.
    """

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._numbers: dict[tuple[Any, ...], int] = {}

    def number(self, layers: list[LayerDerivation]) -> int:
        """The number of the derivation of a row: a layer, and what follows it in a ``then``."""
        parts = []
        for layer in layers:
            volumes = " + ".join(map(units.shape, layer.input))
            given = ", ".join(f"{name} = {value}" for name, value in layer.given.items())
            title = f"{layer.op}, {volumes} to {units.shape(layer.output)}"
            steps = tuple(self._step(step) for step in layer.steps)
            parts.append((self._text(title), self._text(given), steps))
        return self._numbers.setdefault(tuple(parts), len(self._numbers))

    def _step(self, step: DerivationStep) -> tuple[int, int, int, int, int]:
        label = BY_KEY[step.quantity].label if step.quantity in BY_KEY else step.quantity
        value = step.value
        shown = units.count(int(value)) if value.denominator == 1 else f"{float(value):g}"
        words = (label, step.formula, step.substituted, shown, step.rule or step.source)
        one, two, three, four, five = map(self._text, words)
        return one, two, three, four, five

    def _text(self, text: str) -> int:
        return self._texts.setdefault(printable(text), len(self._texts))

    def as_data(self) -> dict[str, Any]:
        """All texts, and the derivations in which numbers stand for them."""
        return {"texts": list(self._texts), "rows": list(self._numbers)}
