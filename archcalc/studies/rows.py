"""The rows of a table: layers folded by scope."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from archcalc.results import Layer


def fold(layers: Sequence[Layer], depth: int | str | None) -> tuple[Layer, ...]:
    """Rows by scope; a folded row is the sum of its layers.

    ``depth`` is the number of path parts that are kept apart; "all" keeps every layer apart, None folds
    only what was written in a ``then``.
    """
    if depth == "all":
        return tuple(layers)
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        groups.setdefault(row_path(layer.path, layer.follower, depth), []).append(layer)
    return tuple(_together(path, rows) if len(rows) > 1 else rows[0] for path, rows in groups.items())


def row_path(path: str, follower: bool, depth: int | str | None = None) -> str:
    """The path of the row that a layer belongs to.

    >>> row_path("stage1/unit1/conv1/relu", follower=True), row_path("stage1/unit1/conv1", follower=False, depth=1)
    ('stage1/unit1/conv1', 'stage1')
    """
    if depth == "all":
        return path
    own = path.rpartition("/")[0] if follower else path
    return "/".join(own.split("/")[:depth]) if isinstance(depth, int) else own


ADDITIVE = (
    "weights",
    "biases",
    "norm_params",
    "buffers",
    "activations",
    "slide_activations",
    "macs",
    "flops",
)
"""The figures of several layers that are the sums of those of each."""


def summed(rows: Sequence[Layer]) -> dict[str, Any]:
    """The additive figures of several layers."""
    return {name: sum(map(attrgetter(name), rows)) for name in ADDITIVE}


def _together(path: str, rows: Sequence[Layer]) -> Layer:
    first, last = rows[0], rows[-1]
    inner = {row.path for row in rows}
    reads = {
        name: shape
        for row in rows
        for name, shape in zip(row.inputs, row.input, strict=True)
        if name not in inner
    }
    counted = [row.connections for row in rows if row.connections is not None]
    operations: dict[str, int] = {}
    for row in rows:
        for kind, count in row.operations.items():
            operations[kind] = operations.get(kind, 0) + count
    one_layer = all(row.follower for row in rows[1:])
    return first._replace(
        path=path,
        op="+".join(dict.fromkeys(row.op for row in rows)),
        inputs=tuple(reads),
        input=tuple(reads.values()),
        output=last.output,
        options=first.options if one_layer else {},
        weight_shapes={
            f"{row.path.removeprefix(path).strip('/')}.{name}".lstrip("."): shape
            for row in rows
            for name, shape in row.weight_shapes.items()
        },
        **summed(rows),
        operations=operations,
        receptive_field=last.receptive_field,
        smallest_field=last.smallest_field,
        jump=last.jump,
        aligned=last.aligned,
        connections=sum(counted) if counted else None,
        follower=False,
    )
