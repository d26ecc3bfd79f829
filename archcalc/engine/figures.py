"""The figures of one layer: every quantity, worked out when it is first asked for."""

from __future__ import annotations

from typing import Any

from archcalc.engine.quantities import BY_KEY
from archcalc.engine.reading import LayerReading


class LayerFigures(LayerReading):
    """The quantities of one layer by their keys, over any kind of dimension.

    A quantity is read once, by its record, and then kept. A caller may put another value in its place:
    the quantities that are made of it go on from there.
    """

    __slots__ = ()

    def __missing__(self, key: str) -> Any:
        read = BY_KEY[key].of
        if read is None:
            raise KeyError(key)
        value = self[key] = read(self)
        return value
