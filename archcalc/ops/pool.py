"""Pooling: windows without weights, global and adaptive pooling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from archcalc import dims
from archcalc.dims import Dim, Truth, ceil_div, gcd, prod
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import (
    Claim,
    Cost,
    Inputs,
    Keeps,
    Kept,
    Op,
    Reach,
    Volume,
    operation,
    per_axis,
)
from archcalc.ops.option_types import PerAxis, Sizes
from archcalc.ops.options import option
from archcalc.ops.rounding import Axis, Quotient
from archcalc.ops.window import SIDE_BY_SIDE, WindowOp, torch_window

_KERNEL = "size F of the window, or 'global': one window over the whole map"


@operation
class Pool(WindowOp):
    """The base of the pools."""

    lecture_name = "pool"

    kernel: Sizes | Literal["global"] = option(PerAxis(words=("global",)), _KERNEL, main=True)
    stride: Sizes = option(PerAxis(), "step between windows", default=SIDE_BY_SIDE, other_names=("strides",))

    @property
    def over_all(self) -> bool:
        """Whether one window covers the whole map."""
        return isinstance(self.kernel, str)

    def extents(self, x: Volume) -> Sequence[Dim]:
        return x.spatial if self.over_all else super().extents(x)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        if self.over_all:
            yield from spatial_claims(self, x)
            return
        yield from super().claims(xs)
        for axis in self.axes(x):
            yield _window_sees_input(axis)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        # Global pooling leaves one value per map: a flat vector, which fc layers read.
        return Volume((), x.channels) if self.over_all else Volume(self.windows(x), x.channels)

    def area(self, x: Volume) -> Dim:
        """The number of values in one window."""
        return prod(self.extents(x))

    def reach(self, xs: Inputs) -> Sequence[Reach] | None:
        # The lectures give global pooling no field of its own: it sees the whole map.
        return None if self.over_all else super().reach(xs)

    def quotients(self, xs: Inputs) -> Sequence[Quotient]:
        return () if self.over_all else super().quotients(xs)


def _window_sees_input(axis: Axis) -> Claim:
    return Claim(
        dims.at_least,
        axis.extent - 1,
        dims.larger(axis.before, axis.after),
        lambda: (
            f"padding {dims.larger(axis.before, axis.after)} is not smaller "
            f"than the window of {axis.extent}: a window would see padding only"
        ),
        "pad",
    )


def at_most_half(axis: Axis) -> Truth:
    """PyTorch's pools pad by at most half a window."""
    return dims.at_least(axis.extent, 2 * axis.before)


def _covers_a_window(axis: Axis) -> Truth:
    """AvgPool3d and LPPool3d want an input as large as their window, whatever the padding."""
    return dims.at_least(axis.size, axis.extent)


@operation
class MaxPool(Pool):
    """Max pooling: the largest value under each window, channel by channel.

    A window of F·F values takes F·F - 1 comparisons. No weights.

    >>> from archcalc.ops.base import Volume
    >>> pool1 = MaxPool(kernel=3, stride=2)
    >>> pool1.shape((Volume((55, 55), 96),)).dims
    (27, 27, 96)
    """

    name = "maxpool"
    other_names = ("pool", "pooling")
    source = "CS231n, Convolutional Networks: W2 = (W1 - F)/S + 1"
    keeps = ("input",)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        # The maximum of n values takes n - 1 comparisons.
        return {"compares": y.size * (self.area(x) - 1)}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        # PyTorch keeps the place of each maximum as an int64.
        yield Kept("indices", y.size, 8)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        if self.over_all:
            return nn.Sequential(
                (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d)[x.rank - 1](1),
                nn.Flatten(),
            )
        layer = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[x.rank - 1]
        return torch_window(
            nn,
            self,
            x,
            lambda padding, ceil_mode: layer(self.kernel, self.stride, padding, ceil_mode=ceil_mode),
            fill=float("-inf"),
            pads=at_most_half,
            rounds_up=True,
        )


