"""What ops share about spatial axes: options with a value for each axis, and inputs that need axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.ops.base import Claim, Op, Volume, per_axis
from archcalc.ops.options import axis_options, options_of


def resolved(op: Op, rank: int) -> dict[str, Any]:
    """The options of an op as its layer uses them: one value for each axis, unset options left out."""
    values = vars(op)
    axes = axis_options(type(op))
    return {
        name: list(per_axis(values[name], rank))
        if name in axes and not isinstance(values[name], str)
        else values[name]
        for name in options_of(type(op))
        if values[name] is not None
    }


def spatial_claims(op: Op, x: Volume) -> Iterable[Claim]:
    """The input has spatial axes, and an option that lists a value for each axis has as many values."""
    yield Claim(
        dims.at_least,
        x.rank,
        1,
        lambda: f"{op.name} needs a spatial input, not a flat vector of {x.channels} values",
        hint=lambda: "after a global pool: 'adaptive_avgpool: 1' keeps a 1x1 map, and an fc reads a vector",
    )
    values = vars(op)
    for name in axis_options(type(op)):
        value = values[name]
        if isinstance(value, tuple):
            yield _one_for_each_axis(name, len(value), x.rank)


def _one_for_each_axis(name: str, count: int, rank: int) -> Claim:
    return Claim(
        dims.same,
        count,
        rank,
        lambda: f"{name} has {count} values, but the input has {rank} spatial axes",
        name,
    )


def torch_mapped(nn: Any, x: Volume, layer: Any) -> Any:
    """A module that needs maps, applied to a flat vector: each map has one value."""
    return nn.Sequential(nn.Unflatten(1, (x.channels, 1)), layer, nn.Flatten())
