"""Blurring before a map is thinned out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archcalc import dims
from archcalc.dims import Dim, ceil_div, prod
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import Claim, Cost, Inputs, Kept, Op, Reach, Volume, Weight, operation, per_axis
from archcalc.ops.option_types import PerAxis, Sizes
from archcalc.ops.options import option


@operation
class BlurPool(Op):
    """Blur pooling: a fixed blur of each channel, whose output is then thinned out (anti-aliasing).

    The filter of F values is a row of Pascal's triangle, such as 1 2 1. It is stored for each channel, and
    not trained. With F - 1 mirrored values around the map, W/S outputs are left, rounded up.

    >>> from archcalc.ops.base import Volume
    >>> blur = BlurPool(kernel=3)
    >>> x = Volume((112, 112), 64)
    >>> y = blur.shape((x,))
    >>> y.dims, blur.cost((x,), y)["macs"]
    ((56, 56, 64), 1806336)
    """

    name = "blurpool"
    lecture_name = "pool"
    source = (
        "Zhang 2019, Making convolutional networks shift-invariant again, section 3.2; adobe/antialiased-cnns"
    )
    keeps = ("input",)

    kernel: Sizes = option(PerAxis(), "size F of the filter", main=True)
    stride: Sizes = option(PerAxis(), "step between outputs", default=2, other_names=("strides",))

    @property
    def window(self) -> Sizes:
        return self.kernel

    def _before(self, x: Volume) -> list[Dim]:
        """The mirrored values before each axis; of an odd number of them, the end has one more."""
        return [(extent - 1) // 2 for extent in per_axis(self.kernel, x.rank)]

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield from spatial_claims(self, x)
        for size, extent in zip(x.spatial, per_axis(self.kernel, x.rank), strict=False):
            yield _mirrors(size, extent)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        strides = per_axis(self.stride, x.rank)
        return Volume(
            tuple(ceil_div(size, step) for size, step in zip(x.spatial, strides, strict=False)), x.channels
        )

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        yield Weight("filt", (x.channels, 1, *per_axis(self.kernel, x.rank)), "buffer")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        return {"macs": y.size * prod(per_axis(self.kernel, x.rank))}

    def reach(self, xs: Inputs) -> Sequence[Reach]:
        (x,) = xs
        sizes = zip(
            per_axis(self.kernel, x.rank), per_axis(self.stride, x.rank), self._before(x), strict=False
        )
        return [Reach(extent, step, before=before) for extent, step, before in sizes]

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        (x,) = xs
        around = (
            size + extent - 1 for size, extent in zip(x.spatial, per_axis(self.kernel, x.rank), strict=False)
        )
        yield Kept("map with its mirrored values", prod(around) * x.channels)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        return nn.BlurPool(x.channels, per_axis(self.kernel, x.rank), per_axis(self.stride, x.rank))


def _mirrors(size: Dim, extent: Dim) -> Claim:
    return Claim(
        dims.at_least,
        size,
        extent // 2 + 1,
        lambda: f"a map of {size} cannot be mirrored by {extent // 2} for a filter of {extent}",
        "kernel",
    )
