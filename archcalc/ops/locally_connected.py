"""Convolution without weight sharing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc.dims import Dim, prod
from archcalc.ops.base import (
    Cost,
    Inputs,
    Volume,
    Weight,
    operation,
    per_axis,
)
from archcalc.ops.option_types import Count, Flag, Padding, Zeros
from archcalc.ops.options import option
from archcalc.ops.window import WindowOp, torch_window


@operation
class LocallyConnected(WindowOp):
    """Locally connected layer: a convolution whose weights are not shared between positions.

    Every output value has its own F·F·C weights (and its own bias), so weights and multiply-accumulates
    are the same number.

    >>> from archcalc.ops.base import Volume
    >>> local = LocallyConnected(filters=1, kernel=10, pad=((4, 5), (4, 5)), bias=False)
    >>> x = Volume((1000, 1000), 1)
    >>> local.cost((x,), local.shape((x,)))
    {'macs': 100000000}
    """

    name = "locally_connected"
    width_option = "filters"
    source = "Ranzato's tutorial on locally connected and convolutional layers; cuda-convnet 'local' layers"
    weighted = True
    shares_weights = False
    keeps = ("input",)

    filters: Dim = option(Count(), "number of filters at every position", main=True)
    pad: Zeros = option(Padding(), "zeros around the input, as for conv", default=0)
    bias: bool = option(Flag(), "one bias per output value", default=True)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(self.windows(x), self.filters)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        yield Weight("weight", (*y.spatial, y.channels, x.channels, *per_axis(self.kernel, x.rank)))
        if self.bias:
            yield Weight("bias", (*y.spatial, y.channels), "bias")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        # Each weight is used once, so this is also the number of weights.
        macs = y.size * (prod(per_axis(self.kernel, x.rank)) * x.channels)
        return {"macs": macs, "adds": y.size} if self.bias else {"macs": macs}

    def connections(self, xs: Inputs, y: Volume) -> Dim:
        (x,) = xs
        return y.size * (prod(per_axis(self.kernel, x.rank)) * x.channels + (1 if self.bias else 0))

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        # PyTorch has no such layer; ours takes the weight's shape and pads nothing itself.
        (weight, *_) = self.weights(xs, self.shape(xs))
        stride = per_axis(self.stride, x.rank)
        return torch_window(
            nn,
            self,
            x,
            lambda padding, _: nn.LocallyConnected(weight.shape, x.rank, stride, self.bias),
            pads=lambda axis: axis.before == 0,
        )
