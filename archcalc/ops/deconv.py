"""Transposed convolution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from archcalc import dims
from archcalc.dims import Dim, ceil_div, exact_div, larger, prod
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import (
    Claim,
    Cost,
    Inputs,
    Op,
    Reach,
    Volume,
    Weight,
    operation,
    per_axis,
)
from archcalc.ops.conv import groups_fit
from archcalc.ops.option_types import Count, Flag, PerAxis, Sizes
from archcalc.ops.options import option


@operation
class Deconv(Op):
    """Transposed convolution: every input value adds a scaled kernel to the output.

    The output side is (W - 1)·S + F - 2P; with ``pad: same`` it is W·S, as in TensorFlow. Each input value
    meets every weight of its group once, so the cost counts input values, not output values.

    >>> from archcalc.ops.base import Volume
    >>> up = Deconv(filters=8, kernel=4, stride=2, pad=1, bias=False)
    >>> x = Volume((8, 8), 16)
    >>> y = up.shape((x,))
    >>> y.dims, up.cost((x,), y)
    ((16, 16, 8), {'macs': 131072})
    """

    name = "deconv"
    other_names = ("convtranspose", "transposedconv")
    width_option = "filters"
    source = "Dumoulin and Visin, A guide to convolution arithmetic, relationship 14; PyTorch ConvTranspose2d"
    weighted = True
    keeps = ("input",)

    filters: Dim = option(Count(), "number of filters", main=True)
    kernel: Sizes = option(PerAxis(), "size F of the kernel")
    stride: Sizes = option(PerAxis(), "output steps per input value", default=1)
    pad: Sizes | Literal["same"] = option(
        PerAxis(least=0, words=("same",)),
        "output values cut off on both sides of every axis, or for each axis; 'same': as many as leave W·S",
        default=0,
        other_names=("padding",),
    )
    output_pad: Sizes = option(PerAxis(least=0), "output values added at the end of every axis", default=0)
    dilation: Sizes = option(PerAxis(), "step between the kernel's taps", default=1)
    groups: Dim = option(Count(), "groups of channels that do not see each other", default=1)
    bias: bool = option(Flag(), "one bias per filter", default=True)

    def _axes(self, x: Volume) -> list[tuple[Dim, ...]]:
        options = (self.kernel, self.stride, self.pad, self.output_pad, self.dilation)
        return list(zip(x.spatial, *(per_axis(value, x.rank) for value in options), strict=False))

    @property
    def pads_to_same(self) -> bool:
        """What is cut off follows from the output size, and not the other way round."""
        return isinstance(self.pad, str)

    @property
    def channel_groups(self) -> Dim:
        return self.groups

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield from spatial_claims(self, x)
        yield from groups_fit(self.groups, x.channels, self.filters)
        for axis in self._axes(x) if self.pads_to_same else ():
            yield Claim(
                dims.same, axis[4], 0, lambda: "'pad: same' gives W·S and no output_pad", "output_pad"
            )
        for side in self.shape(xs).spatial:
            yield Claim(dims.at_least, side, 1, lambda: "the padding removes the whole output", "pad")
        for _, _, stride, _, extra, step in self._axes(x):
            yield _is_reached(extra, larger(stride, step))

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        if self.pads_to_same:
            return Volume(tuple(size * stride for size, _, stride, *_ in self._axes(x)), self.filters)
        # The reverse of a convolution: here the padding cuts values off, and the stride spreads them.
        sides = tuple(
            (size - 1) * stride + step * (kernel - 1) + 1 + extra - 2 * pad
            for size, kernel, stride, pad, extra, step in self._axes(x)
        )
        return Volume(sides, self.filters)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        yield Weight(
            "weight", (x.channels, exact_div(self.filters, self.groups), *per_axis(self.kernel, x.rank))
        )
        if self.bias:
            yield Weight("bias", (self.filters,), "bias")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        # Counted from the input: each of its values meets the whole kernel, even where the padding cuts.
        macs = x.size * (prod(per_axis(self.kernel, x.rank)) * exact_div(self.filters, self.groups))
        return {"macs": macs, "adds": y.size} if self.bias else {"macs": macs}

    def reach(self, xs: Inputs) -> Sequence[Reach]:
        (x,) = xs
        # Kernels lie S apart in the output, so F/S of them, rounded up, reach one output value.
        return [
            Reach(ceil_div(step * (kernel - 1) + 1, stride), 1, finer=stride)
            for _, kernel, stride, _, _, step in self._axes(x)
        ]

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        if not self.pads_to_same:
            return self._module(nn, x, per_axis(self.pad, x.rank), per_axis(self.output_pad, x.rank))
        # By how much the kernels of the last input value reach past W·S; an odd one is cut at the end.
        over = [step * (kernel - 1) + 1 - stride for _, kernel, stride, _, _, step in self._axes(x)]
        missing = tuple(max(-extra, 0) for extra in over)
        if not any(extra > 0 for extra in over):
            return self._module(nn, x, (0,) * x.rank, missing)
        starts = tuple(max(extra, 0) // 2 for extra in over)
        whole = self._module(nn, x, (0,) * x.rank, missing)
        return nn.Sequential(whole, nn.Part(starts, self.shape(xs).spatial))

    def _module(self, nn: Any, x: Volume, pad: Any, extra: Any) -> Any:
        layer = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[x.rank - 1]
        kernel, stride, dilation = (
            per_axis(value, x.rank) for value in (self.kernel, self.stride, self.dilation)
        )
        return layer(x.channels, self.filters, kernel, stride, pad, extra, self.groups, self.bias, dilation)


def _adds_nothing(extra: Dim) -> Claim:
    return Claim(dims.same, extra, 0, lambda: "with 'pad: same' there is no output_pad", "output_pad")


def _is_reached(extra: Dim, least: Dim) -> Claim:
    def says() -> str:
        too_far = "no kernel would reach that far"
        return f"output_pad {extra} is not smaller than stride or dilation ({least}): {too_far}"

    return Claim(dims.at_least, least, extra + 1, says, "output_pad")
