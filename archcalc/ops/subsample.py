"""LeNet-5's trainable subsampling."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim, prod
from archcalc.ops.base import (
    Cost,
    Inputs,
    Kept,
    Volume,
    Weight,
    operation,
    per_axis,
)
from archcalc.ops.option_types import PerAxis, Sizes
from archcalc.ops.options import option
from archcalc.ops.pool import at_most_half
from archcalc.ops.window import SIDE_BY_SIDE, WindowOp, torch_window


@operation
class Subsample(WindowOp):
    """LeNet-5's trainable subsampling: the sum under each window, times a coefficient, plus a bias.

    One coefficient and one bias per map. A window of F·F values takes F·F - 1 additions, one
    multiply-accumulate with the coefficient, and the addition of the bias.

    >>> from archcalc.ops.base import Volume
    >>> s2 = Subsample(kernel=2, stride=2)
    >>> x = Volume((28, 28), 6)
    >>> y = s2.shape((x,))
    >>> y.dims, s2.connections((x,), y)
    ((14, 14, 6), 5880)
    """

    name = "subsample"
    lecture_name = "pool"
    source = "LeCun et al. 1998, section II.B, layers S2 and S4"
    weighted = True
    keeps = ("input",)

    kernel: Sizes = option(PerAxis(), "size F of the window", main=True)
    stride: Sizes = option(PerAxis(), "step between windows", default=SIDE_BY_SIDE, other_names=("strides",))

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(self.windows(x), x.channels)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        yield Weight("weight", (x.channels,))
        yield Weight("bias", (x.channels,), "bias")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        return {"macs": y.size, "adds": y.size * prod(per_axis(self.kernel, x.rank))}

    def connections(self, xs: Inputs, y: Volume) -> Dim:
        (x,) = xs
        return y.size * (prod(per_axis(self.kernel, x.rank)) + 1)

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        yield Kept("sums", y.size)  # the coefficient's derivative needs them

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        kernel, stride = per_axis(self.kernel, x.rank), per_axis(self.stride, x.rank)
        return torch_window(
            nn,
            self,
            x,
            lambda padding, ceil_mode: nn.Subsample(x.channels, kernel, stride, padding, ceil_mode),
            pads=lambda axis: at_most_half(axis) and dims.at_least(axis.size, axis.extent),
            rounds_up=True,
        )
