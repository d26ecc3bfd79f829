"""Layers that torch.nn has not, as modules of our own, and the namespace that ops build from.

Tensors are N, C, then the spatial axes. Where PyTorch's flop_counter sees other multiply-accumulates than the op
states, the class says so (``CountedOtherwise``). What a layer keeps for the backward pass is declared by its op.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from itertools import product
from math import prod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

CONVOLVE = (nn.functional.conv1d, nn.functional.conv2d, nn.functional.conv3d)

SELECTIVITY = 4.0
"""Fukushima's r of the first S-layer."""


class CountedOtherwise(nn.Module):
    """A layer of whose multiply-accumulates PyTorch's flop_counter sees nothing, or more than the op states."""

    uncounted: ClassVar[str] = ""
    """Why it sees nothing."""

    counted: ClassVar[str] = ""
    """Of what it sees more."""

    def counted_beside(self, y: Sequence[int]) -> int:
        """How many of those, for one image; ``y`` is the shape of the output, N first."""
        return 0


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
        return (
            total if len(xs) > 1 or self.scale != 1 else total.clone()
        )  # an output of its own, as everywhere


def _widened(x: Tensor, channels: int) -> Tensor:
    missing = channels - x.shape[1]
    return nn.functional.pad(x, [*[0] * 2 * (x.ndim - 2), 0, missing]) if missing else x


class Multiply(nn.Module):
    """The first volume times gates, which may have one value per channel."""

    def forward(self, first: Tensor, *gates: Tensor) -> Tensor:
        product = first
        for gate in gates:
            product = product * gate.view(*gate.shape, *(1,) * (first.ndim - gate.ndim))
        return product if gates else first.clone()


class Copy(nn.Module):
    """The same values in an array of their own."""

    def forward(self, x: Tensor) -> Tensor:
        return x.clone()


class Slice(nn.Module):
    """Some of the channels."""

    def __init__(self, start: int, channels: int) -> None:
        super().__init__()
        self.start, self.channels = start, channels

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.start + self.channels]


def _by_channel(array: Tensor, x: Tensor) -> Tensor:
    """One value per channel, to be taken with every value of that channel of ``x``."""
    return array.view(1, -1, *(1,) * (x.ndim - 2))


class ScaleShift(nn.Module):
    """A trained scale, and a shift, per channel."""

    def __init__(self, channels: int, bias: bool) -> None:
        super().__init__()
        self.inplace = False
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        gamma = _by_channel(self.gamma, x)
        scaled = x.mul_(gamma) if self.inplace else x * gamma
        if self.beta is None:
            return scaled
        beta = _by_channel(self.beta, x)
        return scaled.add_(beta) if self.inplace else scaled + beta


class TableConv(CountedOtherwise):
    """A convolution whose filters read the maps of a table (LeNet-5's C3).

    It runs as one convolution whose filters have zeros for the other maps: many small ones would copy the maps of every
    filter, and keep the copies.
    """

    counted = "of the zeros for the maps that a filter does not read"
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

    def counted_beside(self, y: Sequence[int]) -> int:
        return prod(y[2:]) * (prod(self.shape) - self.weight.numel())


class PositionBias(nn.Module):
    """A layer without biases, and one bias for every value that it puts out."""

    def __init__(self, layer: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layer = layer
        self.bias = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x) + self.bias
        return y


class LocallyConnected(CountedOtherwise):
    """A convolution whose weights are those of one position each: (*positions, filters, channels, *kernel)."""

    uncounted = "its weights are used in one place each, as elementwise products"

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
            weight = self.weight.flatten(self.rank + 2)[..., place].movedim(
                (-2, -1), (0, 1)
            )  # filters, C, *places
            part = (seen * weight).sum(2)
            y = part if y is None else y + part
        assert y is not None
        biased = y if self.bias is None else y + self.bias.movedim(-1, 0)
        return biased.clone(memory_format=torch.contiguous_format)  # the products lie as the weights do


def _seen(x: Tensor, tap: Sequence[int], places: Sequence[int], stride: Sequence[int]) -> Tensor:
    """What one tap of a kernel sees at every position, as a view."""
    for axis, (start, count, step) in enumerate(zip(tap, places, stride, strict=True), 2):
        x = x.narrow(axis, start, (count - 1) * step + 1)
        x = x[(slice(None),) * axis + (slice(None, None, step),)]
    return x


