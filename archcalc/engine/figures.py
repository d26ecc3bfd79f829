"""The figures of one layer: each quantity is computed when it is read for the first time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeAlias

from archcalc.engine.quantities import BY_KEY
from archcalc.engine.quantities.record import Reading
from archcalc.engine.reading import LayerReading, Pass
from archcalc.engine.worked import Worked
from archcalc.ops.remember import remember

Readings: TypeAlias = Iterable[tuple[str, Reading]]
"""Quantities by their keys, each with what gives it."""


class LayerFigures(LayerReading):
    """The quantities of one layer by their keys, for any kind of dimension.

    The record of a quantity computes it once. A caller may replace the value: the quantities that are made of
    it then use the new value.
    """

    __slots__ = ()

    def __missing__(self, key: str) -> Any:
        read = BY_KEY[key].of
        if read is None:
            raise KeyError(key)
        value = self[key] = read(self)
        return value

    def work_out(self, readings: Readings) -> None:
        """Work out those of these quantities that are not known yet: in a loop, which many layers need."""
        for key, read in readings:
            if key not in self:
                self[key] = read(self)


def readings_of(keys: Collection[str]) -> list[tuple[str, Reading]]:
    """How each quantity is read from a layer. Quantities of a whole network are left out."""
    return [(key, read) for key in keys if (read := BY_KEY[key].of) is not None]


MOST_PASSES = 64
"""How many passes a layer remembers its figures of; a loop over batches has more."""


def figures_of(worked: Worked, run: Pass) -> LayerFigures:
    """The figures of a layer of plain ints in a pass; all equal layers share them."""
    figures: LayerFigures | None = worked.figures.get(run)
    if figures is None:
        figures = LayerFigures(worked, run)
        remember(worked.figures, run, figures, MOST_PASSES)
    return figures
