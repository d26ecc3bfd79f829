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
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from archcalc.dims import is_rational
from archcalc.dims.arrays import MOST_NUMBERS, TooManyNumbers
from archcalc.dims.factored import MeshValue
from archcalc.dims.mesh_kind import on_axes
from archcalc.engine.pour import pour
from archcalc.engine.quantities import BY_KEY
from archcalc.engine.reading import Pass
from archcalc.engine.segment_totals import BY_SEGMENT, totals_of_blocks
from archcalc.engine.totals import totals
from archcalc.engine.walk import Step, walk, walk_or_raise
from archcalc.engine.worked_segments import work_out_blocks
from archcalc.errors import ArchcalcError, Problem, SpecError
from archcalc.network import Network
from archcalc.studies.counting import ToolCount
from archcalc.studies.sweep.columns import column_of, on_mesh, settings_of
from archcalc.studies.sweep.kinds import (
    FactoredMasks,
    fits_int64,
    hulls,
    settled_values,
    values_of_type,
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


class MayOverflow(Exception):
    """Int64 could overflow somewhere in a large part; with fewer values, its small parts may be safe."""


@dataclass(slots=True)
class SweepRun:
    """A sweep: how its networks are built, and which figures are needed."""

    bind: Bind
    free: dict[str, list[Any]]
    needed: tuple[str, ...]
    where: Test | None
    forward: Pass
    aux: bool
    tool: ToolCount | None = None
    structural: set[str] = field(default_factory=set)
    """The settings that decide how the network is built: they vary one value at a time."""

    name: str = ""

    @property
    def figures(self) -> list[str]:
        return [name for name in self.needed if name not in self.free and name != self.tool_column]

    @property
    def tool_column(self) -> str:
        """The column with the count of a tool; empty without one."""
        return self.tool.convention.name if self.tool else ""

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
        with suppress(TooManyNumbers):  # with so many settings, the parts will show it
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
        else:
            try:
                yield from self.rows_at_once(part, size, do)
                return
            except TooManyNumbers:
                pieces = part.chunks(MOST_NUMBERS)
            except MayOverflow:
                pieces = part.chunks(size.work)
        for piece in pieces:
            yield from self.rows(piece, size, do)

    def rows_at_once(self, part: MeshPart, size: PieceSize, do: Mapper) -> Iterator[SweepRows]:
        """The rows of a part that is built and walked once.

        Raises TooManyNumbers or MayOverflow, before the first rows, if the part must be divided.
        """
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
            findings, figures = self.walked(network, divides=part.points > size.work)
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
            blocks = None if self.tool else work_out_blocks(network, aux=self.aux)
            if blocks is not None and all(BY_KEY[key].total in BY_SEGMENT for key in self.figures):
                return totals_of_blocks(network, blocks, self.figures, self.forward), ()
            steps, _ = walk_or_raise(network, aux=self.aux)
        except SpecError as error:
            return {}, error.problems
        return self.totals(network, steps), ()

    def totals(self, network: Network, steps: list[Step]) -> dict[str, Any]:
        """The figures of a network that has been walked, in dimensions of any kind."""
        found = totals(network, steps, self.figures, self.forward)
        if self.tool:
            found[self.tool_column] = self.tool.total(network, steps)
        return found

    # --- many points at once -----------------------------------------------------------------------------

    def walked(self, network: Network, divides: bool) -> tuple[FactoredMasks, dict[str, Any]]:
        """What the claims of a network of arrays came to, and its figures.

        If int64 could overflow, a part that can be divided raises MayOverflow; others have Python ints.
        """
        findings = FactoredMasks()
        poured = pour(network, settled_values(findings, len(self.free)))
        findings.proven = self.fits(pour(poured, hulls))
        if divides and not findings.proven:
            raise MayOverflow
        # False: a precondition fails at every point, so there is nothing to compute.
        if any(truth is False for _, truth in findings.failed):
            return findings, {}
        poured = pour(poured, values_of_type("int64" if findings.proven else "object"))
        steps = list(walk(poured, findings, aux=self.aux))
        return findings, self.totals(poured, steps)

    def fits(self, network: Network) -> bool:
        return fits_int64(network, self.totals, self.aux)

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
