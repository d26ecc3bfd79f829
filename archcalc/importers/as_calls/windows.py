"""Layers that slide a window: the order of their axes, with a batch of heads or of windows."""

from __future__ import annotations

from typing import Any

from archcalc.importers.as_calls.axes import (
    placed,
)
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.values import Call, Computed
from archcalc.importers.as_network import ImportProblem, made


def per_axis(value: Any, rank: int) -> tuple[int, ...]:
    """An option with one value for each axis; code may give one for all."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    return tuple(int(one) for one in (values * rank if len(values) == 1 else values))


def as_map(call: Call, graph: CallReader, x: Computed, rank: int) -> Computed:
    """The values as a window needs them: channels, then ``rank`` axes of positions.

    A batch, of heads or of windows, becomes an axis of positions before the others.
    """
    channels = len(x.axes) - rank - 1
    if channels < 0:
        raise ImportProblem(f"its input has the shape {list(x.dims)}")
    batch = [place for place in range(channels) if x.dims[place] > 1]
    groups = [[place] for place in range(channels + 1, len(x.axes))]
    return graph.gathered(call, x, [batch, *groups] if batch else groups, [channels])


_NEUTRAL = {"kernel": 1, "stride": 1, "pad": 0, "dilation": 1, "output_pad": 0, "factor": 1}
"""The options of a window along an axis that it does not see."""


def windowed(call: Call, graph: CallReader, x: Computed, name: str, rank: int, **options: Any) -> Computed:
    """A layer that slides a window over an input of ``as_map``."""
    weights = [options.pop("weight", None), options.pop("bias_values", None)]
    has_batch = graph.volume(x).rank > rank
    if has_batch:
        if options.get("pad") == "same":
            raise ImportProblem("archcalc has no padding to the same size for a batch of parts of the input")
        options |= {
            key: (neutral, *per_axis(options[key], rank))
            for key, neutral in _NEUTRAL.items()
            if key in options
        }
    number = graph.add(call, made(name, **options), x, axes=(), weights=weights).number
    y = graph.layers.volumes[number]
    first = len(x.axes) - rank
    dims = [*x.dims[: first - 1], y.channels, *y.spatial[y.rank - rank :]]
    batch = [place for place in range(first - 1) if x.dims[place] > 1]
    groups = [[place] for place in range(first, len(dims))]
    return Computed(number, placed(y, [batch, *groups] if has_batch else groups, [first - 1], dims))
