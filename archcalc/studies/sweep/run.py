"""Running a sweep: each part of its mesh is built from arrays, computed, checked and filtered.

Before a part is computed, the same formulas run on intervals. If int64 could overflow, the part is computed
in Python ints.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from archcalc.dims import is_rational
from archcalc.dims.arrays import Array, ExactArray
from archcalc.dims.interval import Interval
from archcalc.engine.claims import Masks
from archcalc.engine.pour import pour
from archcalc.engine.reading import Pass
from archcalc.engine.totals import totals
from archcalc.engine.walk import walk, walk_or_raise
from archcalc.errors import ArchcalcError, Problem, SpecError
from archcalc.network import Network
from archcalc.studies.sweep.columns import column_at, on_mesh, plain_mesh
from archcalc.studies.sweep.kinds import bounded_intervals, exact_arrays, fits_int64, hulls, int64_arrays
from archcalc.studies.sweep.mesh import MeshPart
from archcalc.studies.sweep.pareto import Columns

Bind = Callable[[Mapping[str, Any]], Network]
"""Builds the network with these settings; it may have problems. Raises ArchcalcError for bad usage."""

Test = Callable[[Columns], Any]
"""A filter over columns: a mask of the points, or one bool for all. Raises ArchcalcError."""

EXACT_ARRAYS = "exact arrays"
"""The key, which no setting can have, under which a filter finds the type of arrays with fractions."""

UNBINDABLE = (ArchcalcError, TypeError, ValueError, ArithmeticError)
"""Errors of building a network from arrays, if a setting decides how the network is built."""


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


@dataclass(slots=True)
class SweepRun:
    """A sweep: how its networks are built, and which figures are needed."""

    bind: Bind
    free: dict[str, list[Any]]
    needed: tuple[str, ...]
    where: Test | None
    forward: Pass
    aux: bool
    structural: set[str] = field(default_factory=set)
    """The settings that decide how the network is built: they vary one value at a time."""

    name: str = ""

    safe_for: dict[str, bool] = field(default_factory=dict)
    """Whether int64 is safe, by the values of the settings that do not vary."""

    @property
    def figures(self) -> list[str]:
        return [name for name in self.needed if name not in self.free]

    def whole(self) -> MeshPart:
        return MeshPart(tuple((0, len(values)) for values in self.free.values()))

    def axes(self) -> list[int]:
        """The axes of the structural settings."""
        return [axis for axis, name in enumerate(self.free) if name in self.structural]

    def values(self, part: MeshPart) -> dict[str, list[Any]]:
        return {name: self.free[name][slice(*span)] for name, span in zip(self.free, part.spans, strict=True)}

    def point(self, index: int) -> dict[str, Any]:
        places = np.unravel_index(index, self.whole().shape)
        return {
            name: values[int(place)] for (name, values), place in zip(self.free.items(), places, strict=True)
        }

    def probe(self) -> None:
        """Find the structural settings on a small mesh: words, lists, and settings that cannot be arrays."""
        self.structural = {
            name
            for name, values in self.free.items()
            if not all(map(is_rational, values)) and len(values) > 1
        }
        few = {name: _few(values) for name, values in self.free.items()}
        for name in [*self.structural]:
            few[name] = few[name][:1]
        while (structural := self.cannot_vary(few)) is not None:
            self.structural.add(structural)
            few[structural] = few[structural][:1]

    def cannot_vary(self, values: Mapping[str, list[Any]]) -> str | None:
        """The first setting that cannot vary together with the settings before it; None if all can."""
        if self.bound(values) is not None:
            return None
        varied = {name: items[:1] for name, items in values.items()}
        for name, items in values.items():
            varied[name] = items
            if len(items) > 1 and self.bound(varied) is None:
                return name
        return None

    def bound(self, values: Mapping[str, list[Any]]) -> Network | None:
        """The network with arrays for the settings that vary; None if it cannot be built from arrays."""
        try:
            network = self.bind(on_mesh(values))
        except UNBINDABLE:
            return None
        self.name = network.name
        return None if network.problems else network

    # --- one part ----------------------------------------------------------------------------------------

    def rows(self, part: MeshPart) -> Iterator[SweepRows]:
        """The rows of a part: at once, or for each value of a structural setting."""
        values = self.values(part)
        many = [axis for axis in self.axes() if part.shape[axis] > 1]
        if many:
            for piece in part.split(many):
                yield from self.rows(piece)
            return
        if part.points == 1:
            yield self.single(part)
            return
        with np.errstate(all="ignore"):  # invalid points may divide by zero; they are left out later
            network = self.bound(values)
            if network is not None:
                yield self.arrays(part, values, network)
                return
        # The small mesh of `probe` did not show that this setting is structural.
        structural = self.cannot_vary(values)
        if structural is None:
            raise AssertionError("a network was built from arrays, and then could not be built again")
        self.structural.add(structural)
        yield from self.rows(part)

    def single(self, part: MeshPart) -> SweepRows:
        """A single point, in plain ints as for a table."""
        index = self.index(part)
        values = {name: items[0] for name, items in self.values(part).items()}
        columns, problems = self.table(values)
        if problems:
            key, sentence = reason_of(problems[0])
            return SweepRows(self.empty(), index[:0], 1, 1, reasons=[(key, sentence, 1, int(index[0]))])
        return self.filtered(
            part, {**values, **columns}, np.zeros((1,) * len(self.free), bool), index, SweepRows({}, (), 1)
        )

    def table(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], Sequence[Problem]]:
        """The figures of one network in plain ints, or its problems."""
        try:
            network = self.bind(values)
            self.name = network.name
            steps, _ = walk_or_raise(network, aux=self.aux)
        except SpecError as error:
            return {}, error.problems
        return totals(network, steps, self.figures, self.forward), ()

    def arrays(self, part: MeshPart, values: Mapping[str, list[Any]], network: Network) -> SweepRows:
        """Many points, in arrays."""
        rows = SweepRows({}, (), part.points)
        findings = Masks()
        exact = pour(network, exact_arrays(findings, len(self.free)))
        findings.proven = self.proven(values, exact)
        if findings.proven:
            exact = pour(exact, int64_arrays)
        else:
            rows.python_ints = part.points
        figures: dict[str, Any] = {}
        # False: a precondition fails at every point, so there is nothing to compute.
        if all(truth is not False for _, truth in findings.failed):
            steps = walk(exact, findings, aux=self.aux)
            figures = totals(exact, steps, self.figures, self.forward)
        index = self.index(part)
        invalid = self.invalid_points(part, findings.failed, index, rows)
        return self.filtered(part, {**plain_mesh(values), **figures}, invalid, index, rows)

    def proven(self, values: Mapping[str, list[Any]], exact: Network) -> bool:
        """Whether int64 cannot overflow: for all values of the settings, or at least for the values of this
        part.
        """
        fixed = {name: items[0] for name, items in values.items() if len(items) == 1}
        key = repr(fixed)
        if key not in self.safe_for:
            self.safe_for[key] = self.proven_at_large(fixed)
        return self.safe_for[key] or self.fits(pour(exact, hulls))

    def proven_at_large(self, fixed: Mapping[str, Any]) -> bool:
        """Whether int64 is safe for all values of the settings that vary.

        One run on intervals answers for all parts. It may fail where the intervals are too wide; then each
        part is examined with its own, narrower intervals.
        """
        ranges = {
            name: Interval(min(values), max(values))
            for name, values in self.free.items()
            if name not in fixed
        }
        try:
            network = self.bind({**fixed, **ranges})
        except UNBINDABLE:
            return False
        return not network.problems and self.fits(pour(network, bounded_intervals))

    def fits(self, network: Network) -> bool:
        return fits_int64(network, self.figures, self.forward, self.aux)

    def invalid_points(
        self, part: MeshPart, failed: Sequence[tuple[str, Any]], index: Array, rows: SweepRows
    ) -> Array:
        """A mask of the points that fail a precondition; each is counted for the first one that it fails."""
        invalid = np.zeros(part.shape, bool)
        numbers = index.reshape(part.shape)
        for path, truth in failed:
            fails = np.broadcast_to(~np.asarray(truth, bool), part.shape) & ~invalid
            count = int(fails.sum())
            if count:
                first = int(numbers[fails][0])
                key, sentence = self.reason(first, path)
                rows.reasons.append((key, sentence, count, first))
                invalid |= fails
        rows.invalid = int(invalid.sum())
        return invalid

    def reason(self, index: int, path: str) -> tuple[str, str]:
        """The key and sentence of the mistake of a point at a layer, in the words of a table."""
        _, problems = self.table(self.point(index))
        if not problems:
            raise AssertionError(f"{path}: arrays and plain ints disagree at {self.point(index)}")
        at_layer = [problem for problem in problems if problem.where == path or path in problem.also]
        return reason_of((at_layer or problems)[0])

    def filtered(
        self, part: MeshPart, columns: Columns, invalid: Array, index: Array, rows: SweepRows
    ) -> SweepRows:
        """Fill in the columns at the points that are valid and pass the filter."""
        mask: Any = ~invalid
        if not mask.any():
            rows.columns, rows.index = self.empty(), index[:0]
            return rows
        if self.where is not None:
            mask = mask & self.where({**columns, EXACT_ARRAYS: ExactArray})
        chosen = np.broadcast_to(mask, part.shape).reshape(-1)
        rows.columns = {name: column_at(columns[name], part.shape, chosen) for name in self.needed}
        rows.index = index if chosen.all() else index[chosen]
        rows.matched = len(rows.index)
        return rows

    def empty(self) -> dict[str, Any]:
        return {name: np.zeros(0, np.int64) for name in self.needed}

    def index(self, part: MeshPart) -> Array:
        """The numbers of the points of a part."""
        whole = self.whole().shape
        number: Any = np.zeros((1,) * len(whole), np.int64)
        for axis, (start, stop) in enumerate(part.spans):
            shape = [1] * len(whole)
            shape[axis] = stop - start
            number = number + np.arange(start, stop).reshape(shape) * math.prod(whole[axis + 1 :])
        return np.asarray(number).reshape(-1)


def _few(values: list[Any]) -> list[Any]:
    """The first, a middle and the last of some values."""
    return values if len(values) < 4 else [values[0], values[len(values) // 2], values[-1]]


def reason_of(problem: Problem) -> tuple[str, str]:
    """The key and sentence of a problem; the same mistake with other numbers has the same key."""
    sentence = f"{problem.where}: {problem.message}" if problem.where else problem.message
    return re.sub(r"\d[\d,./x]*", "#", f"{problem.where} {problem.message}") + problem.where, sentence
