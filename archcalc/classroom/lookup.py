"""Looks up results by a printed figure, so that a wrong figure is not compared with every result."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from math import floor
from operator import itemgetter
from typing import Generic, TypeVar

from archcalc.classroom.calculation import Result
from archcalc.language.printed import Figure, Shape

Entry = TypeVar("Entry")


class ByFigure(Generic[Entry]):
    """Entries under their results. A lookup may return too many entries, and never too few.

    >>> from archcalc.language.printed import read_figure
    >>> table = ByFigure([(34848, "a"), (34944, "b"), (35300, "c"), ((55, 55, 96), "d"), ((1, 1, 7), "e")])
    >>> [table.near(read_figure(text)) for text in ("34,944", "34.9K", "55x55x96", "7", "12")]
    [['b'], ['a', 'b'], ['d'], ['e'], []]
    """

    def __init__(self, entries: Iterable[tuple[Result, Entry]]) -> None:
        numbers: list[tuple[int, Entry]] = []
        self._volumes: dict[Shape, list[Entry]] = {}
        for result, entry in entries:
            if isinstance(result, tuple):
                self._volumes.setdefault(_without_ones(result), []).append(entry)
                numbers.append((result[-1], entry))  # a number may stand for a vector
            else:
                # Whole parts are enough to find a number, and are compared much faster than fractions.
                numbers.append((floor(result), entry))
        numbers.sort(key=itemgetter(0))
        self._whole_parts = [number for number, _ in numbers]
        self._of_numbers = [entry for _, entry in numbers]

    def near(self, given: Figure | Shape) -> list[Entry]:
        """The entries whose result may be printed as this figure."""
        if not isinstance(given, Figure):
            return self._volumes.get(_without_ones(given), [])
        # A result that is a whole last digit away is another number (``printed.figure_agreement``).
        start = bisect_left(self._whole_parts, floor(given.value - given.steps[-1]))
        end = bisect_right(self._whole_parts, floor(given.value + given.steps[-1]))
        return self._of_numbers[start:end]


def _without_ones(shape: Shape) -> Shape:
    """A volume without its sizes of 1, some of which may be left out in print."""
    return tuple(side for side in shape if side != 1)
