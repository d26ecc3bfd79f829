"""Layers for tokens. Tensors are N, C, then the positions, as everywhere here."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from archcalc.backends.modules.moves import in_order


def projected(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The channels of every position times a matrix; ``x`` has one axis of positions."""
    # A convolution of width 1 is the same product, and reads tensors in this order without a copy.
    return nn.functional.conv1d(x, weight[:, :, None], bias)


class Pointwise(nn.Module):
    """nn.Linear over the channels of every position."""

    def __init__(self, channels: int, units: int, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(small(units, channels))
        self.bias = nn.Parameter(torch.zeros(units)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return projected(x.flatten(2), self.weight, self.bias).unflatten(2, x.shape[2:])


class Lookup(nn.Module):
    """Rows of a table; any value looks up a row, so that random inputs do."""

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(small(rows, width))

    def forward(self, x: Tensor) -> Tensor:
        numbers = x[:, 0].long() % len(self.weight)
        return in_order(nn.functional.embedding(numbers, self.weight).movedim(-1, 1))


class TrainedValues(nn.Module):
    """Trained values added to the input, multiplied by it, or put before its positions.

    ``shape`` has the positions before the channels; ``per`` says which of them it has. Of a table with more
    positions than the input, the first are used.
    """

    values: Tensor

    def __init__(self, how: str, per: str, shape: Sequence[int], rank: int, trained: bool) -> None:
        super().__init__()
        self.how, self.per, self.rank = how, per, rank
        if trained:
            self.values = nn.Parameter(small(*shape))
        else:
            self.register_buffer("values", small(*shape))

    def forward(self, x: Tensor) -> Tensor:
        if self.how == "prepend":
            return torch.cat([self.values.T.expand(len(x), -1, -1), x], 2)
        has_rows = self.rank == 1 and self.per in ("value", "position")
        values = self.values[: x.shape[2]] if has_rows else self.values
        if self.per == "value":
            values = values.movedim(-1, 0)
        elif self.per == "channel":
            values = values.unflatten(0, (-1, *(1,) * self.rank))
        return x + values if self.how == "add" else x * values


class Product(nn.Module):
    """The products of two sequences as matrices of tokens and channels; an axis before them counts them."""

    def __init__(self, transpose: bool) -> None:
        super().__init__()
        self.transpose = transpose

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        # Tensors have the channels first, so both matrices are transposed, and their order is reversed.
        if first.ndim == 3:
            return (second.mT if self.transpose else second) @ first
        # One by one: a product of all together would copy tensors in this order.
        pairs = zip(first.unbind(2), second.unbind(2), strict=True)
        return torch.stack([(two.mT if self.transpose else two) @ one for one, two in pairs], 2)


def small(*shape: int) -> Tensor:
    """Random values near 0, as trained arrays begin."""
    return torch.empty(shape).normal_(std=0.02)
