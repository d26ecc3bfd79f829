"""Layers of LeNet-5 and the Neocognitron, and locally connected layers, that torch.nn does not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product
from math import prod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from archcalc.backends.modules.layers import by_channel

CONVOLVE = (nn.functional.conv1d, nn.functional.conv2d, nn.functional.conv3d)

SELECTIVITY = 4.0
"""Fukushima's r, the selectivity of the first S-layer."""


class CountedOtherwise(nn.Module):
    """A layer for which PyTorch's flop_counter counts nothing, or more multiply-accumulates than the op."""

    uncounted: ClassVar[str] = ""
    """Why the counter sees nothing."""

    counted: ClassVar[str] = ""
    """What the counter sees in addition."""

    def additional(self, y: Sequence[int]) -> int:
        """The number of additional multiply-accumulates for one image; ``y`` is the output shape, N first."""
        return 0


class TableConv(CountedOtherwise):
    """A convolution with a connection table (LeNet-5's C3): a filter reads only the maps of its row.

    It runs as one convolution whose filters have zeros for the other maps. Many small convolutions would copy
    the maps of every filter, and keep the copies for the backward pass.
    """

    counted = "for the zeros of the maps that a filter does not read"
    places: Tensor

    def __init__(
        self,
        table: Sequence[Sequence[int]],
        channels: int,
        kernel: tuple[int, ...],
        bias: bool,
        rank: int,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__()
        self.shape, self.convolve = (len(table), channels, *kernel), partial(CONVOLVE[rank - 1], **options)
        self.weight = nn.Parameter(_random(sum(map(len, table)), *kernel))
        self.bias = nn.Parameter(torch.zeros(len(table))) if bias else None
        places = [number * channels + read for number, row in enumerate(table) for read in row]
        self.register_buffer("places", torch.tensor(places), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        dense = self.weight.new_zeros((self.shape[0] * self.shape[1], *self.shape[2:]))
        dense = dense.index_copy(0, self.places, self.weight)
        return self.convolve(x, dense.view(self.shape), self.bias)

    def additional(self, y: Sequence[int]) -> int:
        return prod(y[2:]) * (prod(self.shape) - self.weight.numel())


class LocallyConnected(CountedOtherwise):
    """A convolution with separate weights for every position: (*positions, filters, channels, *kernel)."""

    uncounted = "every weight is used in one place, as an elementwise product"

    def __init__(self, shape: tuple[int, ...], rank: int, stride: tuple[int, ...], bias: bool) -> None:
        super().__init__()
        self.rank, self.stride = rank, stride
        self.weight = nn.Parameter(_random(*shape))
        self.bias = nn.Parameter(torch.zeros(shape[: rank + 1])) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        places, kernel = self.weight.shape[: self.rank], self.weight.shape[self.rank + 2 :]
        y: Tensor | None = None
        for place, tap in enumerate(product(*map(range, kernel))):
            seen = _seen(x, tap, places, self.stride)[:, None]  # N, 1, C, *places
            # weight: filters, C, *places
            weight = self.weight.flatten(self.rank + 2)[..., place].movedim((-2, -1), (0, 1))
            term = (seen * weight).sum(2)
            y = term if y is None else y + term
        assert y is not None
        biased = y if self.bias is None else y + self.bias.movedim(-1, 0)
        # The products have the memory order of the weights: without this copy, a later flatten would copy.
        return biased.clone(memory_format=torch.contiguous_format)


def _seen(x: Tensor, tap: Sequence[int], places: Sequence[int], stride: Sequence[int]) -> Tensor:
    """The values that one tap of a kernel reads at every position, as a view."""
    for axis, (start, count, step) in enumerate(zip(tap, places, stride, strict=True), 2):
        x = x.narrow(axis, start, (count - 1) * step + 1)
        x = x[(slice(None),) * axis + (slice(None, None, step),)]
    return x


class Subsample(CountedOtherwise):
    """The sum of each window, times a coefficient, plus a bias; each map has one of both (LeNet-5's S2)."""

    uncounted = "one coefficient per map is an elementwise product"

    def __init__(
        self,
        channels: int,
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        ceil_mode: bool,
    ) -> None:
        super().__init__()
        # An average pool with a divisor of 1 is a sum. PyTorch's 1-d pool has no divisor: use 2-d with
        # another axis.
        self.flat = len(kernel) == 1
        self.window = [(1, *kernel), (1, *stride), (0, *padding)] if self.flat else [kernel, stride, padding]
        self.ceil_mode = ceil_mode
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        pool = nn.functional.avg_pool3d if x.ndim == 5 else nn.functional.avg_pool2d
        sums = pool(x.unsqueeze(2) if self.flat else x, *self.window, self.ceil_mode, divisor_override=1)
        sums = sums.squeeze(2) if self.flat else sums
        return torch.addcmul(by_channel(self.bias, x), sums, by_channel(self.weight, x))


class RBF(nn.Module):
    """The squared distance between the input and the fixed prototype of every unit."""

    prototypes: Tensor

    def __init__(self, units: int, values: int) -> None:
        super().__init__()
        self.register_buffer("prototypes", torch.sign(_random(units, values)))

    def forward(self, x: Tensor) -> Tensor:
        # |x - w|^2 as x.x - 2 x.w + w.w: no array of units times values is kept for the backward pass.
        x = x.flatten(1)
        squares = (self.prototypes * self.prototypes).sum(1)
        return (x * x).sum(1, keepdim=True) - 2 * nn.functional.linear(x, self.prototypes) + squares


class SCells(CountedOtherwise):
    """Fukushima's S-cells: a plane's response, inhibited by the root mean square of the area."""

    counted = "for the inhibitory cells, which the op's cost does not include"
    c: Tensor

    def __init__(
        self, planes: int, channels: int, kernel: tuple[int, ...], rank: int, options: Mapping[str, Any]
    ) -> None:
        super().__init__()
        self.convolve = partial(CONVOLVE[rank - 1], **options)
        self.a = nn.Parameter(_random(planes, channels, *kernel).abs())
        self.b = nn.Parameter(torch.ones(planes))
        self.register_buffer("c", torch.full(kernel, 1 / (channels * prod(kernel))))

    def forward(self, x: Tensor) -> Tensor:
        # The inhibitory cells have fixed inputs and do not take part in the derivative of the weights.
        with torch.no_grad():
            area = self.convolve((x * x).sum(1, keepdim=True), self.c[None, None])
            inhibition = area.clamp_min(0).sqrt()
        inhibited = 2 * SELECTIVITY / (1 + SELECTIVITY) * by_channel(self.b, x) * inhibition
        # (1 + e) / (1 + h) - 1, written so that one array of the output's size less is kept
        return torch.relu(SELECTIVITY * ((self.convolve(x, self.a) - inhibited) / (1 + inhibited)))

    def additional(self, y: Sequence[int]) -> int:
        return prod(y[2:]) * self.c.numel()


class CCells(CountedOtherwise):
    """Fukushima's C-cells: a fixed blur of every plane, sampled at evenly spaced places."""

    uncounted = "the fixed blur is a sum of elementwise products"
    d: Tensor

    def __init__(self, output: tuple[int, ...], kernel: tuple[int, ...], spatial: tuple[int, ...]) -> None:
        super().__init__()
        self.padding = [amount for side in reversed(kernel) for amount in (side // 2, (side - 1) // 2)]
        self.register_buffer("d", torch.full(kernel, 1 / prod(kernel)))
        for axis, (size, cells) in enumerate(zip(spatial, output, strict=True)):
            centres = torch.linspace(0, size - 1, cells).round().long()
            self.register_buffer(f"centres{axis}", centres, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        padded = nn.functional.pad(x, self.padding)
        total: Tensor | None = None
        for tap in product(*map(range, self.d.shape)):
            term = _seen(padded, tap, x.shape[2:], (1,) * self.d.ndim) * self.d[tap]
            total = term if total is None else total + term
        assert total is not None
        for axis in range(self.d.ndim):
            total = total.index_select(axis + 2, getattr(self, f"centres{axis}"))
        return total / (1 + total)


def _random(*shape: int) -> Tensor:
    fan = max(1, prod(shape[1:]))
    return torch.randn(shape) / fan**0.5
