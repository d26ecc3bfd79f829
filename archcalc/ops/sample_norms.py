"""Normalisations that compute their statistics from the sample itself, also at inference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim, prod
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import Claim, Cost, Inputs, Kept, Op, Volume, Weight, operation
from archcalc.ops.option_types import Count, Flag
from archcalc.ops.options import option


@operation
class SampleNorm(Op):
    """The base of these norms: mean and variance of every set of values, then a scale γ and a shift β."""

    lecture_name = "norm"
    keeps = ("input",)

    gamma: bool = option(Flag(), "a trained scale γ per channel", default=True)
    beta: bool = option(Flag(), "a trained shift β per channel", default=True)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return x

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        if self.gamma:
            yield Weight("gamma", (y.channels,), "norm")
        if self.beta:
            yield Weight("beta", (y.channels,), "norm")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        sets = self.sets(y)
        # Per value: the sum, the subtraction of the mean and the sum of squares; the square and its scaling.
        # Per set: two divisions, ε and the inverse root; a sum takes one addition fewer than it has values.
        adds, muls = 3 * y.size - sets, 2 * y.size
        if self.beta:
            adds = adds + y.size
        if self.gamma:
            muls = muls + y.size
        return {"adds": adds, "muls": muls, "divs": 2 * sets, "pows": sets}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        yield Kept("mean", self.sets(y))
        yield Kept("inverse deviation", self.sets(y))

    def sets(self, y: Volume) -> Dim:
        """The number of sets of values that are normalised apart, in one sample."""
        raise NotImplementedError


@operation
class LayerNorm(SampleNorm):
    """Layer normalisation over the channels of each position: y = γ·(x - μ)/σ + β.

    >>> from archcalc.ops.base import Volume
    >>> tokens = Volume((197,), 768)
    >>> [weight.count for weight in LayerNorm().weights((tokens,), tokens)]
    [768, 768]
    """

    name = "layernorm"
    other_names = ("layernormalization",)
    source = "Ba et al. 2016, section 3; torch.nn.LayerNorm over the last axis"

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        layer = nn.LayerNorm(x.channels, elementwise_affine=self.gamma or self.beta, bias=self.beta)
        if self.beta and not self.gamma:
            layer.register_parameter("weight", None)
        return nn.OverChannels(layer)

    def sets(self, y: Volume) -> Dim:
        return prod(y.spatial)


@operation
class RMSNorm(SampleNorm):
    """Root mean square normalisation over the channels of each position: y = γ·x/√(mean of x²).

    No mean is subtracted, and there is no shift.

    >>> from archcalc.ops.base import Volume
    >>> tokens = Volume((197,), 768)
    >>> [weight.count for weight in RMSNorm().weights((tokens,), tokens)]
    [768]
    """

    name = "rmsnorm"
    source = "Zhang and Sennrich 2019; torch.nn.RMSNorm"

    beta: bool = option(Flag(), "a trained shift β per channel", default=False)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        sets = self.sets(y)
        # Per set of n values: n - 1 additions and ε.
        adds, muls = y.size, 2 * y.size
        if self.beta:
            adds = adds + y.size
        if self.gamma:
            muls = muls + y.size
        return {"adds": adds, "muls": muls, "divs": sets, "pows": sets}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        yield Kept("inverse root mean square", self.sets(y))
        if self.gamma:  # PyTorch composes it; only its fused kernel on a GPU does without
            yield Kept("normalised values", y.size)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        return nn.OverChannels(nn.RMSScale(x.channels, self.gamma, self.beta))

    def sets(self, y: Volume) -> Dim:
        return prod(y.spatial)


@operation
class L2Norm(SampleNorm):
    """Each position divided by the length of its vector of channels, then scaled: y = γ·x/√(Σ x²).

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((38, 38), 512)
    >>> norm = L2Norm()
    >>> [weight.count for weight in norm.weights((x,), x)], norm.cost((x,), x)["pows"]
    ([512], 1444)
    """

    name = "l2norm"
    other_names = ("normalize", "l2normalize", "l2normalization", "unitnormalization")
    source = "Liu et al. 2015 (ParseNet), section 3.3; torch.nn.functional.normalize"

    beta: bool = option(Flag(), "a trained shift β per channel", default=False)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        sets = self.sets(y)
        muls = 2 * y.size if self.gamma else y.size
        adds = 2 * y.size - sets if self.beta else y.size - sets
        return {"muls": muls, "adds": adds, "pows": sets, "divs": y.size}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        yield Kept("length", self.sets(y))
        yield Kept("length, not below 1e-12", self.sets(y))
        if self.gamma:
            yield Kept("normalised values", y.size)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        return nn.L2Scale(x.channels, self.gamma, self.beta)

    def sets(self, y: Volume) -> Dim:
        return prod(y.spatial)


@operation
class GroupNorm(SampleNorm):
    """Group normalisation: mean and variance of all values of each group of channels.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((56, 56), 64)
    >>> GroupNorm(groups=32).cost((x,), x)["divs"]
    64
    """

    name = "groupnorm"
    other_names = ("groupnormalization",)
    source = "Wu and He 2018, section 3.1; torch.nn.GroupNorm"

    groups: Dim = option(Count(), "groups of channels", main=True, other_names=("numgroups",))

    @property
    def channel_groups(self) -> Dim:
        return self.groups

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield Claim(
            dims.divides,
            self.groups,
            x.channels,
            lambda: f"{x.channels} channels cannot be divided into {self.groups} groups",
            "groups",
        )

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        layer = nn.GroupNorm(self.groups, x.channels, affine=self.gamma or self.beta)
        if (self.gamma or self.beta) and not self.gamma:
            layer.register_parameter("weight", None)
        if (self.gamma or self.beta) and not self.beta:
            layer.register_parameter("bias", None)
        return layer

    def sets(self, y: Volume) -> Dim:
        return self.groups


@operation
class InstanceNorm(SampleNorm):
    """Instance normalisation: mean and variance of each channel of each sample.

    As in PyTorch it has no γ and no β unless they are asked for.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((56, 56), 64)
    >>> list(InstanceNorm().weights((x,), x))
    []
    """

    name = "instancenorm"
    other_names = ("instancenormalization",)
    source = "Ulyanov et al. 2016; torch.nn.InstanceNorm2d"

    gamma: bool = option(Flag(), "a trained scale γ per channel", default=False, other_names=("affine",))
    beta: bool = option(Flag(), "a trained shift β per channel", default=False)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield from spatial_claims(self, x)
        yield Claim(
            dims.at_least,
            prod(x.spatial),
            2,
            lambda: f"{self.name} needs more than one value per channel, which {x} does not have",
            hint=lambda: "one value less its own mean is 0",
        )

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        yield from super().kept(xs, y)
        if self.gamma:  # PyTorch repeats the scale for each sample
            yield Kept("repeated scale", y.channels)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        affine = self.gamma or self.beta
        layer = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)[x.rank - 1](
            x.channels, affine=affine
        )
        if affine and not self.gamma:
            layer.register_parameter("weight", None)
        if affine and not self.beta:
            layer.register_parameter("bias", None)
        return layer

    def sets(self, y: Volume) -> Dim:
        return y.channels
