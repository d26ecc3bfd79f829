"""Layers that importers make of programs: functions of single values, derived arrays, open layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

_CONSTANT = 0.5
_OF_ONE: Mapping[str, Callable[[Tensor], Tensor]] = {
    "scale": lambda x: x * _CONSTANT,
    "shift": lambda x: x + _CONSTANT,
    "reciprocal": torch.reciprocal,
    "negative": torch.neg,
    "square": torch.square,
    "power": lambda x: x**3,
    "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt,
    "abs": torch.abs,
    "clip": lambda x: x.clamp(0, 1),
    "exp": torch.exp,
    "log": torch.log,
    "sin": torch.sin,
    "cos": torch.cos,
    "erf": torch.erf,
}


class Elementwise(nn.Module):
    """A function of each value, or of the values of two tensors."""

    def __init__(self, function: str) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        if other is None:
            return _OF_ONE[self.function](x)
        y: Tensor = getattr(torch, self.function)(x, other)
        return y


class DotProductAttention(nn.Module):
    """softmax(Q K^T / sqrt(d)) V in each head; it forms all scores."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        queries, keys, values = (x.flatten(2).unflatten(1, (self.heads, -1)) for x in (q, k, v))
        scores = queries.mT @ keys * queries.shape[2] ** -0.5
        heads = values @ scores.softmax(-1).mT
        return heads.flatten(1, 2).unflatten(2, q.shape[2:]) if q.ndim > 2 else heads.flatten(1)


class DerivedValues(nn.Module):
    """A value that comes from trained ones, added to every value or multiplied by it."""

    def __init__(self, how: str, count: int, macs: int) -> None:
        super().__init__()
        self.how, self.macs = how, macs
        self.values = nn.Parameter(torch.ones(count))

    def forward(self, x: Tensor) -> Tensor:
        value = computed(self.values, self.macs).sum()
        return x + value if self.how == "add" else x * value


class DerivedTokens(nn.Module):
    """Tokens that come from trained values; of the input only the batch matters."""

    def __init__(self, shape: Sequence[int], count: int, macs: int) -> None:
        super().__init__()
        self.shape, self.macs = shape, macs
        self.values = nn.Parameter(torch.ones(count))

    def forward(self, x: Tensor) -> Tensor:
        value = computed(self.values, self.macs).sum()
        return value.expand(len(x), *self.shape).clone(memory_format=torch.contiguous_format)


class Opaque(nn.Module):
    """A layer of which only the shape of the output is known; of the inputs only the batch matters."""

    def __init__(self, shape: Sequence[int], count: int) -> None:
        super().__init__()
        self.shape = shape
        self.values = nn.Parameter(torch.ones(count))

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        return self.values.sum().expand(len(x), *self.shape).clone(memory_format=torch.contiguous_format)


def computed(values: Tensor, macs: int) -> Tensor:
    """The values, behind so many multiply-accumulates."""
    return values
