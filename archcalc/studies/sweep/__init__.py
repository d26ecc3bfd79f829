"""Every combination of many settings, computed with NumPy arrays.

Numeric settings vary together on an open mesh: the network is built and walked once for all their values
(``run``). A setting that decides how the network is built (a depth, a word) varies one value at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from archcalc.conventions import DTYPES
from archcalc.conventions.tool import ToolConvention
from archcalc.dims import is_rational
from archcalc.engine.quantities import FOR_ANY_KIND
from archcalc.engine.reading import Pass
from archcalc.errors import ArchcalcError, MissingPackage, SpecError, closest, short
from archcalc.language.where import Filter
from archcalc.results.sweep import Reason, Sweep
from archcalc.studies.counting import ToolCount

try:
    import numpy as np

    from archcalc.dims.arrays import Array
    from archcalc.studies.sweep.pareto import Selection, order
    from archcalc.studies.sweep.rows import PieceSize, SweepRows, no_rows
    from archcalc.studies.sweep.run import Bind, SweepRun
except ModuleNotFoundError as error:
    if error.name != "numpy":
        raise
    raise MissingPackage("sweep", "numpy", "NumPy") from None

CHUNK = 1 << 16
"""Points that are multiplied out at once: an array of them takes 512 KiB, which fits into a cache."""

MOST_AT_ONCE = 1 << 20
"""Points whose columns are in memory at once, if a filter or a selection leaves rows out."""

MAX_POINTS = 10**10
MAX_ROWS = 20_000_000
"""The most rows of a result: about a gigabyte for six columns."""

Progress = Callable[[int, int], None]
"""Called with the number of points done, and the total."""


def sweep(
    bind: Bind,
    free: Mapping[str, Sequence[Any]],
    show: Sequence[str] = (),
    *,
    where: Filter | None = None,
    keep: Selection | None = None,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    tool: ToolConvention | None = None,
    jobs: int = 1,
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> Sweep:
    """Every combination of the values of ``free``, in the given order (the last setting varies fastest).

    ``show`` are columns: settings and keys of quantities (default: the settings, params and macs). ``where``
    is a filter. ``tool``: its count is a column, after the others. ``jobs`` threads share the chunks; the
    result does not depend on their number. Raises ArchcalcError for an unknown setting or column, and if the
    result would have too many rows for memory.
    """
    selection = keep or Selection()
    shown = tuple(dict.fromkeys(show)) or (*free, "params", "macs")
    if tool:
        shown = tuple(dict.fromkeys((*shown, tool.name)))
    needed = tuple(dict.fromkeys((*shown, *(where.names if where else ()), *selection.names)))
    _check(bind, free, [name for name in needed if not tool or name != tool.name])
    run, values = Pass(batch, DTYPES[dtype]), {name: list(values) for name, values in free.items()}
    counted = ToolCount(tool, batch) if tool else None
    work = SweepRun(bind, values, needed, where.passes if where else None, run, aux, counted)
    work.probe()
    gathered = _gather(work, selection, jobs, chunk, progress)
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
        tool,
    )


def selection_of(pareto: Sequence[str], sort: str | None, top: int | None) -> Selection:
    """The selection of these columns; ``max:name`` or ``-name`` if more is better."""
    return Selection(tuple(_direction(name) for name in pareto), _direction(sort) if sort else None, top)


def _direction(name: str) -> tuple[str, bool]:
    more = name.startswith(("-", "max:"))
    return name.removeprefix("-").removeprefix("max:").removeprefix("min:"), not more


def known_columns(free: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that a sweep over these settings can have."""
    return (*free, *(quantity.key for quantity in FOR_ANY_KIND if quantity.key not in free))


def _check(bind: Bind, free: Mapping[str, Sequence[Any]], needed: Sequence[str]) -> None:
    if not free:
        raise ArchcalcError("a sweep needs a setting that varies: --set width=16:128:8")
    known = known_columns(free)
    # Some columns of a table have another name than their quantity: memory is slide_activations.
    keys = {quantity.column: quantity.key for quantity in FOR_ANY_KIND} | dict(zip(known, known, strict=True))
    for name in needed:
        if name not in known:
            close = keys.get(closest(name, keys))
            hint = f"did you mean '{close}'?" if close else "see --help"
            raise ArchcalcError(f"unknown column '{short(name)}' ({hint})")
    points = math.prod(len(values) for values in free.values())
    if points > MAX_POINTS:
        raise ArchcalcError(f"{points:,} combinations are more than the {MAX_POINTS:,} that a sweep takes")
    # An unknown setting or word is bad usage, and not an invalid combination.
    first = {name: values[0] for name, values in free.items()}
    others = [{**first, name: value} for name, values in free.items() for value in _of_other_sorts(values)]
    for given in [first, *others]:
        with suppress(SpecError):
            bind(given)


