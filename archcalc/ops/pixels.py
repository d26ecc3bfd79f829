"""Ops that trade positions for channels: pixel shuffle and its inverse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archcalc import dims
from archcalc.dims import Dim, ceil_div, exact_div
from archcalc.ops.base import Claim, Inputs, Op, Reach, Volume, operation
from archcalc.ops.option_types import Count, Flag
from archcalc.ops.options import option
from archcalc.ops.reshape import Reshape


@operation
class PixelShuffle(Reshape):
    """Channels become positions: r·r channels make r x r pixels of one channel.

    >>> from archcalc.ops.base import Volume
    >>> PixelShuffle(factor=3).shape((Volume((70, 70), 9),)).dims
    (210, 210, 1)
    """

    name = "pixel_shuffle"
    other_names = ("depthtospace", "subpixel")
    source = "Shi et al. 2016, equation 4; torch.nn.PixelShuffle"

    factor: Dim = option(Count(), "r, how many times the map grows along each axis", main=True)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield _a_map(self, x)
        yield Claim(
            dims.divides,
            self.factor * self.factor,
            x.channels,
            lambda: f"{x.channels} channels are not a multiple of {self.factor * self.factor}",
            "factor",
        )

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        sides = tuple(side * self.factor for side in x.spatial)
        return Volume(sides, exact_div(x.channels, self.factor * self.factor))

    def reach(self, xs: Inputs) -> Sequence[Reach]:
        (x,) = xs
        return [Reach(1, 1, finer=self.factor)] * x.rank

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Sequential(nn.PixelShuffle(self.factor), nn.Owned())


@operation
class PixelUnshuffle(Reshape):
    """Positions become channels: r x r pixels of one channel make r·r channels (Swin's patch merging).

    >>> from archcalc.ops.base import Volume
    >>> PixelUnshuffle(factor=2).shape((Volume((56, 56), 96),)).dims
    (28, 28, 384)
    """

    name = "pixel_unshuffle"
    other_names = ("spacetodepth", "focus", "reorg", "patchmerging")
    source = "torch.nn.PixelUnshuffle"

    factor: Dim = option(Count(), "r, how many times the map shrinks along each axis", main=True)
    fill: bool = option(
        Flag(), "zeros behind the last positions make the sides multiples of r", default=False
    )

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield _a_map(self, x)
        if not self.fill:
            for side in x.spatial:
                yield _whole_steps(side, self.factor)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        divided = ceil_div if self.fill else exact_div
        sides = tuple(divided(side, self.factor) for side in x.spatial)
        return Volume(sides, x.channels * self.factor * self.factor)

    def reach(self, xs: Inputs) -> Sequence[Reach]:
        (x,) = xs
        return [Reach(self.factor, self.factor)] * x.rank

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        missing = [-side % self.factor for side in x.spatial]
        layers = [nn.PixelUnshuffle(self.factor), nn.Owned()]
        if any(missing):
            layers.insert(0, nn.ZeroPad2d((0, missing[1], 0, missing[0])))
        return nn.Sequential(*layers)


def _a_map(op: Op, x: Volume) -> Claim:
    return Claim(dims.same, x.rank, 2, lambda: f"{op.name} needs a map [height, width, channels], not {x}")


def _whole_steps(side: Dim, factor: Dim) -> Claim:
    return Claim(
        dims.divides,
        factor,
        side,
        lambda: f"{side} is not a multiple of {factor}",
        "factor",
        hint=lambda: "'fill: true' adds zeros behind",
    )
