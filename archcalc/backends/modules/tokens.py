"""Layers for tokens. Tensors are N, C, then the positions, as everywhere here.

PyTorch's own transformers hold N, the positions, then C. The values of a token lie side by side, and Linear
and LayerNorm read them without a copy. The layers here keep this order in memory. While a layer
``is_observed``, its values are in the order of the axes: then what autograd keeps does not depend on the
layer before.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from archcalc.backends.modules.moves import in_order


def projected(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The channels of every position times a matrix; ``x`` has one axis of positions."""
    # A convolution of width 1 is the same product, and reads tensors in this order without a copy.
    return nn.functional.conv1d(x, weight[:, :, None], bias)


def as_rows(x: Tensor) -> Tensor:
    """The same tensor with the channels last: a view, in which each token is a row."""
    return x.movedim(1, -1)


def from_rows(rows: Tensor) -> Tensor:
    """The same tensor with the channels after N: a view."""
    return rows.movedim(-1, 1)


class Pointwise(nn.Module):
    """nn.Linear over the channels of every position."""

    is_observed, reads_rows = False, True

    def __init__(self, channels: int, units: int, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(small(units, channels))
        self.bias = nn.Parameter(torch.zeros(units)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if not self.is_observed:
            return from_rows(nn.functional.linear(as_rows(x), self.weight, self.bias))
        return projected(x.flatten(2), self.weight, self.bias).unflatten(2, x.shape[2:])


class Lookup(nn.Module):
    """Rows of a table; any value looks up a row, so that random inputs do."""

    is_observed = False

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(small(rows, width))

    def forward(self, x: Tensor) -> Tensor:
        numbers = x[:, 0].long() % len(self.weight)
        found = from_rows(nn.functional.embedding(numbers, self.weight))
        return in_order(found) if self.is_observed else found


class TrainedValues(nn.Module):
    """Trained values added to the input, multiplied by it, or put before its positions.

    ``shape`` has the positions before the channels; ``per`` says which of them it has. Of a table with more
    positions than the input, the first are used.
    """

    is_observed = False
    values: Tensor

    def __init__(self, how: str, per: str, shape: Sequence[int], rank: int, trained: bool) -> None:
        super().__init__()
        self.how, self.per, self.rank = how, per, rank
        if trained:
            self.values = nn.Parameter(small(*shape))
        else:
            self.register_buffer("values", small(*shape))

    def forward(self, x: Tensor) -> Tensor:
        if self.how == "prepend" and self.is_observed:
            return torch.cat([self.values.T.expand(len(x), -1, -1), x], 2)
        if self.how == "prepend":
            return from_rows(torch.cat([self.values.expand(len(x), -1, -1), as_rows(x)], 1))
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
