"""NumPy arrays poured in: every combination of many settings at once, in chunks that fit a cache.

Numeric settings vary together on an open mesh; a setting that decides how the network is built (a depth, a
word) varies one value at a time. Before a chunk is worked out, intervals are poured through the same
formulas: where they say that int64 could overflow, the chunk is worked out in Python ints.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

from archcalc.dims.interval import Interval
from archcalc.engine.claims import Findings
from archcalc.engine.walk import MAX_VALUES, walk
from archcalc.errors import ArchcalcError, Problem, SpecError, did_you_mean, short
from archcalc.network import Network
from archcalc.results.sweep import Reason, Sweep
from archcalc.studies.pouring import Masks, bounded_interval, fits_int64, settle
from archcalc.studies.totals import FIGURES, totals

try:
    import numpy as np

    from archcalc.dims.arrays import Array, Exact, as_int64, mesh, settled
    from archcalc.studies.keeping import Columns, Keep, order
except ModuleNotFoundError as error:
    if error.name != "numpy":
        raise
    raise ArchcalcError("archcalc sweep needs numpy: pip install 'archcalc[sweep]'") from None

CHUNK = 1 << 16
"""Points worked out at once: an array of them takes 512 KiB, which a cache holds."""

MAX_POINTS = 10**10
MAX_ROWS = 20_000_000
"""Rows that can be kept; about a gigabyte for six columns."""

Bind = Callable[[Mapping[str, Any]], Network]
"""The network with these settings, which carries its problems; raises ArchcalcError for bad usage."""

Test = Callable[[Columns], Any]
"""A filter over columns: a mask of the points, or one bool for all. Raises ArchcalcError."""

EXACT_ARRAYS = "exact arrays"
"""Under this name, which no setting can have, a filter finds the arrays that calculate in fractions."""

Progress = Callable[[int, int], None]
"""Told how many points are done, and of how many."""

UNBINDABLE = (ArchcalcError, TypeError, ValueError, ArithmeticError)
"""What building a network from arrays may end with where a setting decides how it is built."""


def sweep(
    bind: Bind,
    free: Mapping[str, Sequence[Any]],
    show: Sequence[str] = (),
    *,
    where: Test | None = None,
    reads: Sequence[str] = (),
    keep: Keep | None = None,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    jobs: int = 1,
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> Sweep:
    """Every combination of the values of ``free``, in the order in which they are given (the last varies fastest).

    ``show`` are columns: settings and names of studies.totals.FIGURES (default: the settings, params and macs).
    ``where`` is a filter that reads the columns ``reads``. ``jobs`` threads share the chunks; the answer does
    not depend on them. Raises ArchcalcError for a setting or column that does not exist, and where more rows
    would be kept than memory holds.
    """
    kept = keep or Keep()
    shown = tuple(dict.fromkeys(show)) or (*free, "params", "macs")
    needed = tuple(dict.fromkeys((*shown, *reads, *kept.names)))
    _check(bind, free, needed)
    work = _Work(bind, {name: list(values) for name, values in free.items()}, needed, where, batch, dtype, aux)
    work.probe()
    gathered = _gather(work, kept, jobs, chunk, progress)
    columns = {name: gathered.columns[name] for name in shown}
    return Sweep(
        work.name,
        {name: tuple(values) for name, values in free.items()},
        shown,
        columns,
        gathered.points,
        gathered.invalid,
        gathered.matched,
        _reasons(gathered.reasons, work),
        tuple(name for name in free if name in work.structural),
        gathered.python_ints,
        batch,
        dtype,
    )


def goals(names: Sequence[str] | str | None) -> tuple[str, ...]:
    """Names as a list, or in one text with commas between them."""
    listed = names.split(",") if isinstance(names, str) else names or ()
    return tuple(name.strip() for name in listed if name.strip())


def keeping(pareto: Sequence[str], sort: str | None, top: int | None) -> Keep:
    """What to keep, from names as they are written: ``max:name`` and ``-name`` for more instead of less."""
    return Keep(tuple(_direction(name) for name in pareto), _direction(sort) if sort else None, top)


def _direction(name: str) -> tuple[str, bool]:
    more = name.startswith(("-", "max:"))
    return name.removeprefix("-").removeprefix("max:").removeprefix("min:"), not more


def known_columns(free: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that a sweep over these settings can have."""
    return (*free, *(name for name in FIGURES if name not in free))


