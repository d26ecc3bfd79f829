"""A residual network: ``archcalc table torch:examples.small_net:SmallNet --input 1x3x32x32``."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class SmallNet(nn.Module):
    """One block with a shortcut, and a classifier."""

    def __init__(self, width: int = 16, classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.block = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1)
        )
        self.fc = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(self.stem(x)))
        x = F.relu(self.block(x) + x)
        logits: Tensor = self.fc(F.dropout(x.mean((2, 3)), 0.2))
        return logits
