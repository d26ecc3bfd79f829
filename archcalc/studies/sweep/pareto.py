"""Which rows of a sweep are kept: those that nothing beats, sorted, the first few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from archcalc.dims.arrays import Array

Columns = Mapping[str, Any]


class Selection(NamedTuple):
    """What to keep: the Pareto front of some columns, in the order of one, the first ``top``.

    A column stands with whether less of it is better (``pareto``), or comes first (``sort``).
    """

    pareto: tuple[tuple[str, bool], ...] = ()
    sort: tuple[str, bool] | None = None
    top: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that have to be known."""
        return (*(name for name, _ in self.pareto), *((self.sort[0],) if self.sort else ()))

    @property
    def narrows(self) -> bool:
        """Whether rows are left out, so that it is worth while to do so before all are there."""
        return bool(self.pareto) or self.top is not None

    def places(self, columns: Columns, rows: int) -> Array:
        """The numbers of the rows that are kept, in their order; of equal rows the earlier comes first."""
        chosen = np.arange(rows)
        if self.pareto:
            chosen = front([_ascending(columns[name], less) for name, less in self.pareto])
        if self.sort:
            name, ascending = self.sort
            chosen = chosen[order(columns[name][chosen], ascending)]
        return chosen if self.top is None else chosen[: self.top]


def _ascending(values: Array, less: bool) -> Array:
    return values if less else -values


def order(values: Array, ascending: bool = True) -> Array:
    """The numbers of the rows in the order of their values; equal ones stay as they are."""
    if ascending:
        return np.argsort(values, kind="stable")
    return (len(values) - 1 - np.argsort(values[::-1], kind="stable"))[::-1]


def front(goals: Sequence[Array]) -> Array:
    """The rows that no other row beats: none is at most as large in every goal and smaller in one.

    >>> front([np.array([3, 1, 2, 2]), np.array([1, 3, 2, 3])])
    array([0, 1, 2])
    """
    ranked = np.lexsort([_ranks(goal) for goal in goals[::-1]])
    values = np.stack([_ranks(goal)[ranked] for goal in goals])
    chosen = []
    left = np.arange(len(ranked))
    while len(left):
        # The first in order is beaten by none of the rest; what it beats goes.
        best = values[:, left[0]][:, None]
        rest = values[:, left]
        equal = (rest == best).all(axis=0)
        chosen.append(left[equal])
        left = left[(rest < best).any(axis=0)]
    found = np.concatenate(chosen) if chosen else np.arange(0)
    return np.sort(ranked[found])


def _ranks(values: Array) -> Array:
    """Integers in the same order, so that Python ints of any size are compared once."""
    return np.unique(values, return_inverse=True)[1] if values.dtype == object else values
