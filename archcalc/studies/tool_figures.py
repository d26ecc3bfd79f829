"""The figures of a layer that the formulas of tools use, for any kind of dimension."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from archcalc.dims import Dim, ceil_div, prod
from archcalc.engine.figures import figures_of
from archcalc.engine.reading import ONE_IMAGE
from archcalc.engine.worked import Worked
from archcalc.language.expressions import Expression, parse
from archcalc.ops.base import per_axis
from archcalc.ops.scores import AttentionSizes
from archcalc.studies.tool_layers import ToolLayer, op_as_tools_see


@cache
def _parsed(figure: str) -> Expression:
    return parse(figure)


FIGURES: Mapping[str, Callable[[Worked], Dim]] = {
    **{
        key: lambda worked, key=key: figures_of(worked, ONE_IMAGE)[key]  # type: ignore[misc]
        for key in ("macs", "params", "weights", "biases", "buffers")
    },
    "values": lambda worked: worked.y.size,
    "inputs": lambda worked: sum(volume.size for volume in worked.xs),
    "positions": lambda worked: prod(worked.y.spatial),
    "channels": lambda worked: worked.y.channels,
    "kernel": lambda worked: prod(_window(worked)),
    "side": lambda worked: _window(worked)[0],
    "axes": lambda worked: worked.xs[0].rank,
    "groups": lambda worked: worked.op.channel_groups,
    "heads": lambda worked: getattr(worked.op, "heads", 1),
    "scores": lambda worked: _attention(worked).scores,
    "filled": lambda worked: _attention(worked).queries,
    "cells": lambda worked: _cells(worked),
    "tokens": lambda worked: prod(worked.xs[0].spatial),
    "neighbours": lambda worked: getattr(worked.op, "size", 1),
    "steps": lambda worked: _steps(worked),
}
"""How each name of ``conventions.tool.NAMES`` is read from a layer."""


def figure_of(layer: ToolLayer, name: str) -> Dim:
    """A figure of a layer by its name."""
    return value_at(layer.worked, name)


def value_at(worked: Worked, figure: str) -> Dim:
    """A figure of a layer: a formula over the names of ``conventions.tool.NAMES``."""
    if figure in FIGURES:
        return FIGURES[figure](worked)
    parsed = _parsed(figure)
    return parsed.evaluate({name: FIGURES[name](worked) for name, _ in parsed.names})


def _attention(worked: Worked) -> AttentionSizes:
    op: Any = worked.op
    sizes: AttentionSizes = op.sizes(worked.xs)
    return sizes


def _cells(worked: Worked) -> Dim:
    op: Any = worked.op
    cells: Dim = op.units * op.layers * op.directions
    return cells


def _steps(worked: Worked) -> Dim:
    """The product of the strides of a pooling; that over the whole map makes one step."""
    op: Any = worked.op
    if op.window == "global" or not hasattr(op, "stride"):
        return 1
    return prod(per_axis(op.window if op.stride is None else op.stride, worked.xs[0].rank))


def _window(worked: Worked) -> Sequence[int]:
    """The sides of the window; an adaptive pooling divides its input among its outputs."""
    x, y, op = worked.xs[0], worked.y, worked.op
    if op.window is not None and not op_as_tools_see(worked).startswith(("adaptive", "uneven", "global")):
        return [*per_axis(op.window, x.rank)]
    parts = y.spatial or (1,) * x.rank  # a flat output is one position
    return [ceil_div(size, part) for size, part in zip(x.spatial, parts, strict=True)]
