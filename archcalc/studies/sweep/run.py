"""One sweep at work: parts of its mesh built from arrays, worked out, judged and filtered.

Before a part is worked out, intervals are poured through the same formulas: where they say that int64
could overflow, it is worked out in Python ints.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from archcalc.dims.arrays import Array, ExactArray, as_int64, mesh
from archcalc.dims.interval import Interval
from archcalc.engine.claims import MAX_VALUES, Masks
from archcalc.engine.pour import pour
from archcalc.engine.reading import Pass
from archcalc.engine.totals import totals
from archcalc.engine.walk import walk, walk_or_raise
from archcalc.errors import ArchcalcError, Problem, SpecError
from archcalc.network import Network
from archcalc.ops.options import is_rational
from archcalc.studies.sweep.kinds import bounded_intervals, exact_arrays, fits_int64, hulls, int64_arrays
from archcalc.studies.sweep.mesh import MeshPart
from archcalc.studies.sweep.pareto import Columns

Bind = Callable[[Mapping[str, Any]], Network]
"""The network with these settings, which carries its problems; raises ArchcalcError for bad usage."""

Test = Callable[[Columns], Any]
"""A filter over columns: a mask of the points, or one bool for all. Raises ArchcalcError."""

EXACT_ARRAYS = "exact arrays"
"""Under this name, which no setting can have, a filter finds the arrays that calculate in fractions."""

UNBINDABLE = (ArchcalcError, TypeError, ValueError, ArithmeticError)
"""What building a network from arrays may end with where a setting decides how it is built."""


@dataclass(slots=True)
class SweepRows:
    """What some points came to: columns of the valid ones that the filter let through, in the order of ``index``.

    ``reasons``: for each mistake its key, its sentence, how many points make it first, and the first of them.
    """

    columns: dict[str, Any]
    index: Any
    points: int
    invalid: int = 0
    matched: int = 0
    python_ints: int = 0
    reasons: list[tuple[str, str, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class SweepRun:
    """One sweep: how its networks are built, and what is asked of each."""

    bind: Bind
    free: dict[str, list[Any]]
    needed: tuple[str, ...]
    where: Test | None
    forward: Pass
    aux: bool
    structural: set[str] = field(default_factory=set)
    name: str = ""
    proofs: dict[Any, bool] = field(default_factory=dict)

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
        """Find the structural settings on a small mesh: words, lists, and what arrays cannot be put in for."""
        self.structural = {
            name
            for name, values in self.free.items()
            if not all(map(is_rational, values)) and len(values) > 1
        }
        few = {name: _few(values) for name, values in self.free.items()}
        for name in [*self.structural]:
            few[name] = few[name][:1]
        while (guilty := self.cannot_vary(few)) is not None:
            self.structural.add(guilty)
            few[guilty] = few[guilty][:1]

    def cannot_vary(self, values: Mapping[str, list[Any]]) -> str | None:
        """The first setting that cannot vary together with those before it; None if all can."""
        if self.bound(values) is not None:
            return None
        varied = {name: items[:1] for name, items in values.items()}
        for name, items in values.items():
            varied[name] = items
            if len(items) > 1 and self.bound(varied) is None:
                return name
        return None

    def bound(self, values: Mapping[str, list[Any]]) -> Network | None:
        """The network with arrays for the settings that vary; None if it cannot be built so."""
        try:
            network = self.bind(_on_mesh(values))
        except UNBINDABLE:
            return None
        self.name = network.name
        return None if network.problems else network

    # --- one part ----------------------------------------------------------------------------------------

    def found(self, part: MeshPart) -> Iterator[SweepRows]:
        """What the points of a part come to, in one piece or, around a structural setting, in several."""
        values = self.values(part)
        many = [axis for axis in self.axes() if part.shape[axis] > 1]
        if many:
            for piece in part.split(many):
                yield from self.found(piece)
            return
        if part.points == 1:
            yield self.one(part)
            return
        with np.errstate(all="ignore"):  # at points that a claim excludes
            network = self.bound(values)
            if network is not None:
                yield self.many(part, values, network)
                return
        guilty = self.cannot_vary(values)
        if guilty is None:
            raise AssertionError("a network was built from arrays and then was not")
        self.structural.add(guilty)
        yield from self.found(part)

    def one(self, part: MeshPart) -> SweepRows:
        """One point in plain ints: the table's own way."""
        index = self.index(part)
        values = {name: items[0] for name, items in self.values(part).items()}
        columns, problems = self.table(values)
        if problems:
            key, sentence = told(problems[0])
            return SweepRows(self.empty(), index[:0], 1, 1, reasons=[(key, sentence, 1, int(index[0]))])
        return self.filtered(
            part, {**values, **columns}, np.zeros((1,) * len(self.free), bool), index, SweepRows({}, (), 1)
        )

    def table(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], Sequence[Problem]]:
        """The figures of one network in plain ints, or the problems that it has."""
        try:
            network = self.bind(values)
            self.name = network.name
            steps, _ = walk_or_raise(network, aux=self.aux)
        except SpecError as error:
            return {}, error.problems
        return totals(network, steps, self.figures, self.forward), ()

    def many(self, part: MeshPart, values: Mapping[str, list[Any]], network: Network) -> SweepRows:
        """Many points in arrays."""
        found = SweepRows({}, (), part.points)
        findings = Masks()
        exact = pour(network, exact_arrays(findings, len(self.free)))
        findings.proven = self.proven(values, exact)
        if findings.proven:
            exact = pour(exact, int64_arrays)
        else:
            found.python_ints = part.points
        figures: dict[str, Any] = {}
        if all(truth is not False for _, truth in findings.failed):
            steps = walk(exact, findings, aux=self.aux)
            figures = totals(exact, steps, self.figures, self.forward)
        index = self.index(part)
        dead = self.judged(part, findings.failed, index, found)
        arrays = _plain_mesh(values)
        return self.filtered(part, {**arrays, **figures}, dead, index, found)

    def proven(self, values: Mapping[str, list[Any]], exact: Network) -> bool:
        """Whether int64 cannot overflow: for all values that the settings take, else for those of this part."""
        fixed = {name: items[0] for name, items in values.items() if len(items) == 1}
        key = repr(fixed)
        if key not in self.proofs:
            self.proofs[key] = self.proven_at_large(fixed)
        return self.proofs[key] or self.fits(pour(exact, hulls))

    def proven_at_large(self, fixed: Mapping[str, Any]) -> bool:
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

    def judged(
        self, part: MeshPart, failed: Sequence[tuple[str, Any]], index: Array, found: SweepRows
    ) -> Array:
        """Which points fail a claim; each is counted under the first that it fails."""
        dead = np.zeros(part.shape, bool)
        numbers = index.reshape(part.shape)
        for path, truth in failed:
            fails = np.broadcast_to(~np.asarray(truth, bool), part.shape) & ~dead
            count = int(fails.sum())
            if count:
                first = int(numbers[fails][0])
                key, sentence = self.reason(first, path)
                found.reasons.append((key, sentence, count, first))
                dead |= fails
        found.invalid = int(dead.sum())
        return dead

    def reason(self, index: int, path: str) -> tuple[str, str]:
        """What the table says of a point that fails at a layer."""
        _, problems = self.table(self.point(index))
        if not problems:
            raise AssertionError(f"{path}: arrays and plain ints disagree at {self.point(index)}")
        here = [problem for problem in problems if problem.where == path or path in problem.also]
        return told((here or problems)[0])

    def filtered(
        self, part: MeshPart, columns: Columns, dead: Array, index: Array, found: SweepRows
    ) -> SweepRows:
        """The columns at the points that are valid and pass the filter."""
        alive: Any = ~dead
        if not alive.any():
            found.columns, found.index = self.empty(), index[:0]
            return found
        if self.where is not None:
            alive = alive & self.where({**columns, EXACT_ARRAYS: ExactArray})
        chosen = np.broadcast_to(alive, part.shape).reshape(-1)
        found.columns = {name: _column(columns[name], part.shape, chosen) for name in self.needed}
        found.index = index if chosen.all() else index[chosen]
        found.matched = len(found.index)
        return found

    def empty(self) -> dict[str, Any]:
        return {name: np.zeros(0, np.int64) for name in self.needed}

    def index(self, part: MeshPart) -> Array:
        """The numbers of the points of a part among all."""
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


