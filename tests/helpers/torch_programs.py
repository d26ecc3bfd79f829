"""Programs of PyTorch for the tests: a model is built by a class or a function of this file."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Small(nn.Module):
    """A residual network that calls functions as well as modules, and uses a module twice."""

    def __init__(self, width: int = 8, classes: int = 10, name: str = "") -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.block = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU())
        self.fc = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.block(x) + x
        x = self.block(x)
        x = x * torch.sigmoid(x)
        x = torch.cat([x, x], 1)[:, : x.shape[1]]
        x = F.dropout(x, 0.25)
        y: Tensor = self.fc(x.mean((2, 3)))
        return y


class Attention(nn.Module):
    """Attention as code has it: one matrix for q, k and v, by hand or as a function of PyTorch."""

    def __init__(self, width: int = 16, heads: int = 4, by_hand: bool = False) -> None:
        super().__init__()
        self.heads, self.by_hand = heads, by_hand
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, 17, width))
        self.patches = nn.Conv2d(3, width, 4, 4)
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.positions
        batch, tokens, width = x.shape
        qkv = self.qkv(self.norm(x)).reshape(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        if self.by_hand:
            scores = torch.einsum("bhid,bhjd->bhij", q, k) * q.shape[-1] ** -0.5
            heads = scores.softmax(-1) @ v
        else:
            heads = F.scaled_dot_product_attention(q, k, v)
        y: Tensor = x + self.out(heads.transpose(1, 2).reshape(batch, tokens, width))
        return y[:, 0]


class Words(nn.Module):
    """A language model whose classifier has the weights of its embedding."""

    def __init__(self, width: int = 16, vocabulary: int = 50) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, words: Tensor) -> Tensor:
        x = self.embed(words)
        x, _ = self.attention(x, x, x, need_weights=False)
        x, _ = self.lstm(x)
        y: Tensor = self.head(x)
        return y


class Windows(nn.Module):
    """Windows of attention with a trained bias for each pair of places, as Swin has them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)
        self.table = nn.Parameter(torch.zeros(49, 2))
        self.register_buffer("places", torch.arange(256) % 49)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.roll(self.conv(x), (-2, -2), (2, 3))
        x = x.view(1, 8, 2, 4, 2, 4).permute(0, 2, 4, 3, 5, 1).reshape(4, 16, 2, 4).transpose(1, 2)
        bias = self.table[self.places].view(16, 16, 2).permute(2, 0, 1)
        return (x @ x.transpose(-2, -1) + bias).softmax(-1) @ x


class WithHead(nn.Module):
    """A classifier whose second output exists in training only."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.main, self.aux = nn.Conv2d(3, 4, 3), nn.Linear(4, 5), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> object:
        x = self.stem(x).mean((2, 3))
        return (self.main(x), self.aux(x)) if self.training else self.main(x)


class Strange(nn.Module):
    """Calls that archcalc does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(torch.cumsum(self.conv(x), 2))


class Writes(nn.Module):
    """Writes into a part of a tensor."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(x)
        x[:, 0] = 0
        return x


class Looks(nn.Module):
    """Decides by the values of its input."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x) if x.sum() > 0 else x


class Two(nn.Module):
    """Two inputs."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y


def built(depth: int = 2) -> nn.Module:
    """A module that a function builds; the last layer would need 40 GB."""
    layers: list[nn.Module] = [nn.Linear(8, 8) for _ in range(depth)]
    return nn.Sequential(*layers, nn.Linear(8, 100_000), nn.Linear(100_000, 100_000, bias=False))


def broken() -> nn.Module:
    raise ValueError("no such model\nin this file")


small = Small()
number = 7


# --- several inputs ---------------------------------------------------------------------------------------


class Siamese(nn.Module):
    """One network that looks at two images."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
        self.head = nn.Linear(16, 2)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        y: Tensor = self.head(torch.cat([self.tower(left), self.tower(right)], 1))
        return y


class WideAndDeep(nn.Module):
    """An image, and a vector that only the last layers read; by its name."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.deep = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 16)
        self.wide, self.out = nn.Linear(10, 16), nn.Linear(32, 1)

    def forward(self, image: Tensor, *, features: Tensor, scale: float = 1.0) -> Tensor:
        deep = F.relu(self.deep(F.relu(self.conv(image)).mean((2, 3))))
        y: Tensor = self.out(torch.cat([deep, F.relu(self.wide(features))], 1))
        return y


class Translator(nn.Module):
    """An encoder and a decoder; its inputs are words, or vectors if it has no vocabulary."""

    def __init__(self, vocabulary: int = 0) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, 32) if vocabulary else nn.Identity()
        self.both = nn.Transformer(32, 4, 2, 2, 64, batch_first=True)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        y: Tensor = self.both(self.words(source), self.words(target))
        return y


class Masked(nn.Module):
    """A model of words with a mask, which it may look at, and add to the scores of an attention."""

    def __init__(self, reads: bool = True) -> None:
        super().__init__()
        self.reads = reads
        self.words, self.layer = nn.Embedding(50, 32), nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        added = None
        if self.reads and attention_mask is not None and attention_mask.all():
            added = (1 - attention_mask) * torch.finfo(torch.float32).min
        y: Tensor = self.layer(self.words(input_ids), src_key_padding_mask=added)
        return y


class Sums(nn.Module):
    """Reads a sequence of vectors several times, as it is and through a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(32, 32), nn.Linear(32, 8)

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        y: Tensor = self.outer(self.inner(x) + x) + self.outer(other.transpose(1, 2).transpose(1, 2))
        return y


class Denoiser(nn.Module):
    """A diffusion model: an image, and a number that becomes waves."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.time = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(16, 8)

    def forward(self, x: Tensor, step: Tensor) -> Tensor:
        waves = step[:, None] * torch.exp(-torch.arange(8, device=step.device) / 8)[None]
        time = self.time(torch.cat([waves.sin(), waves.cos()], -1))
        y: Tensor = self.conv(x) + time[:, :, None, None]
        return y


class ClassToken(nn.Module):
    """The class token by itself: before the tokens, added to an answer (CaiT), and joined to them (XCiT)."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.gain = nn.Parameter(torch.ones(8))
        self.inner, self.outer = nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.inner(x)
        token = self.token.expand(x.shape[0], -1, -1)
        answer = self.inner(torch.cat([token, x], 1)[:, 0:1])
        token = token + self.gain * answer
        joined = torch.cat([self.inner(x.mean(1))[:, None], x], 1)
        y: Tensor = self.outer(torch.cat([token, joined], 1))
        return y


class Twice(nn.Module):
    """Trained values with an axis for images, used twice on a vector."""

    def __init__(self) -> None:
        super().__init__()
        self.values, self.inner = nn.Parameter(torch.ones(1, 8)), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.inner(x + self.values) * self.values
        return y
