"""What a sweep pours into a network: arrays of exact numbers, arrays of int64, and the intervals that hold
them.

While a network is built from arrays, its sizes may be fractions or negative at some points. The first kind
brings them into bounds, and the points that were outside count as failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from archcalc import dims
from archcalc.dims import Dim
from archcalc.dims.arrays import mesh, settled
from archcalc.dims.interval import INT64_MOST, Interval
from archcalc.dims.mesh_kind import on_axes
from archcalc.engine.claims import MAX_VALUES, Bounds, Masks
from archcalc.engine.pour import DimPlace, ToKind
from archcalc.engine.walk import Step, walk
from archcalc.network import Network

Totals = Callable[[Network, list[Step]], Mapping[str, Any]]
"""Works out the figures of a network that has been walked."""


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


class FactoredMasks(Masks):
    """The claims of factored values. Equal ones are the same, and fail at the same points: once is enough."""

    remembers: ClassVar[Literal["process", "walk", "nothing"]] = "walk"


def settled_values(findings: Masks, axes: int) -> ToKind:
    """Whole numbers within bounds; where a size was no such number, the layer has failed."""
    known: dict[tuple[int, int], tuple[Any, Any, Any]] = {}  # a width stands in many layers

    def turn(place: DimPlace, value: Any) -> Dim:
        key = id(value), place.least
        if key not in known:
            numbers, right = settled(value, place.least, MAX_VALUES)
            # The value is kept too: else Python could give its id to another value.
            known[key] = on_axes(numbers), right, value
        inside, right, _ = known[key]
        if right is not True:
            findings.failed.append((place.path, right))
        return inside

    return of_kind(turn, lambda value: mesh([[value]] * axes)[0])


def values_of_type(dtype: str) -> ToKind:
    """The kind of values in int64, if these are known to fit, or in Python ints (object)."""
    known: dict[int, Any] = {}  # a width stands in many layers

    def turn(place: DimPlace, value: Any) -> Dim:
        if isinstance(value, int) or value.dtype == dtype:
            return value
        if id(value) not in known:
            known[id(value)] = on_axes(value.numbers.astype(dtype))
        return known[id(value)]

    return turn


def _point(value: int) -> Interval:
    return Interval(value, value)


def _hull(place: DimPlace, value: Any) -> Interval:
    numbers = value.numbers
    return Interval(int(numbers.min()), int(numbers.max()))


hulls = of_kind(_hull, _point)
"""The kind of intervals that hold the values on a mesh."""


def fits_int64(network: Network, totals_of: Totals, aux: bool) -> bool:
    """Whether int64 holds every intermediate result of a network of intervals, and its totals."""
    bounds = Bounds()
    steps = list(walk(network, bounds, aux=aux))
    for worked in {step.worked for step in steps}:
        bounds.see(*worked.y.dims, worked.y.size, *worked.cost.values())
        bounds.see(*(dims.prod(weight.shape) for weight in worked.weights))
    for value in totals_of(network, steps).values():
        bounds.see(*(value if isinstance(value, tuple) else (value,)))
    return bool(bounds.worst <= INT64_MOST and bounds.largest <= MAX_VALUES)