def _on_mesh(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Arrays for the settings that vary, the values of the others."""
    arrays = mesh([items if len(items) > 1 else [0] for items in values.values()])
    return {
        name: array if len(items) > 1 else items[0]
        for (name, items), array in zip(values.items(), arrays, strict=True)
    }


def _plain_mesh(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """As columns: int64 where the values are whole and fit."""
    return {
        name: as_int64(value) if isinstance(value, np.ndarray) and _all_small(values[name]) else value
        for name, value in _on_mesh(values).items()
    }


def _all_small(values: Sequence[Any]) -> bool:
    return all(type(value) is int and abs(value) <= MAX_VALUES for value in values)


def _column(value: Any, shape: tuple[int, ...], chosen: Array) -> Array:
    """One column at the chosen points: of an array, of sizes of an output, or of one value for all."""
    if isinstance(value, np.ndarray):
        flat: Array = np.broadcast_to(value, shape).reshape(-1)
        return flat if chosen.all() else flat[chosen]
    count = int(chosen.sum())
    if type(value) is int and abs(value) <= MAX_VALUES:
        return np.full(count, value, np.int64)
    column = np.empty(count, object)
    if isinstance(value, tuple) and any(isinstance(item, np.ndarray) for item in value):
        column[:] = list(zip(*(_column(item, shape, chosen).tolist() for item in value), strict=True))
    else:
        for place in range(count):
            column[place] = tuple(value) if isinstance(value, list) else value
    return column


def told(problem: Problem) -> tuple[str, str]:
    """A problem as a reason: the same mistake with other numbers has the same key."""
    sentence = f"{problem.where}: {problem.message}" if problem.where else problem.message
    return re.sub(r"\d[\d,./x]*", "#", f"{problem.where} {problem.message}") + problem.where, sentence