def _check(bind: Bind, free: Mapping[str, Sequence[Any]], needed: Sequence[str]) -> None:
    if not free:
        raise ArchcalcError("a sweep needs a setting that varies: --set width=16:128:8")
    known = known_columns(free)
    for name in needed:
        if name not in known:
            raise ArchcalcError(f"there is no column '{short(name)}' ({did_you_mean(name, known) or 'see --help'})")
    points = math.prod(len(values) for values in free.values())
    if points > MAX_POINTS:
        raise ArchcalcError(f"{points:,} combinations are more than the {MAX_POINTS:,} that a sweep takes")
    # A name or a word that the family does not know is bad usage, not a point that fails.
    first = {name: values[0] for name, values in free.items()}
    for name, values in free.items():
        for value in [values[0], *(value for value in values[1:] if not _is_number(value))]:
            with suppress(SpecError):
                bind({**first, name: value})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


# --- parts of the mesh -----------------------------------------------------------------------------------


class Part(NamedTuple):
    """Some of the points: from which to which of its values each setting goes."""

    spans: tuple[tuple[int, int], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(stop - start for start, stop in self.spans)

    @property
    def points(self) -> int:
        return math.prod(self.shape)

    def split(self, axes: Sequence[int]) -> Iterator[Part]:
        """The part value by value along some axes."""
        ranges = [
            [(at, at + 1) for at in range(*span)] if axis in axes else [span] for axis, span in enumerate(self.spans)
        ]
        return (Part(spans) for spans in product(*ranges))

    def chunks(self, most: int) -> Iterator[Part]:
        """The part in pieces of at most so many points, in order; the last axes stay whole."""
        rest, axis = self.points, 0
        while rest > most and axis < len(self.spans):
            start, stop = self.spans[axis]
            rest //= stop - start
            if rest <= most:
                step = max(1, most // max(1, rest))
                for before in Part(self.spans[:axis]).split(range(axis)):
                    for at in range(start, stop, step):
                        yield Part((*before.spans, (at, min(at + step, stop)), *self.spans[axis + 1 :]))
                return
            axis += 1
        yield self


@dataclass(slots=True)
class Found:
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
class _Work:
    """One sweep: how its networks are built, and what is asked of each."""

    bind: Bind
    free: dict[str, list[Any]]
    needed: tuple[str, ...]
    where: Test | None
    batch: int
    dtype: str
    aux: bool
    structural: set[str] = field(default_factory=set)
    name: str = ""
    proofs: dict[Any, bool] = field(default_factory=dict)

    @property
    def figures(self) -> list[str]:
        return [name for name in self.needed if name not in self.free]

    def whole(self) -> Part:
        return Part(tuple((0, len(values)) for values in self.free.values()))

    def axes(self) -> list[int]:
        """The axes of the structural settings."""
        return [axis for axis, name in enumerate(self.free) if name in self.structural]

    def values(self, part: Part) -> dict[str, list[Any]]:
        return {name: self.free[name][slice(*span)] for name, span in zip(self.free, part.spans, strict=True)}

    def point(self, index: int) -> dict[str, Any]:
        places = np.unravel_index(index, self.whole().shape)
        return {name: values[int(place)] for (name, values), place in zip(self.free.items(), places, strict=True)}

    def probe(self) -> None:
        """Find the structural settings on a small mesh: words, lists, and what arrays cannot be put in for."""
        self.structural = {
            name for name, values in self.free.items() if not all(map(_is_number, values)) and len(values) > 1
        }
        few = {name: _few(values) for name, values in self.free.items()}
        for name in [*self.structural]:
            few[name] = few[name][:1]
        while (guilty := self.cannot_vary(few)) is not None:
            self.structural.add(guilty)
            few[guilty] = few[guilty][:1]

    def cannot_vary(self, values: Mapping[str, list[Any]]) -> str | None:
        """The first setting that cannot vary together with those before it; None if all can."""
        if self.poured(values) is not None:
            return None
        varied = {name: items[:1] for name, items in values.items()}
        for name, items in values.items():
            varied[name] = items
            if len(items) > 1 and self.poured(varied) is None:
                return name
        return None

    def poured(self, values: Mapping[str, list[Any]]) -> Network | None:
        """The network with arrays for the settings that vary; None if it cannot be built so."""
        try:
            network = self.bind(_on_mesh(values))
        except UNBINDABLE:
            return None
        self.name = network.name
        return None if network.problems else network

    # --- one part ----------------------------------------------------------------------------------------

    def found(self, part: Part) -> Iterator[Found]:
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
            network = self.poured(values)
            if network is not None:
                yield self.many(part, values, network)
                return
        guilty = self.cannot_vary(values)
        if guilty is None:
            raise AssertionError("a network was built from arrays and then was not")
        self.structural.add(guilty)
        yield from self.found(part)

    def one(self, part: Part) -> Found:
        """One point in plain ints: the table's own way."""
        index = self.index(part)
        values = {name: items[0] for name, items in self.values(part).items()}
        columns, problems = self.table(values)
        if problems:
            key, sentence = told(problems[0])
            return Found(self.empty(), index[:0], 1, 1, reasons=[(key, sentence, 1, int(index[0]))])
        return self.filtered(
            part, {**values, **columns}, np.zeros((1,) * len(self.free), bool), index, Found({}, (), 1)
        )

    def table(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], Sequence[Problem]]:
        """The figures of one network in plain ints, or the problems that it has."""
        try:
            network = self.bind(values)
        except SpecError as error:
            return {}, error.problems
        self.name = network.name
        findings = Findings(list(network.problems))
        steps = list(walk(network, findings, aux=self.aux))
        if findings.problems:
            return {}, SpecError(findings.problems).problems
        return totals(network, steps, self.figures, self.batch, self.dtype), ()

    def many(self, part: Part, values: Mapping[str, list[Any]], network: Network) -> Found:
        """Many points in arrays."""
        found = Found({}, (), part.points)
        findings = Masks()
        exact = settle(network, _settler(findings), self.single)
        proven = self.proven(values, exact)
        if proven:
            exact = settle(exact, lambda path, value, least: as_int64(value), self.single)
        else:
            found.python_ints = part.points
            findings.limited = True
        figures: dict[str, Any] = {}
        if all(truth is not False for _, truth in findings.failed):
            steps = findings.watch(walk(exact, findings, aux=self.aux))
            figures = totals(exact, steps, self.figures, self.batch, self.dtype)
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
        return self.proofs[key] or self.fits(settle(exact, _hull, _one))

    def proven_at_large(self, fixed: Mapping[str, Any]) -> bool:
        ranges = {name: Interval(min(values), max(values)) for name, values in self.free.items() if name not in fixed}
        try:
            network = self.bind({**fixed, **ranges})
        except UNBINDABLE:
            return False
        return not network.problems and self.fits(settle(network, bounded_interval, _one))

    def single(self, value: int) -> Array:
        """One value as an array on the mesh."""
        return mesh([[value] for _ in self.free])[0]

    def fits(self, network: Network) -> bool:
        return fits_int64(network, self.figures, self.batch, self.dtype, self.aux)

    def judged(self, part: Part, failed: Sequence[tuple[str, Any]], index: Array, found: Found) -> Array:
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

    def filtered(self, part: Part, columns: Columns, dead: Array, index: Array, found: Found) -> Found:
        """The columns at the points that are valid and pass the filter."""
        alive: Any = ~dead
        if not alive.any():
            found.columns, found.index = self.empty(), index[:0]
            return found
        if self.where is not None:
            alive = alive & self.where({**columns, EXACT_ARRAYS: Exact})
        chosen = np.broadcast_to(alive, part.shape).reshape(-1)
        found.columns = {name: _column(columns[name], part.shape, chosen) for name in self.needed}
        found.index = index if chosen.all() else index[chosen]
        found.matched = len(found.index)
        return found

    def empty(self) -> dict[str, Any]:
        return {name: np.zeros(0, np.int64) for name in self.needed}

    def index(self, part: Part) -> Array:
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
        name: array if len(items) > 1 else items[0] for (name, items), array in zip(values.items(), arrays, strict=True)
    }


