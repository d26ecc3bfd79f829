"""Dropout of whole areas of a map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim
from archcalc.ops.activation import Dropout
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import Claim, Inputs, Kept, Volume, operation
from archcalc.ops.option_types import Count
from archcalc.ops.options import option


@operation
class DropBlock(Dropout):
    """DropBlock: training sets squares of each map to zero; at inference it is the identity.

    The squares are no larger than the map. Training keeps a mask with the type of the values, and the scale
    that makes up for the zeros. Without a rate nothing is kept.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((14, 14), 1024)
    >>> DropBlock(rate=0.1).cost((x,), x)
    {}
    """

    name = "dropblock"
    source = "Ghiasi et al. 2018, DropBlock, algorithm 1; torchvision.ops.DropBlock2d"
    in_place = False

    size: Dim = option(Count(), "side of the squares, an odd number", default=7, other_names=("blocksize",))

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield from spatial_claims(self, x)
        yield Claim(
            dims.divides,
            2,
            self.size + 1,
            lambda: f"squares with a side of {self.size} have no middle: the side must be odd",
            "size",
        )

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        if self.rate:
            yield Kept("mask", y.size)
            yield Kept("scale", 1, per_batch=True)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.DropBlock(float(self.rate), self.size)
