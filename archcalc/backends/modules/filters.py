"""Filters that torch.nn does not have: along the channels, of a fixed blur, of standardised weights."""

from __future__ import annotations

from math import comb
from typing import Any

import torch
from torch import Tensor, nn

from archcalc.backends.modules.historic import CONVOLVE


class AlongChannels(nn.Module):
    """A convolution with one filter along the channels; each position apart."""

    def __init__(self, layer: nn.Conv1d) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        # Channels and positions are the two axes of a picture with one channel: nothing is copied.
        picture = x.flatten(2).unsqueeze(1) if x.ndim > 2 else x[:, None, :, None]
        weight, pad = self.layer.weight.unsqueeze(-1), (int(self.layer.padding[0]), 0)
        return nn.functional.conv2d(picture, weight, self.layer.bias, padding=pad).view(x.shape)


class BlurPool(nn.Module):
    """A fixed blur of each channel, with mirrored values around the map."""

    filt: Tensor

    def __init__(self, channels: int, kernel: tuple[int, ...], stride: tuple[int, ...]) -> None:
        super().__init__()
        self.stride, self.convolve = stride, CONVOLVE[len(kernel) - 1]
        self.around = [side for size in reversed(kernel) for side in ((size - 1) // 2, size // 2)]
        blur = torch.ones(())
        for size in kernel:
            row = torch.tensor([comb(size - 1, place) for place in range(size)])
            blur = blur[..., None] * row / row.sum()
        self.register_buffer("filt", blur.repeat(channels, 1, *[1] * len(kernel)))

    def forward(self, x: Tensor) -> Tensor:
        mirrored = nn.functional.pad(x, self.around, mode="reflect")
        return self.convolve(mirrored, self.filt, stride=self.stride, groups=x.shape[1])


class Standardised(nn.Module):
    """A convolution whose filters have a mean of 0 and a variance of 1, or 1/n with a trained gain."""

    def __init__(self, layer: Any, gain: bool) -> None:
        super().__init__()
        self.layer = layer
        filters, *others = layer.weight.shape
        self.gain = nn.Parameter(torch.ones(filters, *[1] * len(others))) if gain else None

    def forward(self, x: Tensor) -> Tensor:
        raw = self.layer.weight
        # Each filter is a channel of one sample, so that batch normalisation standardises it.
        rows = raw.reshape(1, len(raw), -1)
        scale = None if self.gain is None else self.gain.view(-1) * rows.shape[2] ** -0.5
        weight = nn.functional.batch_norm(rows, None, None, scale, training=True)
        y: Tensor = self.layer._conv_forward(x, weight.view_as(raw), self.layer.bias)
        return y


class DropBlock(nn.Module):
    """Squares of a map become zeros in training, and the other values are scaled up."""

    def __init__(self, rate: float, size: int) -> None:
        super().__init__()
        self.rate, self.size = rate, size

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return x
        with torch.no_grad():
            noise, scale = self.noise(x)
        return x * noise * scale

    def noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Zeros for the squares, ones elsewhere, and what makes up for the zeros."""
        sides = x.shape[2:]
        size = min(self.size, *sides)
        size -= 1 - size % 2
        corners = [side - size + 1 for side in sides]
        share = self.rate
        for side, corner in zip(sides, corners, strict=True):
            share *= side / (size * corner)
        drawn = x.new_empty((*x.shape[:2], *corners)).bernoulli_(min(share, 1.0))
        around = nn.functional.pad(drawn, [size // 2] * 2 * len(sides))
        pool = (nn.functional.max_pool1d, nn.functional.max_pool2d, nn.functional.max_pool3d)[len(sides) - 1]
        noise = 1 - pool(around, size, 1, size // 2)
        return noise, noise.numel() / (noise.sum() + 1e-6)
