"""The figures of one layer: each quantity is computed when it is read for the first time."""

from __future__ import annotations

from typing import Any

from archcalc.engine.quantities import BY_KEY
from archcalc.engine.reading import LayerReading, Pass
from archcalc.engine.worked import Worked
from archcalc.ops.remember import remember


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


MOST_PASSES = 64
"""How many passes a layer remembers its figures of; a loop over batches has more."""


def figures_of(worked: Worked, run: Pass) -> LayerFigures:
    """The figures of a layer of plain ints in a pass; all equal layers share them."""
    figures: LayerFigures | None = worked.figures.get(run)
    if figures is None:
        figures = LayerFigures(worked, run)
        remember(worked.figures, run, figures, MOST_PASSES)
    return figures
