"""Convolution, with groups, depthwise or with a connection table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from archcalc import dims
from archcalc.dims import Dim, exact_div, prod
from archcalc.ops.base import (
    Claim,
    Cost,
    Inputs,
    Kept,
    Volume,
    Weight,
    operation,
    per_axis,
)
from archcalc.ops.option_types import Count, Flag, Lists, PerAxis, Sizes, Table
from archcalc.ops.options import option
from archcalc.ops.window import WindowOp, torch_window


def groups_fit(groups: Dim, channels: Dim, filters: Dim) -> Iterable[Claim]:
    """The groups share out the input channels and the filters evenly."""
    yield Claim(
        dims.divides,
        groups,
        channels,
        lambda: f"{channels} input channels cannot be divided into {groups} groups",
        "groups",
    )
    yield Claim(
        dims.divides,
        groups,
        filters,
        lambda: f"{filters} filters cannot be divided into {groups} groups",
        "groups",
    )


def _span(taps: Dim, step: Dim) -> Dim:
    """The values from the first tap of a dilated kernel to the last."""
    return step * (taps - 1) + 1


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
    other_names = ("convolution", "depthwiseconv", "depthwise")
    width_option = "filters"
    source = (
        "CS231n, Convolutional Networks: W2 = (W1 - F + 2P)/S + 1, F·F·D1 weights and one bias per filter"
    )
    weighted = True
    keeps = ("input",)

    filters: Dim | Literal["depthwise"] = option(
        Count(words=("depthwise",)),
        "number of filters, or 'depthwise'",
        main=True,
        other_names=("outchannels",),
    )
    dilation: Sizes = option(
        PerAxis(), "step between the kernel's taps", default=1, other_names=("dilationrate",)
    )
    groups: Dim = option(Count(), "groups of channels that do not see each other", default=1)
    multiplier: Dim = option(Count(), "filters per input channel of a depthwise convolution", default=1)
    bias: bool | Literal["per-position"] = option(
        Flag("per-position"),
        "one bias per filter; 'per-position': one per output value (AlphaGo's last layer)",
        default=True,
        other_names=("usebias",),
    )
    table: Table | None = option(
        Lists(), "the input maps that each filter reads (LeNet-5's C3), instead of all", default=None
    )
    standardize: bool | Literal["gain"] = option(
        Flag("gain"),
        "weights of mean 0 and variance 1 for each filter, made before inference; 'gain': times a trained "
        "gain for each filter (NFNet)",
        default=False,
    )

    @property
    def channel_groups(self) -> Dim:
        return self.groups

    @property
    def depthwise(self) -> bool:
        return isinstance(self.filters, str)

    @classmethod
    def notation(cls, kernel: object, width: object) -> str:
        return f"conv{kernel}-{width}"

    def extents(self, x: Volume) -> Sequence[Dim]:
        # Dilation leaves gaps between the taps: F taps span d·(F - 1) + 1 values.
        if not isinstance(self.kernel, tuple) and not isinstance(self.dilation, tuple):
            return (_span(self.kernel, self.dilation),) * x.rank
        return list(map(_span, per_axis(self.kernel, x.rank), per_axis(self.dilation, x.rank)))

    def planes(self, x: Volume) -> Dim:
        """The number of output channels."""
        return x.channels * self.multiplier if isinstance(self.filters, str) else self.filters

    def reads(self, x: Volume) -> Dim:
        """The number of input channels that one filter reads."""
        if isinstance(self.filters, str):  # depthwise: each channel is a group
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
                lambda: "a depthwise convolution has no groups option: each channel is a group",
                "groups",
            )
        else:
            yield from groups_fit(self.groups, x.channels, self.filters)
            yield Claim(
                dims.same,
                self.multiplier,
                1,
                lambda: "only a depthwise convolution has a multiplier",
                "multiplier",
            )
        if self.table is not None:
            yield from self._table_fits(self.table, x)
        if self.standardize:
            yield self._varies(x)

    def _table_fits(self, table: Table, x: Volume) -> Iterable[Claim]:
        # Maps are numbered from 0, as in the table of the paper.
        rows, last = len(table), max(max(row) for row in table)
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
        yield Claim(
            dims.same, self.groups, 1, lambda: "a convolution has either a table or groups, not both", "table"
        )
        if self.standardize:
            # A table has rows, so this never holds.
            yield Claim(
                dims.same,
                rows,
                0,
                lambda: "the filters of a table have different sizes: they cannot be standardised",
                "standardize",
            )

    def _varies(self, x: Volume) -> Claim:
        # PyTorch standardises by batch normalisation, which refuses one value.
        return Claim(
            dims.at_least,
            prod(per_axis(self.kernel, x.rank)) * self.reads(x),
            2,
            lambda: "a filter of one weight has no variance: it cannot be standardised",
            "standardize",
        )

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(self.windows(x), self.planes(x))

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        kernel = per_axis(self.kernel, x.rank)
        if self.table is None:
            yield Weight("weight", (y.channels, self.reads(x), *kernel))
        else:
            # Filters read different numbers of maps, so there is one kernel for each entry of the table.
            yield Weight("weight", (sum(len(row) for row in self.table), *kernel))
        if self.bias:
            shape = (y.channels, *y.spatial) if isinstance(self.bias, str) else (y.channels,)
            yield Weight("bias", shape, "bias")
        if self.standardize == "gain":
            yield Weight("gain", (y.channels, *(1,) * (x.rank + 1)), "norm")

    def _products(self, x: Volume, y: Volume) -> Dim:
        """Weights times the positions at which each is used."""
        kernel = prod(per_axis(self.kernel, x.rank))
        if self.table is not None:
            return prod(y.spatial) * (sum(len(row) for row in self.table) * kernel)
        # This order of factors gives the formula of the lectures: W2·H2·K·(F·F·D1).
        return y.size * (kernel * self.reads(x))

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        products = self._products(x, y)
        return {"macs": products, "adds": y.size} if self.bias else {"macs": products}

    def depth(self) -> int:
        # A depthwise and the pointwise convolution after it are one separable layer (Xception, section 3).
        return 0 if isinstance(self.filters, str) else 1

    def connections(self, xs: Inputs, y: Volume) -> Dim:
        (x,) = xs
        return self._products(x, y) + (y.size if self.bias else 0)

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        (x,) = xs
        # PyTorch has no table: the layer runs with zeros for the maps that a filter does not read.
        if self.table is not None:
            filters = y.channels * x.channels * prod(per_axis(self.kernel, x.rank))
            yield Kept("filters with their zeros", filters, per_batch=True)
        if self.standardize:
            filter_size = prod(per_axis(self.kernel, x.rank)) * self.reads(x)
            yield Kept("standardised weights", y.channels * filter_size, per_batch=True)
            for name in ("means", "deviations"):
                yield Kept(name, y.channels, per_batch=True)
            if self.standardize == "gain":
                yield Kept("scaled gains", y.channels, per_batch=True)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        made = torch_window(nn, self, x, lambda padding, _: self._standardised(nn, x, padding))
        y = self.shape(xs)
        return nn.PositionBias(made, (y.channels, *y.spatial)) if isinstance(self.bias, str) else made

    def _standardised(self, nn: Any, x: Volume, padding: tuple[int, ...]) -> Any:
        made = self._convolution(nn, x, padding)
        return nn.Standardised(made, self.standardize == "gain") if self.standardize else made

    def _convolution(self, nn: Any, x: Volume, padding: tuple[int, ...]) -> Any:
        kernel, stride, dilation = (
            per_axis(value, x.rank) for value in (self.kernel, self.stride, self.dilation)
        )
        if self.table is not None:
            # The filters read different maps, so no grouped convolution can do this.
            options = {"stride": stride, "padding": padding, "dilation": dilation}
            return nn.TableConv(self.table, x.channels, kernel, self.bias is True, x.rank, options)
        groups = x.channels if isinstance(self.filters, str) else self.groups
        layer = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[x.rank - 1]
        return layer(x.channels, self.planes(x), kernel, stride, padding, dilation, groups, self.bias is True)
