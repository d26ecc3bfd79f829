"""The rows of a table: the layers, with the layers of a scope folded into one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from archcalc.engine.quantities import BY_KEY
from archcalc.results import Layer


def fold(layers: Sequence[Layer], depth: int | str | None) -> tuple[Layer, ...]:
    """Fold layers by scope; a folded row is the sum of its layers.

    ``depth`` is how many parts of a path stay separate rows. "all" folds nothing. None folds only layers that
    were written in a ``then`` into the layer that they follow.
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
