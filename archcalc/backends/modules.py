"""Layers that torch.nn has not, as modules of our own, and the namespace that ops build from.

Tensors are N, C, then the spatial axes. Where PyTorch's FlopCounterMode sees nothing of a layer's
multiply-accumulates, as they are written as elementwise products, the class says so: ``counted = False``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

CONVOLVE = (nn.functional.conv1d, nn.functional.conv2d, nn.functional.conv3d)

SELECTIVITY = 4.0
"""Fukushima's r of the first S-layer."""


class Concat(nn.Module):
    """Volumes one behind the other along the channels."""

    def forward(self, *xs: Tensor) -> Tensor:
        return torch.cat(xs, 1)


class Add(nn.Module):
    """The sum of volumes, narrower ones filled up with channels of zeros; the first is scaled."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, *xs: Tensor) -> Tensor:
        widest = max(x.shape[1] for x in xs)
        first, *rest = (_widened(x, widest) for x in xs)
        total = first if self.scale == 1 else self.scale * first
        for x in rest:
            total = total + x
        return total


def _widened(x: Tensor, channels: int) -> Tensor:
    missing = channels - x.shape[1]
    return nn.functional.pad(x, [*[0] * 2 * (x.ndim - 2), 0, missing]) if missing else x


class Multiply(nn.Module):
    """The first volume times gates, which may have one value per channel."""

    def forward(self, first: Tensor, *gates: Tensor) -> Tensor:
        for gate in gates:
            first = first * gate.view(*gate.shape, *(1,) * (first.ndim - gate.ndim))
        return first


class Slice(nn.Module):
    """Some of the channels."""

    def __init__(self, start: int, channels: int) -> None:
        super().__init__()
        self.start, self.channels = start, channels

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.start + self.channels]


class ScaleShift(nn.Module):
    """A trained scale, and a shift, per channel."""

    def __init__(self, channels: int, bias: bool) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        axes = (1, -1, *(1,) * (x.ndim - 2))
        scaled = x * self.gamma.view(axes)
        return scaled if self.beta is None else scaled + self.beta.view(axes)


class TableConv(nn.Module):
    """A convolution whose filters read the maps of a table (LeNet-5's C3)."""

    def __init__(
        self,
        table: Sequence[Sequence[int]],
        kernel: tuple[int, ...],
        bias: bool,
        rank: int,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__()
        self.table, self.convolve = [list(row) for row in table], partial(CONVOLVE[rank - 1], **options)
        self.weight = nn.Parameter(_random(sum(map(len, table)), *kernel))
        self.bias = nn.Parameter(torch.zeros(len(table))) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        planes = []
        weights = torch.split(self.weight, [len(row) for row in self.table])
        for row, weight in zip(self.table, weights, strict=True):
            planes.append(self.convolve(x[:, row], weight[None]))
        y = torch.cat(planes, 1)
        return y if self.bias is None else y + self.bias.view(1, -1, *(1,) * (x.ndim - 2))


class PositionBias(nn.Module):
    """A layer without biases, and one bias for every value that it puts out."""

    def __init__(self, layer: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layer = layer
        self.bias = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x) + self.bias
        return y


class LocallyConnected(nn.Module):
    """A convolution whose weights are those of one position each: (*positions, filters, channels, *kernel)."""

    counted = False

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
            weight = self.weight.flatten(self.rank + 2)[..., place].movedim((-2, -1), (0, 1))  # filters, C, *places
            part = (seen * weight).sum(2)
            y = part if y is None else y + part
        assert y is not None
        return y if self.bias is None else y + self.bias.movedim(-1, 0)


def _seen(x: Tensor, tap: Sequence[int], places: Sequence[int], stride: Sequence[int]) -> Tensor:
    """What one tap of a kernel sees at every position, as a view."""
    for axis, (start, count, step) in enumerate(zip(tap, places, stride, strict=True), 2):
        x = x.narrow(axis, start, (count - 1) * step + 1)
        x = x[(slice(None),) * axis + (slice(None, None, step),)]
    return x


class Subsample(nn.Module):
    """The sum under each window, times a coefficient, plus a bias: one of each per map (LeNet-5's S2)."""

    counted = False

    def __init__(self, channels: int, kernel: tuple[int, ...], mean: nn.Module) -> None:
        super().__init__()
        self.mean, self.taps = mean, prod(kernel)
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        axes = (1, -1, *(1,) * (x.ndim - 2))
        y: Tensor = self.mean(x) * (self.taps * self.weight).view(axes) + self.bias.view(axes)
        return y


class RBF(nn.Module):
    """The squared distance of the input from the fixed prototype of every unit."""

    prototypes: Tensor

    def __init__(self, units: int, values: int) -> None:
        super().__init__()
        self.register_buffer("prototypes", torch.sign(_random(units, values)))

    def forward(self, x: Tensor) -> Tensor:
        # |x - w|^2 as x.x - 2 x.w + w.w: so nothing of the size units times values is kept for the backward pass.
        x = x.flatten(1)
        own = (self.prototypes * self.prototypes).sum(1)
        return (x * x).sum(1, keepdim=True) - 2 * nn.functional.linear(x, self.prototypes) + own


class SCells(nn.Module):
    """Fukushima's S-cells: shunting inhibition of what a plane's weights see by the root mean square of the area."""

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
        axes = (1, -1, *(1,) * (x.ndim - 2))
        with torch.no_grad():  # the inhibitory cells have fixed inputs and are no part of the weights' derivative
            area = self.convolve((x * x).sum(1, keepdim=True), self.c[None, None])
            inhibition = area.clamp_min(0).sqrt()
        excitation = self.convolve(x, self.a)
        shunted = (1 + excitation) / (1 + 2 * SELECTIVITY / (1 + SELECTIVITY) * self.b.view(axes) * inhibition)
        y: Tensor = SELECTIVITY * torch.relu(shunted - 1)
        return y


class CCells(nn.Module):
    """Fukushima's C-cells: a fixed blur of every plane, looked at in so many places, evenly spread."""

    counted = False
    d: Tensor

    def __init__(self, output: tuple[int, ...], kernel: tuple[int, ...]) -> None:
        super().__init__()
        self.output, self.kernel = output, kernel
        self.register_buffer("d", torch.full(kernel, 1 / prod(kernel)))

    def forward(self, x: Tensor) -> Tensor:
        centres = [
            torch.linspace(0, size - 1, cells, device=x.device).round().long()
            for size, cells in zip(x.shape[2:], self.output, strict=True)
        ]
        room = [amount for side in reversed(self.kernel) for amount in (side // 2, (side - 1) // 2)]
        padded = nn.functional.pad(x, room)
        total: Tensor | None = None
        for tap in product(*map(range, self.kernel)):
            seen = padded
            for axis, (centre, offset) in enumerate(zip(centres, tap, strict=True), 2):
                seen = seen.index_select(axis, centre + offset)
            part = seen * self.d[tap]
            total = part if total is None else total + part
        assert total is not None
        return total / (1 + total)


def _random(*shape: int) -> Tensor:
    fan = max(1, prod(shape[1:]))
    return torch.randn(shape) / fan**0.5


class Modules:
    """torch.nn with our own layers beside it: what ops are handed to build themselves from."""

    Concat, Add, Multiply, Slice, ScaleShift = Concat, Add, Multiply, Slice, ScaleShift
    TableConv, PositionBias, LocallyConnected = TableConv, PositionBias, LocallyConnected
    Subsample, RBF, SCells, CCells = Subsample, RBF, SCells, CCells

    def __getattr__(self, name: str) -> Any:
        return getattr(nn, name)
