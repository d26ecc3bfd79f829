"""The rows of a sweep: the figures of many points, written into columns piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from archcalc.dims.arrays import Array, ExactArray
from archcalc.dims.factored import MeshValue
from archcalc.dims.mesh_kind import on_axes
from archcalc.studies.sweep.columns import column_at, part_of
from archcalc.studies.sweep.mesh import MeshPart
from archcalc.studies.sweep.pareto import Columns

Test = Callable[[Columns], Any]
"""A filter over columns: a mask of the points, or one bool for all. Raises ArchcalcError."""

EXACT_ARRAYS = "exact arrays"
"""The key, which no setting can have, under which a filter finds the type of arrays with fractions."""

INDEX = "number of the point"
"""The key, which no setting can have, of the numbers of the points."""

Mapper: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""``map``, or the ``map`` of a pool of threads."""


@dataclass(slots=True)
class SweepRows:
    """The result of some points: one row for each valid point that passes the filter."""

    columns: dict[str, Any]

    index: Any
    """The numbers of the points of the rows."""

    points: int
    invalid: int = 0
    matched: int = 0
    python_ints: int = 0

    reasons: list[tuple[str, str, int, int]] = field(default_factory=list)
    """Each mistake: its key, its sentence, how many points make it first, and the first of them."""


def no_rows(needed: Sequence[str], points: int = 0) -> SweepRows:
    """The result of points without a row."""
    empty = np.zeros(0, np.int64)
    return SweepRows(dict.fromkeys(needed, empty), empty, points)


class PieceSize(NamedTuple):
    """How many points are done at once: ``work`` of them fit into a cache, ``rows`` of them into memory."""

    work: int
    rows: int


@dataclass(slots=True)
class WalkedPart:
    """Points whose figures are known, in factored form."""

    part: MeshPart
    columns: Columns

    failed: Sequence[tuple[str, Any]]
    """The paths of layers, and where their preconditions hold: a mask of points, or one bool."""

    reason: Callable[[int, str], tuple[str, str]]
    """The key and sentence of the mistake of a point at a layer."""

    def rows(
        self, piece: MeshPart, needed: Sequence[str], where: Test | None, size: PieceSize, do: Mapper
    ) -> SweepRows:
        """The rows of the points of a piece that are valid and pass the filter."""
        rows = no_rows(needed, piece.points)
        invalid = self._invalid(piece, rows)
        if rows.invalid < piece.points:
            names = [*needed, INDEX]
            if invalid is None and where is None:
                rows.columns = self._all(piece, names, size, do)
            else:
                rows.columns = self._chosen(piece, names, invalid, where, size, do)
            rows.index = rows.columns.pop(INDEX)
        return rows

    def _invalid(self, piece: MeshPart, rows: SweepRows) -> Array | None:
        """A mask of the points that fail a precondition; each is counted for the first one that it fails."""
        if not self.failed:
            return None
        places = piece.within(self.part)
        invalid = np.zeros(piece.shape, bool)
        numbers = np.broadcast_to(self.columns[INDEX].at(places), piece.shape)
        for path, truth in self.failed:
            holds = truth if isinstance(truth, bool) else on_axes(truth).at(places)
            fails = np.logical_not(holds) & ~invalid
            count = int(fails.sum())
            if count:
                first = int(numbers[fails][0])
                rows.reasons.append((*self.reason(first, path), count, first))
                invalid |= fails
        rows.invalid = int(invalid.sum())
        return invalid if rows.invalid else None

    def _all(self, piece: MeshPart, names: Sequence[str], size: PieceSize, do: Mapper) -> dict[str, Array]:
        """The columns at all points of a piece."""
        places = piece.within(self.part)
        columns = {
            name: np.empty(piece.shape, value.dtype)
            if isinstance(value := self.columns[name], MeshValue)
            else column_at(part_of(value, places), piece.shape, None)
            for name in names
        }

        def fill(small: MeshPart) -> None:
            for name in names:
                value = self.columns[name]
                if isinstance(value, MeshValue):
                    columns[name][small.within(piece)] = value.at(small.within(self.part))

        for _ in do(fill, piece.chunks(size.work)):
            pass
        return {name: column.reshape(-1) for name, column in columns.items()}

    def _chosen(
        self, piece: MeshPart, names: Sequence[str], invalid: Array | None, where: Test | None,
        size: PieceSize, do: Mapper,
    ) -> dict[str, Array]:  # fmt: skip
        """The columns at the valid points of a piece that pass the filter."""

        def chosen(small: MeshPart) -> list[Array]:
            columns = {name: part_of(value, small.within(self.part)) for name, value in self.columns.items()}
            mask: Any = np.True_ if invalid is None else ~invalid[small.within(piece)]
            if where is not None and mask.any():
                mask = mask & where({**columns, EXACT_ARRAYS: ExactArray})
            flat = None if mask.all() else np.broadcast_to(mask, small.shape).reshape(-1)
            return [column_at(columns[name], small.shape, flat) for name in names]

        parts = zip(*do(chosen, piece.chunks(size.work)), strict=True)
        return {name: np.concatenate(column) for name, column in zip(names, parts, strict=True)}
