"""What a sweep pours into a network: arrays of exact numbers, arrays of int64, and the intervals that hold
them.

While a network is built from arrays, its sizes may be fractions or negative at some points. The first kind
brings them into bounds, and the points that were outside count as failed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from archcalc import dims
from archcalc.dims import Dim
from archcalc.dims.arrays import as_int64, mesh, settled
from archcalc.dims.interval import INT64_MOST, Interval
from archcalc.engine.claims import MAX_VALUES, Bounds, Masks
from archcalc.engine.pour import DimPlace, ToKind
from archcalc.engine.reading import Pass
from archcalc.engine.totals import totals
from archcalc.engine.walk import Step, walk
from archcalc.network import Network


def of_kind(turn: Callable[[DimPlace, Any], Dim], lift: Callable[[int], Dim]) -> ToKind:
    """The kind that applies ``turn`` to every dimension, except to plain ints of options.

    Plain ints of options stay, which keeps formulas small. Plain ints of the input are lifted to the kind
    first, so that every layer gets at least one dimension of it.
    """

    def kind(place: DimPlace, dim: Dim) -> Dim:
        if isinstance(dim, int):
            return dim if place.option is not None else turn(place, lift(dim))
        return turn(place, dim)

    return kind


def exact_arrays(findings: Masks, axes: int) -> ToKind:
    """Whole numbers within bounds, in Python ints; where a size was no such number, the layer has failed."""
    settled_values: dict[tuple[int, int], tuple[Any, Any, Any]] = {}  # a width stands in many layers

    def turn(place: DimPlace, value: Any) -> Dim:
        key = id(value), place.least
        if key not in settled_values:
            # The value is kept too: else Python could give its id to another value.
            settled_values[key] = (*settled(value, place.least, MAX_VALUES), value)
        inside, right, _ = settled_values[key]
        if right is not True:
            findings.failed.append((place.path, right))
        return inside

    return of_kind(turn, lambda value: mesh([[value]] * axes)[0])


def int64_arrays(place: DimPlace, dim: Dim) -> Dim:
    """The kind of exact arrays that are known to fit."""
    return dim if isinstance(dim, int) else as_int64(dim)


def _point(value: int) -> Interval:
    return Interval(value, value)


def _hull(place: DimPlace, value: Any) -> Interval:
    return Interval(int(value.min()), int(value.max()))


def _within_bounds(place: DimPlace, value: Interval) -> Interval:
    inside: Interval = dims.smaller(dims.larger(value // 1, place.least), MAX_VALUES)
    return Interval(inside.low, inside.high)


hulls = of_kind(_hull, _point)
"""The kind of intervals that hold the values of arrays."""

bounded_intervals = of_kind(_within_bounds, _point)
"""The kind of intervals that a network was built from, within the bounds that exact arrays are brought
into.
"""


def _watched(steps: Iterable[Step], bounds: Bounds) -> Iterator[Step]:
    """The same steps, after their sizes, weights and costs have been taken in."""
    for step in steps:
        bounds.see(*step.y.dims, step.y.size, *step.cost.values())
        bounds.see(*(dims.prod(weight.shape) for weight in step.weights))
        yield step


def fits_int64(network: Network, wanted: Collection[str], run: Pass, aux: bool) -> bool:
    """Whether int64 holds every intermediate result of a network of intervals."""
    bounds = Bounds()
    figures = totals(network, _watched(walk(network, bounds, aux=aux), bounds), wanted, run)
    for value in figures.values():
        bounds.see(*(value if isinstance(value, tuple) else (value,)))
    return bool(bounds.worst <= INT64_MOST and bounds.largest <= MAX_VALUES)
