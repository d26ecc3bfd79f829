"""Selecting rows of a sweep: the Pareto front, an order, and the first few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from archcalc.dims.arrays import Array

Columns = Mapping[str, Any]


class Selection(NamedTuple):
    """The rows to keep: the Pareto front of some columns, sorted by a column, the first ``top``.

    The bool of a column tells whether less is better (``pareto``), or whether less comes first (``sort``).
    """

    pareto: tuple[tuple[str, bool], ...] = ()
    sort: tuple[str, bool] | None = None
    top: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that the selection reads."""
        return (*(name for name, _ in self.pareto), *((self.sort[0],) if self.sort else ()))

    @property
    def narrows(self) -> bool:
        """Whether rows are left out: then a sweep can drop them early, and needs less memory."""
        return bool(self.pareto) or self.top is not None

    def places(self, columns: Columns, rows: int) -> Array:
        """The numbers of the selected rows, in order; of equal rows the earlier one comes first."""
        selected = np.arange(rows)
        if self.pareto:
            selected = front([_ascending(columns[name], less) for name, less in self.pareto])
        if self.sort:
            name, ascending = self.sort
            selected = selected[order(columns[name][selected], ascending)]
        return selected if self.top is None else selected[: self.top]


def _ascending(values: Array, less: bool) -> Array:
    return values if less else -values


def order(values: Array, ascending: bool = True) -> Array:
    """The numbers of the rows in the order of their values; equal values keep their order."""
    if ascending:
        return np.argsort(values, kind="stable")
    # Sorting backwards and reversing keeps the order of equal values, which reversing alone would not.
    return (len(values) - 1 - np.argsort(values[::-1], kind="stable"))[::-1]


def front(goals: Sequence[Array]) -> Array:
    """The Pareto front: rows for which no other row is at most as large in every goal and smaller in one.

    >>> front([np.array([3, 1, 2, 2]), np.array([1, 3, 2, 3])])
    array([0, 1, 2])
    """
    ranked = np.lexsort([_ranks(goal) for goal in goals[::-1]])
    values = np.stack([_ranks(goal)[ranked] for goal in goals])
    efficient = []
    candidates = np.arange(len(ranked))
    while len(candidates):
        # In lexicographic order no later row can beat the first candidate. The rows that it beats are
        # dropped.
        best = values[:, candidates[0]][:, None]
        others = values[:, candidates]
        efficient.append(candidates[(others == best).all(axis=0)])
        candidates = candidates[(others < best).any(axis=0)]
    return np.sort(ranked[np.concatenate(efficient)]) if efficient else np.arange(0)


def _ranks(values: Array) -> Array:
    """Integers in the same order: comparing Python ints (dtype object) is slow, so they are compared once."""
    return np.unique(values, return_inverse=True)[1] if values.dtype == object else values
