"""The figures of one layer: each quantity is computed when it is read for the first time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcalc.engine.quantities import BY_KEY
from archcalc.engine.quantities.record import Reading
from archcalc.engine.reading import LayerReading


class LayerFigures(LayerReading):
    """The quantities of one layer by their keys, for any kind of dimension.

    The record of a quantity computes it once. A caller may replace the value: the quantities that are made of
    it then use the new value.
    """

    __slots__ = ()

    def compute(self, readings: Mapping[str, Reading]) -> None:
        """Compute quantities by their readings, and the quantities that they are made of."""
        for key, read in readings.items():
            if key not in self:
                self[key] = read(self)

    def __missing__(self, key: str) -> Any:
        read = BY_KEY[key].of
        if read is None:
            raise KeyError(key)
        value = self[key] = read(self)
        return value
