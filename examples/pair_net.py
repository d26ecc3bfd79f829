"""A network of two inputs: ``archcalc table torch:examples.pair_net:PairNet --input 1x1x28x28 ...``."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PairNet(nn.Module):
    """Whether two images show the same thing: one tower looks at both."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.tower = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
        self.fc = nn.Linear(2 * width, 2)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        logits: Tensor = self.fc(torch.cat([self.tower(left), self.tower(right)], 1))
        return logits
