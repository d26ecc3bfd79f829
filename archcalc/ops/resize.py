"""Ops that change the size of a map by computing values in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from archcalc import dims
from archcalc.dims import Dim
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import Claim, Cost, Inputs, Kept, Op, Reach, Volume, operation, per_axis
from archcalc.ops.moves import one_size
from archcalc.ops.option_types import Choice, PerAxis, Sizes
from archcalc.ops.options import option
from archcalc.ops.pool import AdaptiveAvgPool

NEIGHBOURS = {"nearest": 1, "linear": 2, "cubic": 4, "unpool": 1}
"""The input values along an axis from which one output value is computed."""


@operation
class Upsample(Op):
    """Another size of the map: by a whole factor, to a size, or as large as another layer (a second input).

    Nearest copies values. Linear takes a weighted mean of 2 neighbours per axis, cubic (maps only) of 4: n
    neighbours together take n multiplications and n - 1 additions per output value. Unpool (SegNet) puts
    each value where an earlier max pooling found it, and zeros elsewhere; the memory of these places is
    counted with that pooling, in training. The PyTorch module does not know them: it takes even distances.

    >>> from archcalc.ops.base import Volume
    >>> x, skip = Volume((8, 8), 4), Volume((15, 15), 2)
    >>> Upsample(factor=2).shape((x,)).dims, Upsample(mode="linear").shape((x, skip)).dims
    ((16, 16, 4), (15, 15, 4))
    """

    name = "upsample"
    other_names = (
        *("interpolate", "interp", "resize", "upsampling"),
        *("bilinear: 2, mode: linear", "bicubic: 2, mode: cubic"),
        *("maxunpool: 2, mode: unpool", "maxunpooling: 2, mode: unpool", "unpool: 2, mode: unpool"),
    )
    source = "PyTorch Upsample, interpolate and MaxUnpool2d"
    second_input = "size"

    factor: Sizes | None = option(
        PerAxis(), "output values per input value along an axis, or along each", default=None, main=True
    )
    size: Sizes | None = option(
        PerAxis(),
        "output size, for every axis or for each; without a factor and a size, that of the second input",
        default=None,
    )
    mode: Literal["nearest", "linear", "cubic", "unpool"] = option(
        Choice(*NEIGHBOURS), "how values in between are computed", default="nearest"
    )

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        x = xs[0]
        yield from spatial_claims(self, x)
        if self.factor is not None:
            yield Claim(dims.same, len(xs), 1, lambda: "with a factor it takes one input", "factor")
            if self.size is not None:
                yield Claim(dims.same, 1, 2, lambda: "takes a factor or a size, not both", "size")
        else:
            yield from one_size(self.size, xs)
        if self.mode == "cubic":
            yield Claim(dims.same, x.rank, 2, lambda: f"cubic needs a map of two axes, not {x}", "mode")
        if self.mode == "unpool":
            for side, wanted in zip(x.spatial, self.shape(xs).spatial, strict=False):
                yield _a_place_for_each(side, wanted)

    def shape(self, xs: Inputs) -> Volume:
        x = xs[0]
        if self.factor is not None:
            factors = per_axis(self.factor, x.rank)
            sides = tuple(side * factor for side, factor in zip(x.spatial, factors, strict=False))
            return Volume(sides, x.channels)
        return Volume(xs[-1].spatial if self.size is None else per_axis(self.size, x.rank), x.channels)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        if self.mode == "nearest" or self.mode == "unpool":
            return {}
        # Of every axis: a mean of 4 values on maps, of 8 in volumes.
        together = NEIGHBOURS[self.mode] ** y.rank
        return {"muls": y.size * together, "adds": y.size * (together - 1)}

    def reach(self, xs: Inputs) -> Sequence[Reach]:
        x, extent = xs[0], NEIGHBOURS[self.mode]
        if self.factor is not None:
            return [Reach(extent, 1, finer=factor) for factor in per_axis(self.factor, x.rank)]
        pairs = zip(x.spatial, self.shape(xs).spatial, strict=False)
        return [Reach(extent, side, finer=wanted) for side, wanted in pairs]

    def torch(self, nn: Any, xs: Inputs) -> Any:
        x = xs[0]
        if self.mode == "unpool":
            return nn.Unpooled(x.spatial, self.shape(xs).spatial)
        mode = {
            "nearest": "nearest",
            "linear": ("linear", "bilinear", "trilinear")[x.rank - 1],
            "cubic": "bicubic",
        }[self.mode]
        return nn.Resized(self.shape(xs).spatial, mode)


def _a_place_for_each(side: Dim, wanted: Dim) -> Claim:
    def says() -> str:
        return f"unpool of {side} to {wanted} has no place for each value"

    return Claim(dims.at_least, wanted, side, says, "mode")


@operation
class AdaptiveMaxPool(AdaptiveAvgPool):
    """Max pooling to a given output size: the windows are those of ``adaptive_avgpool``.

    A window of n values takes n - 1 comparisons.

    >>> from archcalc.ops.base import Volume
    >>> pool = AdaptiveMaxPool(output=3)
    >>> x = Volume((5,), 1)
    >>> pool.cost((x,), pool.shape((x,)))
    {'compares': 4}
    """

    name = "adaptive_maxpool"
    source = "PyTorch AdaptiveMaxPool2d"

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"compares": super().cost(xs, y)["adds"]}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        # PyTorch keeps the place of each maximum as an int64.
        yield Kept("indices", y.size, 8)

    def torch_takes_mean(self, y: Volume) -> bool:
        return False

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        layer = (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d)[x.rank - 1]
        return layer(self.shape(xs).spatial)
