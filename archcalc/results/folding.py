"""The rows of a table: the layers, with the layers of a scope folded into one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from archcalc.engine.quantities import BY_KEY
from archcalc.results import Layer

MOST_ROWS = 40
"""Rows that people read at once; a table with more is folded unless a depth is asked for."""

LAYERS = "layers"
"""The depth with a row for each layer: only what was written in a ``then`` is folded, into its layer."""


def readable_depth(layers: Sequence[Layer]) -> int | str:
    """The depth of the table that people get: a row for each layer if they are few.

    Else it is the deepest depth with at most ``MOST_ROWS`` rows; if none has so few, it is 1. It depends on
    the network alone, so that a terminal, a pipe and a file show the same rows.
    """
    rows = row_paths(layers, LAYERS)
    if len(rows) <= MOST_ROWS:
        return LAYERS
    deepest = max(path.count("/") for path in rows)
    depths = range(deepest, 0, -1)
    shallowest = 1 if deepest else LAYERS  # a flat network has nothing to fold
    return next((depth for depth in depths if len(row_paths(layers, depth)) <= MOST_ROWS), shallowest)


def is_depth(depth: object) -> bool:
    """Whether this is a depth: a whole number of at least 1, or one of the two words."""
    return depth in (LAYERS, "all") or (type(depth) is int and depth >= 1)


def row_paths(layers: Sequence[Layer], depth: int | str) -> set[str]:
    """The paths of the rows at a depth."""
    return {row_path(layer.path, layer.follower, depth) for layer in layers}


def folded_rows(layers: Sequence[Layer], depth: int | str) -> int:
    """How many rows at a depth stand for several layers; a layer and its followers are one."""
    inside: dict[str, set[str]] = {}
    for layer in layers:
        row = inside.setdefault(row_path(layer.path, layer.follower, depth), set())
        row.add(row_path(layer.path, layer.follower))
    return sum(len(paths) > 1 for paths in inside.values())


def fold(layers: Sequence[Layer], depth: int | str | None) -> tuple[Layer, ...]:
    """Fold layers by scope; a folded row is the sum of its layers.

    ``depth`` is how many parts of a path stay separate rows. "all" folds nothing. "layers", or None, folds
    only layers that were written in a ``then`` into the layer that they follow.
    """
    if depth == "all":
        return tuple(layers)
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        groups.setdefault(row_path(layer.path, layer.follower, depth), []).append(layer)
    return tuple(_folded(path, rows) if len(rows) > 1 else rows[0] for path, rows in groups.items())


def row_path(path: str, follower: bool, depth: int | str | None = None) -> str:
    """The path of the row to which a layer belongs.

    >>> row_path("stage1/unit1/conv1/relu", follower=True)
    'stage1/unit1/conv1'
    >>> row_path("stage1/unit1/conv1", follower=False, depth=1)
    'stage1'
    """
    if depth == "all":
        return path
    scope = path.rpartition("/")[0] if follower else path
    return "/".join(scope.split("/")[:depth]) if isinstance(depth, int) else scope


def together(rows: Sequence[Layer]) -> dict[str, Any]:
    """The figures of several layers as one: sums, and of sizes those of the last layer."""
    return {key: _combined(key, [row.figures[key] for row in rows]) for key in rows[0].figures}


def _combined(key: str, values: Sequence[Any]) -> Any:
    # A receptive field is not a sum: the row has the field of its last layer.
    if not BY_KEY[key].additive:
        return values[-1]
    # None means that the literature does not count a figure here, which is not the same as 0.
    counted = [value for value in values if value is not None]
    return sum(counted) if counted else None


def _folded(path: str, rows: Sequence[Layer]) -> Layer:
    first, last = rows[0], rows[-1]
    inner = {row.path for row in rows}
    # The row reads what its layers read from outside.
    reads = {
        name: shape
        for row in rows
        for name, shape in zip(row.inputs, row.input, strict=True)
        if name not in inner
    }
    operations: dict[str, int] = {}
    for row in rows:
        for kind, count in row.operations.items():
            operations[kind] = operations.get(kind, 0) + count
    # A layer with its followers keeps its options; a scope has none.
    is_one_layer = all(row.follower for row in rows[1:])
    return replace(
        first,
        path=path,
        op="+".join(dict.fromkeys(row.op for row in rows)),
        inputs=tuple(reads),
        input=tuple(reads.values()),
        output=last.output,
        options=first.options if is_one_layer else {},
        weight_shapes={
            f"{row.path.removeprefix(path).strip('/')}.{name}".lstrip("."): shape
            for row in rows
            for name, shape in row.weight_shapes.items()
        },
        figures=together(rows),
        operations=operations,
        follower=False,
    )
