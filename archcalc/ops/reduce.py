"""Mean and maximum over named axes; axes that are gone have size 1, so that the result can be a gate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from archcalc.dims import Dim, exact_div
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import Claim, Cost, Inputs, Op, Volume, operation
from archcalc.ops.option_types import Choice
from archcalc.ops.options import option


@operation
class Reduce(Op):
    """The base of these ops."""

    counts_as_memory = False
    function: ClassVar[str] = ""
    """Its name in torch."""

    over: str = option(
        Choice("channels", "positions"),
        "what is reduced: the channels of a position, or all positions",
        main=True,
    )

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        return spatial_claims(self, x)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(x.spatial, 1) if self.over == "channels" else Volume((1,) * x.rank, x.channels)

    def together(self, xs: Inputs, y: Volume) -> Dim:
        """How many values become one."""
        (x,) = xs
        return x.channels if self.over == "channels" else exact_div(x.size, x.channels)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Reduced(self.function, self.over)


@operation
class Mean(Reduce):
    """The mean of the channels at each position, or of all positions of each channel.

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
    """The largest of the channels at each position, or of all positions of each channel.

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