class Subsample(CountedOtherwise):
    """The sum under each window, times a coefficient, plus a bias: one of each per map (LeNet-5's S2)."""

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
        # A pool with a divisor of 1 adds up; in one dimension PyTorch's has none, so there it gets another axis.
        self.flat = len(kernel) == 1
        self.window = [(1, *kernel), (1, *stride), (0, *padding)] if self.flat else [kernel, stride, padding]
        self.ceil_mode = ceil_mode
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        pool = nn.functional.avg_pool3d if x.ndim == 5 else nn.functional.avg_pool2d
        sums = pool(x.unsqueeze(2) if self.flat else x, *self.window, self.ceil_mode, divisor_override=1)
        sums = sums.squeeze(2) if self.flat else sums
        return torch.addcmul(_by_channel(self.bias, x), sums, _by_channel(self.weight, x))


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


class SCells(CountedOtherwise):
    """Fukushima's S-cells: shunting inhibition of what a plane's weights see by the root mean square of the area."""

    counted = "of the inhibitory cells, which the op's cost leaves out"
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
        with (
            torch.no_grad()
        ):  # the inhibitory cells have fixed inputs and are no part of the weights' derivative
            area = self.convolve((x * x).sum(1, keepdim=True), self.c[None, None])
            inhibition = area.clamp_min(0).sqrt()
        inhibited = 2 * SELECTIVITY / (1 + SELECTIVITY) * _by_channel(self.b, x) * inhibition
        # (1 + e) / (1 + h) - 1, with one array of the output's size less to keep
        return torch.relu(SELECTIVITY * ((self.convolve(x, self.a) - inhibited) / (1 + inhibited)))

    def counted_beside(self, y: Sequence[int]) -> int:
        return prod(y[2:]) * self.c.numel()


class CCells(CountedOtherwise):
    """Fukushima's C-cells: a fixed blur of every plane, looked at in so many places, evenly spread."""

    uncounted = "the fixed blur is a sum of elementwise products"
    d: Tensor

    def __init__(self, output: tuple[int, ...], kernel: tuple[int, ...], spatial: tuple[int, ...]) -> None:
        super().__init__()
        self.room = [amount for side in reversed(kernel) for amount in (side // 2, (side - 1) // 2)]
        self.register_buffer("d", torch.full(kernel, 1 / prod(kernel)))
        for axis, (size, cells) in enumerate(zip(spatial, output, strict=True)):
            centres = torch.linspace(0, size - 1, cells).round().long()
            self.register_buffer(f"centres{axis}", centres, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        padded = nn.functional.pad(x, self.room)
        total: Tensor | None = None
        for tap in product(*map(range, self.d.shape)):
            part = _seen(padded, tap, x.shape[2:], (1,) * self.d.ndim) * self.d[tap]
            total = part if total is None else total + part
        assert total is not None
        for axis in range(self.d.ndim):
            total = total.index_select(axis + 2, getattr(self, f"centres{axis}"))
        return total / (1 + total)


class InPlace(nn.Module):
    """A function that writes over its input."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def _softmax_(x: Tensor) -> Tensor:
    x.sub_(x.amax(1, keepdim=True)).exp_()
    return x.div_(x.sum(1, keepdim=True))


IN_PLACE: dict[type[nn.Module], Callable[[Tensor], Tensor]] = {
    nn.Sigmoid: torch.sigmoid_,
    nn.Tanh: torch.tanh_,
    nn.Softmax: _softmax_,
}
"""What stands for modules of torch.nn without an ``inplace`` of their own."""


def _random(*shape: int) -> Tensor:
    fan = max(1, prod(shape[1:]))
    return torch.randn(shape) / fan**0.5


class Modules:
    """torch.nn with our own layers beside it: what ops are handed to build themselves from.

    ``bare`` layers of torch.nn leave their arrays as they come: on the meta device there is nothing to set.
    """

    Concat, Add, Multiply, Slice, Copy, ScaleShift = Concat, Add, Multiply, Slice, Copy, ScaleShift
    TableConv, PositionBias, LocallyConnected = TableConv, PositionBias, LocallyConnected
    Subsample, RBF, SCells, CCells = Subsample, RBF, SCells, CCells

    def __init__(self, *, bare: bool = False) -> None:
        self._bare = bare

    def __getattr__(self, name: str) -> Any:
        layer = getattr(nn, name)
        return _bare(layer) if self._bare and hasattr(layer, "reset_parameters") else layer


@cache
def _bare(layer: type[nn.Module]) -> type[nn.Module]:
    return type(layer.__name__, (layer,), {"reset_parameters": lambda self: None})
