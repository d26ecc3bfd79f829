"""Layers that give a tensor another shape. Each gives a contiguous tensor; only ``To`` gives a view."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class To(nn.Module):
    """The same values in another shape; ``shape`` has the channels first, without N."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(-1, *self.shape)


class Owned(nn.Module):
    """A tensor whose storage is its own, after a function that may give a view of its input."""

    def forward(self, x: Tensor) -> Tensor:
        return copied(x) if x._is_view() else x


class Swap(nn.Module):
    """Channels and positions of a sequence change places."""

    def forward(self, x: Tensor) -> Tensor:
        return copied(x.mT)


class Part(nn.Module):
    """A part of a map; of a second input only the size matters, which is known."""

    def __init__(self, starts: Sequence[int], sides: Sequence[int]) -> None:
        super().__init__()
        self.places = (..., *(slice(start, start + side) for start, side in zip(starts, sides, strict=True)))

    def forward(self, x: Tensor, like: Tensor | None = None) -> Tensor:
        return copied(x[self.places])


class Roll(nn.Module):
    """A map moved in a circle."""

    def __init__(self, shifts: Sequence[int]) -> None:
        super().__init__()
        self.shifts = shifts

    def forward(self, x: Tensor) -> Tensor:
        return copied(torch.roll(x, list(self.shifts), list(range(2, x.ndim))))


class Resized(nn.Module):
    """A map of another size; of a second input only the size matters, which is known."""

    def __init__(self, sides: Sequence[int], mode: str) -> None:
        super().__init__()
        self.sides, self.mode = list(sides), mode

    def forward(self, x: Tensor, like: Tensor | None = None) -> Tensor:
        resized = nn.functional.interpolate(x, self.sides, mode=self.mode)
        # For the same size some devices give the input itself.
        return copied(x) if resized is x else resized


class Unpooled(nn.Module):
    """A larger map of zeros with the values of a map at even distances; its size may be a second input's."""

    def __init__(self, sides: Sequence[int], wanted: Sequence[int]) -> None:
        super().__init__()
        self.wanted = wanted
        for axis, (side, size) in enumerate(zip(sides, wanted, strict=True)):
            places = [number * size // side for number in range(side)]
            self.register_buffer(f"places{axis}", torch.tensor(places), persistent=False)

    def forward(self, x: Tensor, like: Tensor | None = None) -> Tensor:
        for axis, size in enumerate(self.wanted):
            spread = x.new_zeros(*x.shape[: axis + 2], size, *x.shape[axis + 3 :])
            # An assignment keeps nothing for the backward pass, where index_copy keeps its input.
            spread[(slice(None),) * (axis + 2) + (self.get_buffer(f"places{axis}"),)] = x
            x = spread
        return x


class Reduced(nn.Module):
    """A function over some axes, which then have size 1."""

    def __init__(self, function: str, axes: list[int]) -> None:
        super().__init__()
        self.function, self.axes = getattr(torch, function), axes

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.function(x, self.axes, keepdim=True)
        return y


def in_order(x: Tensor) -> Tensor:
    """The values in the order of the axes, copied if they are not.

    The strides of axes of size 1 can be those of another order. Such a tensor is contiguous, but a layer can
    take that order for its output.
    """
    return x.contiguous().flatten().view(x.shape)


def copied(x: Tensor) -> Tensor:
    """A contiguous copy."""
    return x.clone(memory_format=torch.contiguous_format)
