"""Ops that move values without computing new ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim
from archcalc.ops.axes import spatial_claims, torch_mapped
from archcalc.ops.base import (
    Claim,
    Cost,
    Inputs,
    Op,
    Volume,
    operation,
    per_axis,
)
from archcalc.ops.option_types import Count, Padding, Zeros
from archcalc.ops.options import option


@operation
class Reshape(Op):
    """The base of the reshaping ops: they take no operations."""

    counts_as_memory = False  # the lectures have no rows for them

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {}


@operation
class Flatten(Reshape):
    """A volume as one vector of H·W·C values.

    >>> from archcalc.ops.base import Volume
    >>> Flatten().shape((Volume((7, 7), 512),)).dims
    (25088,)
    """

    name = "flatten"
    other_names = ("view",)
    source = "PyTorch Flatten"
    view = True

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume((), x.size)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Flatten()


@operation
class Slice(Reshape):
    """Some of the channels: ``channels`` of them, from number ``start`` (from 0).

    >>> from archcalc.ops.base import Volume
    >>> Slice(channels=48).shape((Volume((27, 27), 96),)).dims
    (27, 27, 48)
    """

    name = "slice"
    source = "BVLC/caffe slice_layer.cpp; PyTorch narrow"
    view = True

    channels: Dim = option(Count(), "number of channels taken", main=True)
    start: Dim = option(Count(least=0), "number of the first channel taken, from 0", default=0)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        end = self.start + self.channels
        yield Claim(
            dims.at_least,
            x.channels,
            end,
            lambda: f"the slice ends after {end} channels, but the input has {x.channels}",
            "channels",
        )

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(x.spatial, self.channels)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Slice(self.start, self.channels)


@operation
class Shuffle(Reshape):
    """Channel shuffle: the channels of ``groups`` groups are interleaved.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((28, 28), 240)
    >>> Shuffle(groups=3).shape((x,)) == x
    True
    """

    name = "shuffle"
    source = "Zhang et al. 2017, ShuffleNet, section 3.1"

    groups: Dim = option(Count(), "number of groups", main=True)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield Claim(
            dims.divides,
            self.groups,
            x.channels,
            lambda: f"{x.channels} channels cannot be divided into {self.groups} groups",
            "groups",
        )

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return x

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        # With 1 group or 1 channel per group nothing moves. Some of PyTorch's devices then copy, some do not.
        if self.groups in (1, x.channels):
            return nn.Copy()
        layer = nn.ChannelShuffle(self.groups)
        return layer if x.spatial else torch_mapped(nn, x, layer)


@operation
class Pad(Reshape):
    """Zeros around the maps, and channels of zeros behind the others.

    >>> from archcalc.ops.base import Volume
    >>> Pad(pad=2).shape((Volume((19, 19), 48),)).dims
    (23, 23, 48)
    """

    name = "pad"
    source = "PyTorch ZeroPad2d"

    pad: Zeros = option(
        Padding(words=()),
        "zeros on both sides of every axis, for each axis, or [before, after] for each axis",
        main=True,
    )
    channels: Dim = option(Count(least=0), "channels of zeros added behind the others", default=0)

    def _sides(self, x: Volume) -> list[tuple[Dim, Dim]]:
        return [side if isinstance(side, tuple) else (side, side) for side in per_axis(self.pad, x.rank)]

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        return spatial_claims(self, x)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        sides = zip(x.spatial, self._sides(x), strict=False)
        return Volume(
            tuple(side + (before + after) for side, (before, after) in sides), x.channels + self.channels
        )

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        # PyTorch lists the sides of the last axis first; the channels come before the spatial axes.
        sides = [amount for pair in reversed(self._sides(x)) for amount in pair]
        return nn.ConstantPad3d([*sides, 0, self.channels], 0.0)
