"""Convolution along the channels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim
from archcalc.ops.base import Claim, Cost, Inputs, Op, Volume, Weight, operation
from archcalc.ops.option_types import Count, Flag
from archcalc.ops.options import option


@operation
class ChannelConv(Op):
    """Convolution along the channels: each value reads its neighbours in the kernel channels around it.

    All channels and positions share one filter of ``kernel`` weights; zeros around the first and the last
    channel keep their number. Behind a global pooling this is the gate of ECA-Net.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 256)
    >>> eca = ChannelConv(kernel=5)
    >>> eca.shape((x,)).dims, eca.cost((x,), x)
    ((256,), {'macs': 1280})
    """

    name = "channel_conv"
    other_names = ("eca", "ecamodule", "ecalayer")
    source = "Wang et al. 2020 (ECA-Net), section 3.2"
    weighted = True
    keeps = ("input",)

    kernel: Dim = option(Count(), "how many channels a value reads, an odd number", main=True)
    bias: bool = option(Flag(), "one bias, of the one filter", default=False)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        yield Claim(
            dims.divides,
            2,
            self.kernel + 1,
            lambda: f"a kernel of {self.kernel} channels has no middle: the number must be odd",
            "kernel",
        )

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return x

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        yield Weight("weight", (1, 1, self.kernel))
        if self.bias:
            yield Weight("bias", (1,), "bias")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        macs = y.size * self.kernel
        return {"macs": macs, "adds": y.size} if self.bias else {"macs": macs}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.AlongChannels(nn.Conv1d(1, 1, self.kernel, padding=self.kernel // 2, bias=self.bias))