def _plain_mesh(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """As columns: int64 where the values are whole and fit."""
    return {
        name: as_int64(value) if isinstance(value, np.ndarray) and _all_small(values[name]) else value
        for name, value in _on_mesh(values).items()
    }


def _all_small(values: Sequence[Any]) -> bool:
    return all(type(value) is int and abs(value) <= MAX_VALUES for value in values)


def _settler(findings: Masks) -> Callable[[str, Any, int], Any]:
    """The turn of arrays: whole numbers within bounds; where they were not, the layer has failed."""
    known: dict[tuple[int, int], tuple[Any, Any, Any]] = {}  # a width stands in many layers

    def turn(path: str, value: Any, least: int) -> Any:
        key = id(value), least
        if key not in known:
            known[key] = (*settled(value, least, MAX_VALUES), value)
        inside, right, _ = known[key]
        if right is not True:
            findings.failed.append((path, right))
        return inside

    return turn


def _hull(path: str, value: Any, least: int) -> Interval:
    return Interval(int(value.min()), int(value.max()))


def _one(value: int) -> Interval:
    return Interval(value, value)


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
    sentence = f"{problem.where}: {problem.says}" if problem.where else problem.says
    return re.sub(r"\d[\d,./x]*", "#", f"{problem.where} {problem.says}") + problem.where, sentence


# --- all parts -------------------------------------------------------------------------------------------


def _gather(work: _Work, keep: Keep, jobs: int, chunk: int, progress: Progress | None) -> Found:
    """All parts together; where rows are left out, they are left out early, so that memory stays bounded."""
    total = Found(work.empty(), np.zeros(0, np.int64), 0)
    waiting: list[Found] = []
    for found in _worked_out(work, jobs, chunk):
        waiting.append(found)
        total.points += found.points
        total.invalid += found.invalid
        total.matched += found.matched
        total.python_ints += found.python_ints
        total.reasons += found.reasons
        if progress:
            progress(total.points, work.whole().points)
        rows = len(total.index) + sum(len(one.index) for one in waiting)
        if keep.narrows and rows > 4 * CHUNK:
            _narrow(total, waiting, keep)
        elif rows > MAX_ROWS:
            raise ArchcalcError(f"more than {MAX_ROWS:,} rows would be kept; --where, --pareto or --top keep fewer")
    _narrow(total, waiting, keep)
    return total


def _narrow(total: Found, waiting: list[Found], keep: Keep) -> None:
    """Take in what is waiting, in the order of the points, and keep what is to be kept."""
    parts = [one for one in (total, *waiting) if len(one.index)]
    waiting.clear()
    if not parts:
        return
    index = np.concatenate([one.index for one in parts])
    columns = {name: np.concatenate([one.columns[name] for one in parts]) for name in parts[0].columns}
    if (index[1:] < index[:-1]).any():
        sequence = order(index)
        index, columns = index[sequence], {name: values[sequence] for name, values in columns.items()}
    if keep.pareto or keep.sort or keep.top is not None:
        places = keep.places(columns, len(index))
        index, columns = index[places], {name: values[places] for name, values in columns.items()}
    total.index, total.columns = index, columns


def _worked_out(work: _Work, jobs: int, chunk: int) -> Iterator[Found]:
    """What each part came to, in order whoever worked it out."""
    parts = (piece for variant in work.whole().split(work.axes()) for piece in variant.chunks(chunk))
    if jobs == 1:
        for part in parts:
            yield from work.found(part)
        return
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(jobs) as pool:
        running: deque[Future[list[Found]]] = deque()
        for part in parts:
            running.append(pool.submit(lambda part=part: list(work.found(part))))  # type: ignore[misc]
            if len(running) > 2 * jobs:
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()


def _reasons(found: Sequence[tuple[str, str, int, int]], work: _Work) -> tuple[Reason, ...]:
    """The same mistakes together, the most frequent first."""
    grouped: dict[str, tuple[str, int, int]] = {}
    for key, sentence, count, first in found:
        known = grouped.get(key, (sentence, 0, first))
        earlier = (sentence, first) if first < known[2] else (known[0], known[2])
        grouped[key] = (earlier[0], known[1] + count, earlier[1])
    ranked = sorted(grouped.values(), key=lambda item: (-item[1], item[2]))
    return tuple(Reason(sentence, count, work.point(first)) for sentence, count, first in ranked)
