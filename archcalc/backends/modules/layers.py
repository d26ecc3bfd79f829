"""Merging, copying and scaling layers that torch.nn does not have."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from archcalc.backends.modules.moves import in_order


class Concat(nn.Module):
    """Concatenate along the channels, or along another axis."""

    def __init__(self, axis: int = 1) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *xs: Tensor) -> Tensor:
        return torch.cat(xs, self.axis)


class Stack(nn.Module):
    """One behind the other along a new axis, which is the first after the channels."""

    def forward(self, *xs: Tensor) -> Tensor:
        return torch.stack(xs, 2)


class Add(nn.Module):
    """The sum of tensors; the first one may be scaled, and channels of zeros may widen the narrower ones."""

    def __init__(self, scale: float = 1.0, zero_pad: bool = False) -> None:
        super().__init__()
        self.scale, self.zero_pad = scale, zero_pad

    def forward(self, *xs: Tensor) -> Tensor:
        widest = max(x.shape[1] for x in xs)
        first, *rest = (_widened(x, widest) for x in xs) if self.zero_pad else xs
        total = first if self.scale == 1 else self.scale * first
        for x in rest:
            total = total + x
        # Only a view may return its input: for every other op, the memory figures count a new array.
        return total if len(xs) > 1 or self.scale != 1 else total.clone()


def _widened(x: Tensor, channels: int) -> Tensor:
    missing = channels - x.shape[1]
    return nn.functional.pad(x, [*[0] * 2 * (x.ndim - 2), 0, missing]) if missing else x


class Multiply(nn.Module):
    """The first tensor times gates; a gate may have one value per channel."""

    def forward(self, first: Tensor, *gates: Tensor) -> Tensor:
        product = first
        for gate in gates:
            product = product * gate.view(*gate.shape, *(1,) * (first.ndim - gate.ndim))
        return product if gates else first.clone()


class Copy(nn.Module):
    """A copy of the input."""

    def forward(self, x: Tensor) -> Tensor:
        return x.clone()


class Slice(nn.Module):
    """A range of channels."""

    def __init__(self, start: int, channels: int) -> None:
        super().__init__()
        self.start, self.channels = start, channels

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.start + self.channels]


def by_channel(array: Tensor, x: Tensor) -> Tensor:
    """Reshape one value per channel so that it broadcasts over ``x``."""
    return array.view(1, -1, *(1,) * (x.ndim - 2))


class ScaleShift(nn.Module):
    """A trained scale per channel, and a shift if ``bias``."""

    def __init__(self, channels: int, bias: bool) -> None:
        super().__init__()
        self.inplace = False
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        gamma = by_channel(self.gamma, x)
        scaled = x.mul_(gamma) if self.inplace else x * gamma
        if self.beta is None:
            return scaled
        beta = by_channel(self.beta, x)
        return scaled.add_(beta) if self.inplace else scaled + beta


class OverChannels(nn.Module):
    """A layer of torch.nn that works on the last axis, over the channels."""

    is_observed, reads_rows = False, True

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x.movedim(1, -1)).movedim(-1, 1)
        return in_order(y) if self.is_observed else y


class L2Scale(nn.Module):
    """Division by the length of each vector of channels, then a scale and a shift."""

    def __init__(self, channels: int, gamma: bool, beta: bool) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels)) if gamma else None
        self.beta = nn.Parameter(torch.zeros(channels)) if beta else None

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.normalize(x)
        if self.gamma is not None:
            y = y * by_channel(self.gamma, y)
        return y if self.beta is None else y + by_channel(self.beta, y)


class RMSScale(nn.Module):
    """Division by the root of the mean square of the last axis, then a scale and a shift."""

    def __init__(self, channels: int, gamma: bool, beta: bool) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels)) if gamma else None
        self.beta = nn.Parameter(torch.zeros(channels)) if beta else None

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.rms_norm(x, (x.shape[-1],), self.gamma)
        return y if self.beta is None else y + self.beta


class PositionBias(nn.Module):
    """A layer without biases, plus one bias for every output value."""

    def __init__(self, layer: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layer = layer
        self.bias = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x) + self.bias
        return y


class InPlace(nn.Module):
    """A function that overwrites its input."""

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
"""In-place functions for modules of torch.nn that have no option ``inplace``."""
