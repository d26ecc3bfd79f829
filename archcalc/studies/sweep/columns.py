"""Columns of a sweep: settings on the mesh, and values at chosen points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from archcalc.dims.arrays import Array, as_int64, mesh
from archcalc.engine.claims import MAX_VALUES


def on_mesh(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """An exact array for each setting that varies, and the value of each other setting."""
    arrays = mesh([items if len(items) > 1 else [0] for items in values.values()])
    return {
        name: array if len(items) > 1 else items[0]
        for (name, items), array in zip(values.items(), arrays, strict=True)
    }


def plain_mesh(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """The settings as columns: int64 if all values are integers that fit."""
    return {
        name: as_int64(value) if isinstance(value, np.ndarray) and _all_small(values[name]) else value
        for name, value in on_mesh(values).items()
    }


def _all_small(values: Sequence[Any]) -> bool:
    return all(type(value) is int and abs(value) <= MAX_VALUES for value in values)


def column_at(value: Any, shape: tuple[int, ...], chosen: Array) -> Array:
    """A column at the chosen points, from an array, from the sizes of an output, or from one value for all
    points.
    """
    if isinstance(value, np.ndarray):
        flat: Array = np.broadcast_to(value, shape).reshape(-1)
        return flat if chosen.all() else flat[chosen]
    count = int(chosen.sum())
    if type(value) is int and abs(value) <= MAX_VALUES:
        return np.full(count, value, np.int64)
    column = np.empty(count, object)
    if isinstance(value, tuple) and any(isinstance(item, np.ndarray) for item in value):
        # The sizes of an output: one tuple per point.
        column[:] = list(zip(*(column_at(item, shape, chosen).tolist() for item in value), strict=True))
    else:
        for place in range(count):
            column[place] = tuple(value) if isinstance(value, list) else value
    return column
