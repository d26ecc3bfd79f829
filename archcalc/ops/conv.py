"""Convolutions: shared, transposed and unshared weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archcalc import dims
from archcalc.dims import Dim, ceil_div, exact_div, larger, prod
from archcalc.ops.base import (
    Claim,
    Cost,
    Inputs,
    Kept,
    Op,
    Reach,
    Volume,
    Weight,
    operation,
    per_axis,
    spatial_claims,
)
from archcalc.ops.options import Count, Flag, Lists, Padding, PerAxis, option
from archcalc.ops.window import WindowOp, torch_window


def _groups_fit(groups: Dim, channels: Dim, filters: Dim) -> Iterable[Claim]:
    yield Claim(
        dims.divides,
        groups,
        channels,
        lambda: f"{groups} groups do not divide {channels} input channels",
        "groups",
    )
    yield Claim(
        dims.divides, groups, filters, lambda: f"{groups} groups do not divide {filters} filters", "groups"
    )


@operation
class Conv(WindowOp):
    """Convolution: every filter slides over the input and adds up what it sees.

    Each of the ``filters`` spans the kernel and all channels of its group, so it has F·F·C/groups
    weights and one bias; an output volume takes that many multiply-accumulates per value.
    ``conv: depthwise`` gives every input channel its own filters (``multiplier`` of them).

    >>> from archcalc.ops.base import Volume
    >>> conv1 = Conv(filters=96, kernel=11, stride=4)
    >>> x = Volume((227, 227), 3)
    >>> y = conv1.shape((x,))
    >>> y.dims, conv1.cost((x,), y)["macs"]
    ((55, 55, 96), 105415200)
    """

    name = "conv"
    source = (
        "CS231n, Convolutional Networks: W2 = (W1 - F + 2P)/S + 1, F·F·D1 weights and one bias per filter"
    )
    weighted = True
    keeps = ("input",)

    filters: Any = option(Count(words=("depthwise",)), "number of filters, or 'depthwise'", main=True)
    dilation: Any = option(PerAxis(), "step between the kernel's taps", default=1)
    groups: Any = option(Count(), "groups of channels that do not see each other", default=1)
    multiplier: Any = option(Count(), "filters per input channel of a depthwise convolution", default=1)
    bias: Any = option(
        Flag("per-position"),
        "one bias per filter; 'per-position': one per output value (AlphaGo's last layer)",
        default=True,
    )
    table: Any = option(
        Lists(), "the input maps that each filter reads (LeNet-5's C3), instead of all", default=None
    )

    def extents(self, x: Volume) -> Sequence[Dim]:
        taps = per_axis(self.kernel, x.rank)
        return [
            step * (tap - 1) + 1 for tap, step in zip(taps, per_axis(self.dilation, x.rank), strict=False)
        ]

    def planes(self, x: Volume) -> Dim:
        """The number of output channels."""
        return x.channels * self.multiplier if isinstance(self.filters, str) else self.filters

    def reads(self, x: Volume) -> Dim:
        """The number of input channels that one filter reads."""
        if isinstance(self.filters, str):
            return 1
        return exact_div(x.channels, self.groups)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield from super().claims(xs)
        if isinstance(self.filters, str):
            yield Claim(
                dims.same,
                self.groups,
                1,
                lambda: "a depthwise convolution has a group for every channel",
                "groups",
            )
        else:
            yield from _groups_fit(self.groups, x.channels, self.filters)
            yield Claim(
                dims.same,
                self.multiplier,
                1,
                lambda: "only a depthwise convolution has a multiplier",
                "multiplier",
            )
        if self.table is not None:
            yield from self._table_fits(x)

    def _table_fits(self, x: Volume) -> Iterable[Claim]:
        rows, last = len(self.table), max(max(row) for row in self.table)
        yield Claim(
            dims.same,
            rows,
            self.planes(x),
            lambda: f"the table has {rows} rows for {self.planes(x)} filters",
            "table",
        )
        yield Claim(
            dims.at_least,
            x.channels,
            last + 1,
            lambda: f"the table reads map {last}, but the input has {x.channels} (numbered from 0)",
            "table",
        )
        yield Claim(dims.same, self.groups, 1, lambda: "a table and groups exclude each other", "table")

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(self.windows(x), self.planes(x))

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        kernel = per_axis(self.kernel, x.rank)
        if self.table is None:
            yield Weight("weight", (y.channels, self.reads(x), *kernel))
        else:
            yield Weight("weight", (sum(len(row) for row in self.table), *kernel))
        if self.bias:
            shape = (y.channels, *y.spatial) if isinstance(self.bias, str) else (y.channels,)
            yield Weight("bias", shape, "bias")

    def _products(self, x: Volume, y: Volume) -> Dim:
        """Weights times the positions at which each is used."""
        kernel = prod(per_axis(self.kernel, x.rank))
        if self.table is not None:
            return prod(y.spatial) * (sum(len(row) for row in self.table) * kernel)
        return y.size * (kernel * self.reads(x))

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        products = self._products(x, y)
        return {"macs": products, "adds": y.size} if self.bias else {"macs": products}

    def depth(self) -> int:
        # A depthwise and the pointwise convolution after it count as one separable layer (Xception, section 3).
        return 0 if isinstance(self.filters, str) else 1

    def connections(self, xs: Inputs, y: Volume) -> Dim:
        (x,) = xs
        return self._products(x, y) + (y.size if self.bias else 0)

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        (x,) = xs
        if self.table is not None:  # it runs with zeros for the maps that a filter does not read
            filters = y.channels * x.channels * prod(per_axis(self.kernel, x.rank))
            yield Kept("filters with their zeros", filters, per_batch=True)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        made = torch_window(nn, self, x, lambda padding, _: self._convolution(nn, x, padding))
        y = self.shape(xs)
        return nn.PositionBias(made, (y.channels, *y.spatial)) if isinstance(self.bias, str) else made

    def _convolution(self, nn: Any, x: Volume, padding: tuple[int, ...]) -> Any:
        kernel, stride, dilation = (
            per_axis(value, x.rank) for value in (self.kernel, self.stride, self.dilation)
        )
        if self.table is not None:
            options = {"stride": stride, "padding": padding, "dilation": dilation}
            return nn.TableConv(self.table, x.channels, kernel, self.bias is True, x.rank, options)
        groups = x.channels if isinstance(self.filters, str) else self.groups
        layer = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[x.rank - 1]
        return layer(x.channels, self.planes(x), kernel, stride, padding, dilation, groups, self.bias is True)


@operation
class Deconv(Op):
    """Transposed convolution: every input value adds a scaled kernel to the output.

    The output side is (W - 1)·S + F - 2P. Each input value meets every weight of its group once, so the
    cost counts input values, not output values.

    >>> from archcalc.ops.base import Volume
    >>> up = Deconv(filters=8, kernel=4, stride=2, pad=1, bias=False)
    >>> x = Volume((8, 8), 16)
    >>> y = up.shape((x,))
    >>> y.dims, up.cost((x,), y)
    ((16, 16, 8), {'macs': 131072})
    """

    name = "deconv"
    source = "Dumoulin and Visin, A guide to convolution arithmetic, relationship 14; PyTorch ConvTranspose2d"
    weighted = True
    keeps = ("input",)

    filters: Any = option(Count(), "number of filters", main=True)
    kernel: Any = option(PerAxis(), "size F of the kernel")
    stride: Any = option(PerAxis(), "output steps per input value", default=1)
    pad: Any = option(
        PerAxis(least=0), "output values cut off on both sides of every axis, or for each axis", default=0
    )
    output_pad: Any = option(PerAxis(least=0), "output values added at the end of every axis", default=0)
    dilation: Any = option(PerAxis(), "step between the kernel's taps", default=1)
    groups: Any = option(Count(), "groups of channels that do not see each other", default=1)
    bias: Any = option(Flag(), "one bias per filter", default=True)

    def _axes(self, x: Volume) -> list[tuple[Dim, ...]]:
        options = (self.kernel, self.stride, self.pad, self.output_pad, self.dilation)
        return list(zip(x.spatial, *(per_axis(value, x.rank) for value in options), strict=False))

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield from spatial_claims(self, x)
        yield from _groups_fit(self.groups, x.channels, self.filters)
        for side in self.shape(xs).spatial:
            yield Claim(dims.at_least, side, 1, lambda: "the padding cuts the whole output off", "pad")
        for _, _, stride, _, extra, step in self._axes(x):
            yield _is_reached(extra, larger(stride, step))

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
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
        macs = x.size * (prod(per_axis(self.kernel, x.rank)) * exact_div(self.filters, self.groups))
        return {"macs": macs, "adds": y.size} if self.bias else {"macs": macs}

    def reach(self, xs: Inputs) -> Sequence[Reach]:
        (x,) = xs
        return [
            Reach(ceil_div(step * (kernel - 1) + 1, stride), 1, finer=stride)
            for _, kernel, stride, _, _, step in self._axes(x)
        ]

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        return (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[x.rank - 1](
            x.channels,
            self.filters,
            per_axis(self.kernel, x.rank),
            per_axis(self.stride, x.rank),
            per_axis(self.pad, x.rank),
            per_axis(self.output_pad, x.rank),
            self.groups,
            self.bias,
            per_axis(self.dilation, x.rank),
        )


def _is_reached(extra: Dim, least: Dim) -> Claim:
    def says() -> str:
        return f"output_pad {extra} is not smaller than stride or dilation ({least}): no kernel would reach that far"

    return Claim(dims.at_least, least, extra + 1, says, "output_pad")


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
    source = "Ranzato's tutorial on locally connected and convolutional layers; cuda-convnet 'local' layers"
    weighted = True
    keeps = ("input",)

    filters: Any = option(Count(), "number of filters at every position", main=True)
    pad: Any = option(Padding(), "zeros around the input, as for conv", default=0)
    bias: Any = option(Flag(), "one bias per output value", default=True)

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
        macs = y.size * (prod(per_axis(self.kernel, x.rank)) * x.channels)
        return {"macs": macs, "adds": y.size} if self.bias else {"macs": macs}

    def connections(self, xs: Inputs, y: Volume) -> Dim:
        (x,) = xs
        return y.size * (prod(per_axis(self.kernel, x.rank)) * x.channels + (1 if self.bias else 0))

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        (weight, *_) = self.weights(xs, self.shape(xs))
        stride = per_axis(self.stride, x.rank)
        return torch_window(
            nn,
            self,
            x,
            lambda padding, _: nn.LocallyConnected(weight.shape, x.rank, stride, self.bias),
            pads=lambda axis: axis.before == 0,
        )
