"""Attention and other layers for tokens. Tensors are N, C, then the positions, as everywhere here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


def projected(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The channels of every position times a matrix; ``x`` has one axis of positions."""
    # A convolution of width 1 is the same product, and reads tensors in this order without a copy.
    return nn.functional.conv1d(x, weight[:, :, None], bias)


class Pointwise(nn.Module):
    """nn.Linear over the channels of every position."""

    def __init__(self, channels: int, units: int, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(_small(units, channels))
        self.bias = nn.Parameter(torch.zeros(units)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return projected(x.flatten(2), self.weight, self.bias).unflatten(2, x.shape[2:])


class Lookup(nn.Module):
    """Rows of a table; any value looks up a row, so that random inputs do."""

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(_small(rows, width))

    def forward(self, x: Tensor) -> Tensor:
        numbers = x[:, 0].long() % len(self.weight)
        return nn.functional.embedding(numbers, self.weight).movedim(-1, 1).contiguous()


class TrainedValues(nn.Module):
    """Trained values added to the input, multiplied by it, or put before its positions.

    ``shape`` has the positions before the channels; ``per`` says which of them it has.
    """

    def __init__(self, how: str, per: str, shape: Sequence[int], rank: int) -> None:
        super().__init__()
        self.how, self.per, self.rank = how, per, rank
        self.values = nn.Parameter(_small(*shape))

    def forward(self, x: Tensor) -> Tensor:
        if self.how == "prepend":
            return torch.cat([self.values.T.expand(len(x), -1, -1), x], 2)
        values = self.values
        if self.per == "value":
            values = values.movedim(-1, 0)
        elif self.per == "channel":
            values = values.unflatten(0, (-1, *(1,) * self.rank))
        return x + values if self.how == "add" else x * values


class Product(nn.Module):
    """The product of two sequences as matrices of tokens and channels."""

    def __init__(self, transpose: bool) -> None:
        super().__init__()
        self.transpose = transpose

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        # Tensors have the channels first, so both matrices are transposed, and their order is reversed.
        return (second.mT if self.transpose else second) @ first


class Attention(nn.Module):
    """Multi-head attention over all positions, or inside windows; it forms all scores.

    ``arrays`` are the shapes of its parameters by name, ``sides`` the positions along each axis.
    """

    q_weight: Tensor
    k_weight: Tensor
    v_weight: Tensor
    out_weight: Tensor

    def __init__(
        self,
        arrays: Mapping[str, Sequence[int]],
        heads: int,
        kv_heads: int,
        causal: bool,
        window: Sequence[int] | None,
        sides: Sequence[int],
    ) -> None:
        super().__init__()
        for name, shape in arrays.items():
            zeros = name.endswith("bias")
            self.register_parameter(name, nn.Parameter(torch.zeros(*shape) if zeros else _small(*shape)))
        self.heads, self.kv_heads, self.causal, self.window = heads, kv_heads, causal, window
        places = None
        if "relative_bias" in arrays:
            places = _distances(sides if window is None else window)
        self.register_buffer("places", places, persistent=False)

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        if self.window is not None:
            tokens = _partitioned(x, self.window)
            return _joined(self._attend(tokens, tokens), x.shape, self.window)
        tokens = x.flatten(2)
        read = tokens if other is None else other.flatten(2)
        return self._attend(tokens, read).unflatten(2, x.shape[2:])

    def _attend(self, x: Tensor, read: Tensor) -> Tensor:
        q = self._heads(projected(x, self.q_weight, self._bias("q_bias")), self.heads)
        k = self._heads(projected(read, self.k_weight, self._bias("k_bias")), self.kv_heads)
        v = self._heads(projected(read, self.v_weight, self._bias("v_bias")), self.kv_heads)
        scores = q.mT @ k * q.shape[2] ** -0.5
        table = self._bias("relative_bias")
        if table is not None:
            scores = scores + table[self.places].movedim(-1, 0)
        if self.causal:
            scores = scores + _later(scores)
        heads = v @ scores.softmax(-1).mT
        return projected(heads.flatten(1, 2), self.out_weight, self._bias("out_bias"))

    def _heads(self, x: Tensor, heads: int) -> Tensor:
        """The channels as heads; shared keys and values are copied for every head that reads them."""
        divided = x.unflatten(1, (heads, -1))
        return divided if heads == self.heads else divided.repeat_interleave(self.heads // heads, 1)

    def _bias(self, name: str) -> Tensor | None:
        return getattr(self, name, None)


def _small(*shape: int) -> Tensor:
    return torch.empty(shape).normal_(std=0.02)


def _later(scores: Tensor) -> Tensor:
    """Minus infinity for the keys after each query."""
    return torch.full_like(scores[0, 0], float("-inf")).triu(1)


def _distances(sides: Sequence[int]) -> Tensor:
    """For every query and key of a window, the row of the table for their distance along all axes."""
    places = torch.stack(torch.meshgrid(*[torch.arange(side) for side in sides], indexing="ij")).flatten(1)
    apart = places[:, :, None] - places[:, None, :]
    row = torch.zeros_like(apart[0])
    for axis, side in enumerate(sides):
        row = row * (2 * side - 1) + apart[axis] + side - 1
    return row


def _partitioned(x: Tensor, window: Sequence[int]) -> Tensor:
    """A copy of the map as windows: one sample each, their positions in one axis."""
    for axis, side in enumerate(window):
        x = x.unflatten(2 + 2 * axis, (-1, side))
    rank = len(window)
    windows, within = range(2, 2 + 2 * rank, 2), range(3, 3 + 2 * rank, 2)
    ordered = x.permute(0, *windows, 1, *within).clone(memory_format=torch.contiguous_format)
    return ordered.flatten(0, rank).flatten(2)


def _joined(windows: Tensor, shape: Sequence[int], window: Sequence[int]) -> Tensor:
    """The map of these windows: the reverse of ``_partitioned``."""
    samples, channels, *sides = shape
    counts = [size // side for size, side in zip(sides, window, strict=True)]
    rank = len(window)
    x = windows.reshape(samples, *counts, channels, *window)
    order = [axis for place in range(rank) for axis in (1 + place, 2 + rank + place)]
    ordered = x.permute(0, 1 + rank, *order).clone(memory_format=torch.contiguous_format)
    return ordered.view(samples, channels, *sides)
