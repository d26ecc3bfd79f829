"""Running a sweep: a part of its mesh is built and walked once, and then multiplied out.

The settings of a part vary as arrays, so its figures are sums of products of small arrays
(``dims.factored``). They become columns in pieces that fit into a cache. Before that, the same formulas run
on intervals. If int64 could overflow, the part is divided into small parts, and those where it could are
computed in Python ints.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from archcalc.dims import is_rational
from archcalc.dims.factored import MOST_NUMBERS, MeshValue, TooManyNumbers
from archcalc.dims.interval import Interval
from archcalc.dims.mesh_kind import on_axes
from archcalc.engine.pour import pour
from archcalc.engine.reading import Pass
from archcalc.engine.segment_totals import totals_of_segments
from archcalc.engine.totals import totals
from archcalc.engine.walk import walk, walk_or_raise
from archcalc.errors import ArchcalcError, Problem, SpecError
from archcalc.network import Network
from archcalc.studies.sweep.columns import column_of, on_mesh, settings_of
from archcalc.studies.sweep.kinds import (
    FactoredMasks,
    bounded_intervals,
    fits_int64,
    hulls,
    int64_values,
    settled_values,
)
from archcalc.studies.sweep.mesh import MeshPart
from archcalc.studies.sweep.rows import INDEX, Mapper, PieceSize, SweepRows, Test, WalkedPart, no_rows

Bind = Callable[[Mapping[str, Any]], Network]
"""Builds the network with these settings; it may have problems. Raises ArchcalcError for bad usage."""

UNBINDABLE = (ArchcalcError, TypeError, ValueError, ArithmeticError)
"""Errors of building a network from arrays, if a setting decides how the network is built."""

FEW_POINTS = 64
"""So few points of one structure are faster one by one: networks of plain ints share their blocks."""

SINGLE_POINTS = 1 << 10
"""Points of one piece, if they are computed one by one."""


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

    # --- rows --------------------------------------------------------------------------------------------

    def rows(self, part: MeshPart, size: PieceSize, do: Mapper) -> Iterator[SweepRows]:
        """The rows of a part, computed by ``map`` or by the ``map`` of a pool of threads."""
        structural = [axis for axis in self.axes() if part.shape[axis] > 1]
        together = part.points // math.prod(part.shape[axis] for axis in structural)
        if together == 1 or (self.structural and together <= FEW_POINTS):
            yield from map(self.one_by_one, part.chunks(SINGLE_POINTS))
            return
        if structural:
            pieces = part.split(structural)
        elif part.points > size.work and not self.safe(self.values(part)):
            # Where int64 is not safe for all values, it may be for the few values of a small part.
            pieces = part.chunks(size.work)
        else:
            try:
                yield from self.rows_at_once(part, size, do)
                return
            except TooManyNumbers:
                pieces = part.chunks(MOST_NUMBERS)
        for piece in pieces:
            yield from self.rows(piece, size, do)

    def rows_at_once(self, part: MeshPart, size: PieceSize, do: Mapper) -> Iterator[SweepRows]:
        """The rows of a part that is built and walked once. Raises TooManyNumbers, before the first rows."""
        values = self.values(part)
        network = self.bound(values)
        if network is None:
            # The small mesh of `probe` did not show that this setting is structural.
            structural = self.cannot_vary(values)
            if structural is None:
                raise AssertionError("a network was built from arrays, and then could not be built again")
            self.structural.add(structural)
            yield from self.rows(part, size, do)
            return
        with np.errstate(all="ignore"):  # invalid points may divide by zero; they are left out later
            findings, figures = self.walked(network, values)
        columns = {**settings_of(values), **figures, INDEX: self.index(part)}
        whole = WalkedPart(part, columns, findings.failed, self.reason)
        for piece in part.chunks(size.rows):
            rows = whole.rows(piece, self.needed, self.where, size, do)
            rows.python_ints = 0 if findings.proven else piece.points
            yield rows

    def one_by_one(self, part: MeshPart) -> SweepRows:
        """The rows of points in plain ints, each as for a table."""
        rows = no_rows(self.needed, part.points)
        kept: list[int] = []
        found: list[dict[str, Any]] = []
        numbers = np.broadcast_to(self.index(part).numbers, part.shape).reshape(-1).tolist()
        for number, point in zip(numbers, product(*self.values(part).values()), strict=True):
            given = dict(zip(self.free, point, strict=True))
            figures, problems = self.table(given)
            if problems:
                key, sentence = reason_of(problems[0])
                rows.reasons.append((key, sentence, 1, number))
            elif self.where is None or self.where({**given, **figures}):
                kept.append(number)
                found.append({**given, **figures})
        rows.invalid = len(rows.reasons)
        rows.index = np.array(kept, np.int64)
        rows.columns = {name: column_of([row[name] for row in found]) for name in self.needed}
        return rows

    def table(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], Sequence[Problem]]:
        """The figures of one network in plain ints, or its problems."""
        try:
            network = self.bind(values)
            self.name = network.name
            found = totals_of_segments(network, self.figures, self.forward, aux=self.aux)
            if found is not None:
                return found, ()
            steps, _ = walk_or_raise(network, aux=self.aux)
        except SpecError as error:
            return {}, error.problems
        return totals(network, steps, self.figures, self.forward), ()

    # --- many points at once -----------------------------------------------------------------------------

    def walked(
        self, network: Network, values: Mapping[str, list[Any]]
    ) -> tuple[FactoredMasks, dict[str, Any]]:
        """What the claims of a network of arrays came to, and its figures."""
        findings = FactoredMasks()
        findings.proven = self.safe(values)
        poured = pour(network, settled_values(findings, len(self.free), findings.proven))
        if not findings.proven and self.fits(pour(poured, hulls)):
            findings.proven = True
            poured = pour(poured, int64_values)
        # False: a precondition fails at every point, so there is nothing to compute.
        if any(truth is False for _, truth in findings.failed):
            return findings, {}
        steps = list(walk(poured, findings, aux=self.aux))
        return findings, totals(poured, steps, self.figures, self.forward)

    def safe(self, values: Mapping[str, list[Any]]) -> bool:
        """Whether int64 cannot overflow for any value of the settings that vary.

        One run on intervals answers for all parts. It may fail where the intervals are too wide; then each
        small part is examined with its own, narrower intervals.
        """
        fixed = {name: items[0] for name, items in values.items() if len(items) == 1}
        key = repr(fixed)
        if key not in self.safe_for:
            self.safe_for[key] = self.safe_at_large(fixed)
        return self.safe_for[key]

    def safe_at_large(self, fixed: Mapping[str, Any]) -> bool:
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

    def reason(self, index: int, path: str) -> tuple[str, str]:
        """The key and sentence of the mistake of a point at a layer, in the words of a table."""
        _, problems = self.table(self.point(index))
        if not problems:
            raise AssertionError(f"{path}: arrays and plain ints disagree at {self.point(index)}")
        at_layer = [problem for problem in problems if problem.where == path or path in problem.also]
        return reason_of((at_layer or problems)[0])

    def index(self, part: MeshPart) -> MeshValue:
        """The numbers of the points of a part: the last setting varies fastest."""
        whole = self.whole().shape
        number: MeshValue = on_axes(np.zeros((1,) * len(whole), np.int64))
        for axis, span in enumerate(part.spans):
            shape = [1] * len(whole)
            shape[axis] = -1
            steps = np.arange(*span, dtype=np.int64) * math.prod(whole[axis + 1 :])
            number = number + on_axes(steps.reshape(shape))
        return number


def _few(values: list[Any]) -> list[Any]:
    """The first, a middle and the last of some values."""
    return values if len(values) < 4 else [values[0], values[len(values) // 2], values[-1]]


def reason_of(problem: Problem) -> tuple[str, str]:
    """The key and sentence of a problem; the same mistake with other numbers has the same key."""
    sentence = f"{problem.where}: {problem.message}" if problem.where else problem.message
    return re.sub(r"\d[\d,./x]*", "#", f"{problem.where} {problem.message}") + problem.where, sentence
