"""NumPy arrays poured in: every combination of many settings at once, in chunks that fit a cache.

Numeric settings vary together on an open mesh; a setting that decides how the network is built (a depth, a
word) varies one value at a time. Before a chunk is worked out, intervals are poured through the same
formulas: where they say that int64 could overflow, the chunk is worked out in Python ints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from archcalc.engine.totals import FIGURES
from archcalc.errors import ArchcalcError, SpecError, did_you_mean, short
from archcalc.ops.options import is_rational
from archcalc.results.sweep import Reason, Sweep

try:
    import numpy as np

    from archcalc.studies.sweep.pareto import Selection, order
    from archcalc.studies.sweep.run import Bind, SweepRows, SweepRun, Test
except ModuleNotFoundError as error:
    if error.name != "numpy":
        raise
    raise ArchcalcError("sweep needs numpy: pip install 'archcalc[sweep]'") from None

CHUNK = 1 << 16
"""Points worked out at once: an array of them takes 512 KiB, which a cache holds."""

MAX_POINTS = 10**10
MAX_ROWS = 20_000_000
"""Rows that can be kept; about a gigabyte for six columns."""

Progress = Callable[[int, int], None]
"""Told how many points are done, and of how many."""


def sweep(
    bind: Bind,
    free: Mapping[str, Sequence[Any]],
    show: Sequence[str] = (),
    *,
    where: Test | None = None,
    reads: Sequence[str] = (),
    keep: Selection | None = None,
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
    kept = keep or Selection()
    shown = tuple(dict.fromkeys(show)) or (*free, "params", "macs")
    needed = tuple(dict.fromkeys((*shown, *reads, *kept.names)))
    _check(bind, free, needed)
    work = SweepRun(
        bind, {name: list(values) for name, values in free.items()}, needed, where, batch, dtype, aux
    )
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


def keeping(pareto: Sequence[str], sort: str | None, top: int | None) -> Selection:
    """What to keep, from names as they are written: ``max:name`` and ``-name`` for more instead of less."""
    return Selection(tuple(_direction(name) for name in pareto), _direction(sort) if sort else None, top)


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
            raise ArchcalcError(
                f"there is no column '{short(name)}' ({did_you_mean(name, known) or 'see --help'})"
            )
    points = math.prod(len(values) for values in free.values())
    if points > MAX_POINTS:
        raise ArchcalcError(f"{points:,} combinations are more than the {MAX_POINTS:,} that a sweep takes")
    # A name or a word that the family does not know is bad usage, not a point that fails.
    first = {name: values[0] for name, values in free.items()}
    for name, values in free.items():
        for value in [values[0], *(value for value in values[1:] if not is_rational(value))]:
            with suppress(SpecError):
                bind({**first, name: value})


def _gather(work: SweepRun, keep: Selection, jobs: int, chunk: int, progress: Progress | None) -> SweepRows:
    """All parts together; where rows are left out, they are left out early, so that memory stays bounded."""
    total = SweepRows(work.empty(), np.zeros(0, np.int64), 0)
    waiting: list[SweepRows] = []
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
            raise ArchcalcError(
                f"more than {MAX_ROWS:,} rows would be kept; --where, --pareto or --top keep fewer"
            )
    _narrow(total, waiting, keep)
    return total


def _narrow(total: SweepRows, waiting: list[SweepRows], keep: Selection) -> None:
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


def _worked_out(work: SweepRun, jobs: int, chunk: int) -> Iterator[SweepRows]:
    """What each part came to, in order whoever worked it out."""
    parts = (piece for variant in work.whole().split(work.axes()) for piece in variant.chunks(chunk))
    if jobs == 1:
        for part in parts:
            yield from work.found(part)
        return
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(jobs) as pool:
        running: deque[Future[list[SweepRows]]] = deque()
        for part in parts:
            running.append(pool.submit(lambda piece: list(work.found(piece)), part))
            if len(running) > 2 * jobs:
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()


def _reasons(found: Sequence[tuple[str, str, int, int]], work: SweepRun) -> tuple[Reason, ...]:
    """The same mistakes together, the most frequent first."""
    grouped: dict[str, tuple[str, int, int]] = {}
    for key, sentence, count, first in found:
        known = grouped.get(key, (sentence, 0, first))
        earlier = (sentence, first) if first < known[2] else (known[0], known[2])
        grouped[key] = (earlier[0], known[1] + count, earlier[1])
    ranked = sorted(grouped.values(), key=lambda item: (-item[1], item[2]))
    return tuple(Reason(sentence, count, work.point(first)) for sentence, count, first in ranked)
