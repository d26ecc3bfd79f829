"""Mean and maximum over named axes; axes that are gone have size 1, so that the result can be a gate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from archcalc import dims
from archcalc.dims import Dim, exact_div
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import Claim, Cost, Inputs, Op, Volume, operation
from archcalc.ops.option_types import Choice
from archcalc.ops.options import option

AXES = ("depth", "height", "width")
"""The names of the axes: a map has the last two, a sequence the last. The depth of a video is its time."""

REDUCED = {"positions": AXES, "depth": ("depth",), "height": ("height",), "width": ("width",)}
"""The axes that are gone afterwards."""

LEAST = {"channels": 1, "positions": 1, "depth": 3, "height": 2, "width": 1}
"""The number of axes that an input must have."""


@operation
class Reduce(Op):
    """The base of these ops."""

    counts_as_memory = False
    function: ClassVar[str] = ""
    """Its name in torch."""

    over: str = option(
        Choice("channels", "positions", *AXES),
        "what is reduced: the channels of a position, all positions, or the positions along one axis",
        main=True,
    )

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield from spatial_claims(self, x)
        yield Claim(dims.at_least, x.rank, LEAST[self.over], lambda: f"{x} has no {self.over}", "over")

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        if self.over == "channels":
            return Volume(x.spatial, 1)
        ones = dict.fromkeys(REDUCED[self.over], 1)
        return Volume(tuple(ones.get(name, side) for name, side in _named(x)), x.channels)

    def together(self, xs: Inputs, y: Volume) -> Dim:
        """How many values become one."""
        (x,) = xs
        return x.channels if self.over == "channels" else exact_div(x.size, y.size)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        if self.over == "channels":
            return nn.Reduced(self.function, [1])
        reduced = REDUCED[self.over]
        return nn.Reduced(
            self.function, [axis for axis, (name, _) in enumerate(_named(x), 2) if name in reduced]
        )


def _named(x: Volume) -> Iterable[tuple[str, Dim]]:
    """The axes of a volume with their names."""
    return zip(AXES[len(AXES) - x.rank :], x.spatial, strict=True)


@operation
class Mean(Reduce):
    """The mean of the channels at each position, or over all positions or one axis, of each channel.

    n values take n - 1 additions and a division. Reduced axes have size 1 afterwards (CBAM's spatial gate).

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((56, 56), 256)
    >>> Mean(over="channels").shape((x,)).dims, Mean(over="positions").shape((x,)).dims
    ((56, 56, 1), (1, 1, 256))
    """

    name = "mean"
    other_names = ("reducemean",)
    source = "torch.mean; Woo et al. 2018 (CBAM), equation 3"
    function = "mean"

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"adds": y.size * (self.together(xs, y) - 1), "divs": y.size}


@operation
class Maximum(Reduce):
    """The largest of the channels at each position, or over all positions or one axis, of each channel.

    n values take n - 1 comparisons. Reduced axes have size 1 afterwards.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((56, 56), 256)
    >>> y = Maximum(over="channels").shape((x,))
    >>> Maximum(over="channels").cost((x,), y) == {"compares": 56 * 56 * 255}
    True
    """

    name = "max"
    other_names = ("reducemax", "amax")
    source = "torch.amax; Woo et al. 2018 (CBAM), equation 3"
    function = "amax"
    keeps = ("input", "output")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"compares": y.size * (self.together(xs, y) - 1)}


@operation
class ReduceSum(Reduce):
    """The sum of the channels at each position, or of all positions of each channel.

    n values take n - 1 additions. Reduced axes have size 1 afterwards.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((56, 56), 256)
    >>> y = ReduceSum(over="channels").shape((x,))
    >>> ReduceSum(over="channels").cost((x,), y) == {"adds": 56 * 56 * 255}
    True
    """

    name = "reduce_sum"
    source = "torch.sum"
    function = "sum"

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"adds": y.size * (self.together(xs, y) - 1)}
