"""Columns of a sweep: settings on the mesh, and values at chosen points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from archcalc.dims.arrays import Array, as_int64, mesh
from archcalc.dims.factored import MeshValue, Places
from archcalc.dims.mesh_kind import on_axes
from archcalc.engine.claims import MAX_VALUES


def on_mesh(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """An exact array for each setting that varies, and the value of each other setting."""
    arrays = mesh([items if len(items) > 1 else [0] for items in values.values()])
    return {
        name: array if len(items) > 1 else items[0]
        for (name, items), array in zip(values.items(), arrays, strict=True)
    }


def settings_of(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """The settings as columns: int64 if all values are integers that fit."""
    return {
        name: on_axes(as_int64(value) if _all_small(values[name]) else np.asarray(value))
        if isinstance(value, np.ndarray)
        else value
        for name, value in on_mesh(values).items()
    }


def _all_small(values: Sequence[Any]) -> bool:
    return all(type(value) is int and abs(value) <= MAX_VALUES for value in values)


def part_of(value: Any, places: Places) -> Any:
    """A column in a part of the mesh: its numbers there, or one value for all points."""
    if isinstance(value, MeshValue):
        return value.at(places)
    return tuple(part_of(item, places) for item in value) if isinstance(value, tuple) else value


def column_at(value: Any, shape: tuple[int, ...], chosen: Array | None) -> Array:
    """A column at the chosen points (None: at all), from an array, from the sizes of an output, or from one
    value for all points.
    """
    if isinstance(value, np.ndarray):
        flat: Array = np.broadcast_to(value, shape).reshape(-1)
        return flat if chosen is None else flat[chosen]
    count = math.prod(shape) if chosen is None else int(chosen.sum())
    if _all_small([value]):
        return np.full(count, value, np.int64)
    if isinstance(value, tuple) and any(isinstance(item, np.ndarray) for item in value):
        # The sizes of an output: one tuple per point.
        return column_of(list(zip(*(column_at(item, shape, chosen).tolist() for item in value), strict=True)))
    return column_of([value] * count)


def column_of(values: Sequence[Any]) -> Array:
    """The values of a column as an array: int64 if all are integers that fit."""
    if _all_small(values):
        return np.array(values, np.int64)
    column = np.empty(len(values), object)
    # One by one: np.array would make columns of lists.
    for place, value in enumerate(values):
        column[place] = tuple(value) if isinstance(value, list) else value
    return column