@operation
class AvgPool(Pool):
    """Average pooling: the mean under each window, channel by channel.

    A window of F·F values takes F·F - 1 additions and a division. No weights. ``avgpool: global`` gives
    one value per channel.

    >>> from archcalc.ops.base import Volume
    >>> AvgPool(kernel="global").shape((Volume((7, 7), 1024),)).dims
    (1024,)
    """

    name = "avgpool"
    other_names = ("averagepool", "averagepooling", "globalaveragepooling: global", "gap: global")
    source = "CS231n, Convolutional Networks: W2 = (W1 - F)/S + 1; Lin et al. 2013 (global average pooling)"

    @property
    def keeps(self) -> Keeps:
        # A mean over the whole map needs only its size for the backward pass.
        return () if self.over_all else ("input",)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        return {"adds": y.size * (self.area(x) - 1), "divs": y.size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        if self.over_all:
            return nn.Sequential(
                (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)[x.rank - 1](1),
                nn.Flatten(),
            )
        layer = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)[x.rank - 1]
        return torch_window(
            nn,
            self,
            x,
            lambda padding, ceil_mode: layer(self.kernel, self.stride, padding, ceil_mode),
            pads=lambda axis: at_most_half(axis) and _covers_a_window(axis),
            rounds_up=True,
        )


@operation
class L2Pool(Pool):
    """L2 pooling: the square root of the sum of squares under each window, channel by channel.

    A window of F·F values takes F·F multiply-and-adds, counted apart as multiplications and additions
    (they are no weights), and a root.

    >>> from archcalc.ops.base import Volume
    >>> L2Pool(kernel=2, stride=2).shape((Volume((28, 28), 6),)).dims
    (14, 14, 6)
    """

    name = "l2pool"
    source = (
        "Sermanet et al. 2012, Convolutional neural networks applied to house numbers digit classification"
    )
    keeps = ("input",)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        area = self.area(x)
        return {"muls": y.size * area, "adds": y.size * (area - 1), "pows": y.size}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        (x,) = xs
        # PyTorch works it out in steps: squares, their mean, its sign and its rectified size, their product,
        # and a root.
        yield Kept("squares", x.size)
        for name in ("mean", "sign", "size", "product"):
            yield Kept(name, y.size)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        layer = (nn.LPPool1d, nn.LPPool2d, nn.LPPool3d)[x.rank - 1]
        # LPPool1d multiplies by its kernel and cannot by a tuple of one.
        kernel = self.extents(x)[0] if x.rank == 1 else tuple(self.extents(x))
        if self.over_all:
            return nn.Sequential(layer(2, kernel), nn.Flatten())
        return torch_window(
            nn,
            self,
            x,
            lambda padding, ceil_mode: layer(2, kernel, self.stride, ceil_mode),
            pads=lambda axis: axis.before == 0 and _covers_a_window(axis),
            rounds_up=True,
        )


@operation
class AdaptiveAvgPool(Op):
    """Average pooling to a given output size: window i covers the values from ⌊i·W/O⌋ to ⌈(i+1)·W/O⌉.

    The windows overlap where O does not divide W. Along an axis they hold W + O - gcd(W, O) values together
    (W where O divides W), the widest ⌈(W - gcd(W, O))/O⌉ + 1.

    >>> from archcalc.ops.base import Volume
    >>> pool = AdaptiveAvgPool(output=3)
    >>> x = Volume((5,), 1)                                # windows 0 to 2, 1 to 4, 3 to 5
    >>> pool.shape((x,)).dims, pool.cost((x,), pool.shape((x,)))
    ((3, 1), {'adds': 4, 'divs': 3})
    """

    name = "adaptive_avgpool"
    lecture_name = "pool"
    source = "PyTorch AdaptiveAvgPool2d"
    keeps = ("input",)

    output: Sizes = option(PerAxis(), "output size, for every axis or for each", main=True)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        return spatial_claims(self, x)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(per_axis(self.output, x.rank), x.channels)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        # Neighbouring windows share a value wherever their border is not a whole number.
        read = prod(size + out - gcd(size, out) for size, out in zip(x.spatial, y.spatial, strict=True))
        return {"adds": read * y.channels - y.size, "divs": y.size}

    def reach(self, xs: Inputs) -> Sequence[Reach]:
        (x,) = xs
        pairs = zip(x.spatial, self.shape(xs).spatial, strict=True)
        return [Reach(ceil_div(size - gcd(size, out), out) + 1, size, finer=out) for size, out in pairs]

    def torch_takes_mean(self, y: Volume) -> bool:
        return all(size == 1 for size in y.spatial)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        layer = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)[x.rank - 1]
        return layer(self.shape(xs).spatial)