def _of_other_sorts(values: Sequence[Any]) -> Iterator[Any]:
    """The values that must be tried, beside the first: every word and flag, but only one list.

    Numbers and lists of the right sort may still fail: that counts as an invalid combination.
    """
    tried = {type(values[0])}
    for value in values[1:]:
        if isinstance(value, str | bool) or not (is_rational(value) or type(value) in tried):
            tried.add(type(value))
            yield value


def _gather(
    work: SweepRun, selection: Selection, jobs: int, chunk: int, progress: Progress | None
) -> SweepRows:
    """The rows of all parts. Rows that the selection leaves out are dropped early, so that memory stays
    bounded.
    """
    # Columns of all points are written once. If rows are left out, most of them are soon dropped.
    every = work.where is None and not selection.narrows and work.whole().points <= MAX_ROWS
    size = PieceSize(chunk, MAX_ROWS if every else MOST_AT_ONCE)
    if jobs == 1:
        return _joined(work, selection, work.rows(work.whole(), size, map), progress)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(jobs) as pool:
        return _joined(work, selection, work.rows(work.whole(), size, pool.map), progress)


def _joined(
    work: SweepRun, selection: Selection, parts: Iterable[SweepRows], progress: Progress | None
) -> SweepRows:
    total = no_rows(work.needed)
    waiting: list[SweepRows] = []
    for rows in parts:
        waiting.append(rows)
        total.points += rows.points
        total.invalid += rows.invalid
        total.matched += len(rows.index)
        total.python_ints += rows.python_ints
        total.reasons += rows.reasons
        if progress:
            progress(total.points, work.whole().points)
        count = len(total.index) + sum(len(rows.index) for rows in waiting)
        # A selection sorts all rows that are left, so it waits until a few chunks have come together.
        if selection.narrows and count > 4 * CHUNK:
            _narrow(total, waiting, selection)
        elif count > MAX_ROWS:
            raise ArchcalcError(f"the result has more than {MAX_ROWS:,} rows; use --where, --pareto or --top")
    _narrow(total, waiting, selection)
    return total


def _narrow(total: SweepRows, waiting: list[SweepRows], selection: Selection) -> None:
    """Add the waiting rows to the total, in the order of the points, and apply the selection."""
    parts = [rows for rows in (total, *waiting) if len(rows.index)]
    waiting.clear()
    if not parts:
        return
    index = _concatenated([rows.index for rows in parts])
    columns = {name: _concatenated([rows.columns[name] for rows in parts]) for name in parts[0].columns}
    # An earlier selection may have sorted the rows: first restore the order of the points.
    if (index[1:] < index[:-1]).any():
        sequence = order(index)
        index, columns = index[sequence], {name: values[sequence] for name, values in columns.items()}
    if selection.pareto or selection.sort or selection.top is not None:
        places = selection.places(columns, len(index))
        index, columns = index[places], {name: values[places] for name, values in columns.items()}
    total.index, total.columns = index, columns


def _concatenated(parts: Sequence[Array]) -> Array:
    # One array stays as it is: a copy of a million rows takes as long as their computation.
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _reasons(failures: Sequence[tuple[str, str, int, int]], work: SweepRun) -> tuple[Reason, ...]:
    """Add up equal mistakes, and sort them by their number."""
    grouped: dict[str, tuple[str, int, int]] = {}
    for key, sentence, count, first in failures:
        before = grouped.get(key, (sentence, 0, first))
        # The first point gives the sentence, so that it does not depend on the chunks.
        earliest = (sentence, first) if first < before[2] else (before[0], before[2])
        grouped[key] = (earliest[0], before[1] + count, earliest[1])
    ranked = sorted(grouped.values(), key=lambda item: (-item[1], item[2]))
    return tuple(Reason(sentence, count, work.point(first)) for sentence, count, first in ranked)
