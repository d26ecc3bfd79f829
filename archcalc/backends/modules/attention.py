"""Attention over all positions of a map, or inside windows. Tensors are N, C, then the positions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from archcalc.backends.modules.moves import copied
from archcalc.backends.modules.tokens import as_rows, from_rows, projected, small

MOST_SCALE = 100.0
"""The largest scale of a cosine (Swin v2, section 3.2)."""


class Windows:
    """A map divided into windows: how it is copied into them, and out of them.

    ``map_sides`` are the positions of the map along each axis, ``sides`` those of a window. Zeros behind the
    map fill the last windows. In a ``grid`` the positions of a window are spread evenly over the map.
    """

    def __init__(
        self, map_sides: Sequence[int], sides: Sequence[int], shifts: Sequence[int], grid: bool
    ) -> None:
        self.map_sides, self.sides, self.grid = map_sides, sides, grid
        self.counts = [-(-size // side) for size, side in zip(map_sides, sides, strict=True)]
        self.filled = [count * side for count, side in zip(self.counts, sides, strict=True)]
        # With one window along an axis, a shift would only reorder its positions.
        self.shifts = [shift if count > 1 else 0 for shift, count in zip(shifts, self.counts, strict=True)]
        self.axes = list(range(2, 2 + len(sides)))
        # Each axis becomes two: the windows, and the positions within one. A grid has them in reverse.
        self.windows = [2 * axis - (1 if grid else 2) for axis in self.axes]
        self.within = [2 * axis - (2 if grid else 1) for axis in self.axes]

    def copied_in(self, x: Tensor, *, rows: bool) -> Tensor:
        """The windows, one sample each, with their positions in one axis; ``rows``: the channels last in
        memory."""
        missing = [filled - size for filled, size in zip(self.filled, self.map_sides, strict=True)]
        if any(missing):
            x = nn.functional.pad(x, [zeros for after in reversed(missing) for zeros in (0, after)])
        return self._divided(self._rolled(x, -1, rows), rows)

    def copied_out(self, windows: Tensor, *, rows: bool) -> Tensor:
        """The map of these windows: the reverse of ``copied_in``."""
        x = windows.unflatten(2, self.sides).unflatten(0, (-1, *self.counts))
        rank = len(self.sides)
        order = [0, 1 + rank, *[0] * 2 * rank]
        for axis in range(rank):
            order[self.windows[axis]] = 1 + axis
            order[self.within[axis]] = 2 + rank + axis
        x = _copied(x.permute(order), rows)
        x = self._rolled(x.view(*x.shape[:2], *self.filled), 1, rows)
        part = x[(..., *(slice(size) for size in self.map_sides))]
        return x if part.shape == x.shape else _copied(part, rows)

    def _rolled(self, x: Tensor, sign: int, rows: bool) -> Tensor:
        """The map moved in a circle. PyTorch gives values in the order of the axes."""
        shifts = [sign * shift for shift in self.shifts]
        if not any(shifts):
            return x
        if rows:
            return from_rows(torch.roll(as_rows(x), shifts, [axis - 1 for axis in self.axes]))
        return torch.roll(x, shifts, self.axes)

    def hidden(self) -> Tensor | None:
        """Minus infinity for each window, query and key that only the shift brings together.

        The last windows of a shifted map have positions of both ends.
        """
        if not any(self.shifts):
            return None
        ends = torch.zeros(self.filled)
        for axis, (size, shift) in enumerate(zip(self.filled, self.shifts, strict=True)):
            from_start = torch.arange(size) >= size - shift
            ends = 2 * ends + from_start.view(-1, *(1,) * (len(self.filled) - axis - 1))
        end = self._divided(ends[None, None], rows=False)[:, 0]
        apart = end[:, :, None] != end[:, None, :]
        return torch.zeros(apart.shape).masked_fill(apart, float("-inf"))

    def _divided(self, x: Tensor, rows: bool) -> Tensor:
        for axis, (count, side) in enumerate(zip(self.counts, self.sides, strict=True)):
            x = x.unflatten(2 + 2 * axis, (side, count) if self.grid else (count, side))
        if rows:
            divided = copied(x.permute(0, *self.windows, *self.within, 1))
            return from_rows(divided.flatten(0, len(self.sides)).flatten(1, -2))
        return copied(x.permute(0, *self.windows, 1, *self.within)).flatten(0, len(self.sides)).flatten(2)


def _copied(x: Tensor, rows: bool) -> Tensor:
    return from_rows(copied(as_rows(x))) if rows else copied(x)


class Attention(nn.Module):
    """Multi-head attention over all positions, or inside windows.

    ``arrays`` are the shapes of its parameters by name, ``sides`` the positions that a token reads along each
    axis. With an array ``scale`` a score is a cosine. It forms all scores while it ``is_observed``, and where
    something is added to them; else PyTorch's ``scaled_dot_product_attention`` chooses how to compute.
    """

    is_observed, reads_rows = False, True

    q_weight: Tensor
    k_weight: Tensor
    v_weight: Tensor
    out_weight: Tensor
    relative_bias: Tensor
    relative_fc1_weight: Tensor
    relative_fc1_bias: Tensor
    relative_fc2_weight: Tensor
    places: Tensor | None
    steps: Tensor | None
    hidden: Tensor | None

    def __init__(
        self,
        arrays: Mapping[str, Sequence[int]],
        heads: int,
        kv_heads: int,
        causal: bool,
        windows: Windows | None,
        sides: Sequence[int],
    ) -> None:
        super().__init__()
        for name, shape in arrays.items():
            zeros = name.endswith("bias")
            self.register_parameter(name, nn.Parameter(torch.zeros(*shape) if zeros else small(*shape)))
        self.heads, self.kv_heads, self.causal, self.windows = heads, kv_heads, causal, windows
        network = "relative_fc1_weight" in arrays
        places = _distances(sides) if network or "relative_bias" in arrays else None
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("steps", _steps(sides) if network else None, persistent=False)
        self.register_buffer("hidden", windows.hidden() if windows else None, persistent=False)

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        attend = self._attend if self.is_observed else self._attend_rows
        if self.windows is not None:
            rows = not self.is_observed
            tokens = self.windows.copied_in(x, rows=rows)
            return self.windows.copied_out(attend(tokens, tokens), rows=rows)
        tokens = x.flatten(2)
        read = tokens if other is None else other.flatten(2)
        return attend(tokens, read).unflatten(2, x.shape[2:])

    def _attend(self, x: Tensor, read: Tensor) -> Tensor:
        scale = self._array("scale")
        q = self._heads(projected(x, self.q_weight, self._array("q_bias")), self.heads, scale)
        k = self._heads(projected(read, self.k_weight, self._array("k_bias")), self.kv_heads, scale)
        v = self._heads(projected(read, self.v_weight, self._array("v_bias")), self.kv_heads)
        heads = v @ self._weights(q.mT, k).mT
        return projected(heads.flatten(1, 2), self.out_weight, self._array("out_bias"))

    def _attend_rows(self, x: Tensor, read: Tensor) -> Tensor:
        """The same with each token as a row, as PyTorch's own modules compute it."""
        scale = self._array("scale")
        given = (
            (x, "q", self.heads, scale),
            (read, "k", self.kv_heads, scale),
            (read, "v", self.kv_heads, None),
        )
        q, k, v = [
            self._heads(from_rows(self._product(as_rows(values), part)), heads, scale).mT
            for values, part, heads, scale in given
        ]
        if scale is None and self.places is None and self.hidden is None:
            answers = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        else:
            answers = self._weights(q, k.mT) @ v
        return from_rows(self._product(answers.transpose(1, 2).flatten(2), "out"))

    def _product(self, rows: Tensor, part: str) -> Tensor:
        return nn.functional.linear(rows, self._parameters[f"{part}_weight"], self._array(f"{part}_bias"))

    def _weights(self, q: Tensor, k: Tensor) -> Tensor:
        """The softmax of the scores of queries (rows) and keys (columns)."""
        scale = self._array("scale")
        scores = q @ k * (q.shape[-1] ** -0.5 if scale is None else _bounded(scale))
        bias = self._relative_bias()
        if bias is not None:
            scores = scores + bias
        if self.causal:
            scores = scores + _later(scores)
        if self.hidden is not None:
            scores = (scores.unflatten(0, (-1, len(self.hidden))) + self.hidden[:, None]).flatten(0, 1)
        return scores.softmax(-1)

    def _heads(self, x: Tensor, heads: int, scale: Tensor | None = None) -> Tensor:
        """The channels as heads; shared keys and values are copied for every head that reads them."""
        divided = x.unflatten(1, (heads, -1))
        if scale is not None:
            divided = nn.functional.normalize(divided, dim=2)
        return divided if heads == self.heads else divided.repeat_interleave(self.heads // heads, 1)

    def _relative_bias(self) -> Tensor | None:
        """For every head, query and key of a window, what is added to the score."""
        if self.places is None:
            return None
        if self.steps is None:
            return self.relative_bias[self.places].movedim(-1, 0)
        hidden = nn.functional.linear(self.steps, self.relative_fc1_weight, self.relative_fc1_bias).relu()
        values = nn.functional.linear(hidden, self.relative_fc2_weight)
        return 16 * values[self.places].movedim(-1, 0).sigmoid()

    def _array(self, name: str) -> Tensor | None:
        return getattr(self, name, None)


def _bounded(scale: Tensor) -> Tensor:
    """The scale of every head, which is trained as a logarithm."""
    return scale.clamp(max=math.log(MOST_SCALE)).exp()[:, None, None]


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


def _steps(sides: Sequence[int]) -> Tensor:
    """For every row of the table, its distance along each axis, in logarithms (Swin v2, equation 4)."""
    axes = [torch.arange(1 - side, side) * 8 / max(side - 1, 1) for side in sides]
    steps = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).flatten(0, -2)
    return steps.sign() * (steps.abs() + 1).log2() / 3
