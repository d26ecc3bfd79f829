"""Normalisation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc.dims import Dim, prod
from archcalc.ops.axes import torch_mapped
from archcalc.ops.base import Cost, Inputs, Kept, Op, Volume, Weight, operation
from archcalc.ops.option_types import Count, Flag, Number, Rational
from archcalc.ops.options import option


@operation
class LRN(Op):
    """Local response normalisation across channels: b = a / (k + α/n·Σ a²)^β over n neighbouring channels.

    Per value: one square, n - 1 additions, the scaling by α/n, the addition of k, a power and a
    division. No weights.

    >>> from archcalc.ops.base import Volume
    >>> norm1 = LRN(size=5)
    >>> x = Volume((55, 55), 96)
    >>> norm1.shape((x,)) == x, sum(norm1.cost((x,), x).values()) == 9 * x.size
    (True, True)
    """

    name = "lrn"
    other_names = ("localresponsenorm",)
    lecture_name = "norm"
    source = "Krizhevsky et al. 2012, section 3.3"
    keeps = ("input",)

    size: Dim = option(Count(), "number n of neighbouring channels", default=5, main=True)
    alpha: Rational | None = option(Number(), "α; changes no count", default=None)
    beta: Rational | None = option(Number(), "β; changes no count", default=None)
    k: Rational | None = option(Number(), "k; changes no count", default=None)

    @classmethod
    def notation(cls, kernel: object, width: object) -> str:
        return "LRN"

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return x

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        # Per value: the square and its scaling; n - 1 sums and k.
        return {"muls": 2 * y.size, "adds": y.size * self.size, "pows": y.size, "divs": y.size}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        (x,) = xs
        # PyTorch composes it of a padded square, an average pool, a power and a division.
        yield Kept("padded squares", prod(x.spatial) * (x.channels + self.size - 1))
        yield Kept("base of the power", y.size)
        yield Kept("divisor", y.size)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        # Constants that the spec leaves out stay PyTorch's own: no count depends on them.
        constants = {"alpha": self.alpha, "beta": self.beta, "k": self.k}
        layer = nn.LocalResponseNorm(
            self.size, **{name: float(c) for name, c in constants.items() if c is not None}
        )
        return layer if x.spatial else torch_mapped(nn, x, layer)


@operation
class BatchNorm(Op):
    """Batch normalisation, at inference: y = γ·(x - μ)/σ + β with stored statistics, per channel.

    Scale and shift are worked into one multiplication and one addition per value. γ and β are trained
    (norm_params), the running mean and variance are buffers.

    >>> from archcalc.ops.base import Volume
    >>> bn = BatchNorm()
    >>> x = Volume((56, 56), 64)
    >>> bn.cost((x,), x) == {"muls": x.size, "adds": x.size}
    True
    """

    name = "bn"
    other_names = ("batchnorm", "batchnormalization")
    lecture_name = "norm"
    source = "Ioffe and Szegedy 2015, algorithm 2"
    keeps = ("input",)

    gamma: bool = option(Flag(), "a trained scale γ per channel", default=True)
    beta: bool = option(Flag(), "a trained shift β per channel", default=True)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return x

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        if self.gamma:
            yield Weight("gamma", (x.channels,), "norm")
        if self.beta:
            yield Weight("beta", (x.channels,), "norm")
        yield Weight("running_mean", (x.channels,), "buffer")
        yield Weight("running_var", (x.channels,), "buffer")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        # At inference γ/σ and β - γμ/σ are constants of the channel.
        return {"muls": y.size, "adds": y.size}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        (x,) = xs
        # The mean and the inverse deviation of this batch: one each per channel, whatever the batch.
        yield Kept("batch mean", x.channels, per_batch=True)
        yield Kept("batch inverse deviation", x.channels, per_batch=True)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        layer = (nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[x.rank](x.channels)
        # PyTorch can leave out both or none, so a missing one is removed afterwards.
        if not self.gamma:
            layer.register_parameter("weight", None)
        if not self.beta:
            layer.register_parameter("bias", None)
        return layer


@operation
class Scale(Op):
    """A trained scale and shift per channel: y = γ·x + β (Caffe's Scale layer, which follows its BatchNorm).

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((7, 7), 512)
    >>> [weight.name for weight in Scale().weights((x,), x)]
    ['gamma', 'beta']
    """

    name = "scale"
    source = "BVLC/caffe scale_layer.cpp"
    in_place = True
    counts_as_memory = False
    keeps = ("input",)

    bias: bool = option(Flag(), "a trained shift β per channel", default=True)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return x

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        yield Weight("gamma", (x.channels,), "norm")
        if self.bias:
            yield Weight("beta", (x.channels,), "norm")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"muls": y.size, "adds": y.size} if self.bias else {"muls": y.size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        return nn.ScaleShift(x.channels, self.bias)
