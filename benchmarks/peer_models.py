"""The models that tools count: networks of torchvision, and small models that call layers in unusual ways."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from helpers.torchvision_models import models

Build = Callable[[], nn.Module]


def torchvision(name: str, **options: Any) -> Build:
    """A network of torchvision, without the wait for its random weights."""

    def build() -> nn.Module:
        model: nn.Module = attrgetter(name)(models())(**options)
        return model

    return build


def lenet() -> nn.Module:
    """LeNet-5 as the lectures teach it."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.MaxPool2d(2),
        nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(),
        nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip


class UNet(nn.Module):
    """The U-Net of jvanvugt/pytorch-unet @7e57722: pooling is a function, and there is no softmax."""

    def __init__(self, *, pad: int) -> None:
        super().__init__()
        widths = [64, 128, 256, 512, 1024]
        self.down = nn.ModuleList(self.double(*io, pad) for io in zip([1, *widths], widths, strict=False))
        ways_up = [*zip(widths[:0:-1], widths[-2::-1], strict=True)]
        self.deconvs = nn.ModuleList(nn.ConvTranspose2d(n, m, 2, stride=2) for n, m in ways_up)
        self.up = nn.ModuleList(self.double(n, m, pad) for n, m in ways_up)
        self.score = nn.Conv2d(64, 2, 1)

    @staticmethod
    def double(before: int, n: int, pad: int) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(before, n, 3, padding=pad), nn.ReLU(), nn.Conv2d(n, n, 3, padding=pad), nn.ReLU()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = []
        for down in self.down:
            maps.append(x := down(F.max_pool2d(x, 2) if maps else x))
        for deconv, up, left in zip(self.deconvs, self.up, maps[-2::-1], strict=True):
            x = deconv(x)
            height, width = x.shape[2:]
            top, start = (left.shape[2] - height) // 2, (left.shape[3] - width) // 2
            x = up(torch.cat([x, left[:, :, top : top + height, start : start + width]], 1))
        scores: torch.Tensor = self.score(x)
        return scores


class Words(nn.Module):
    """A language model of transformers. Its words are [words, 1], and it gives its last output."""

    def __init__(self, model: str, **options: Any) -> None:
        super().__init__()
        import transformers

        config = getattr(transformers, f"{model.removesuffix('LMHead')}Config")(**options)
        self.model = getattr(transformers, f"{model}Model")(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.model(x[..., 0].long(), return_dict=False)[-1]
        return found


NETWORKS: Mapping[str, tuple[Build, Sequence[int]]] = {
    "lenet5-lecture": (lenet, (1, 32, 32)),
    "alexnet-torchvision": (torchvision("alexnet"), (3, 224, 224)),
    "vgg16": (torchvision("vgg16", init_weights=False), (3, 224, 224)),
    "googlenet-torchvision": (
        torchvision("googlenet", aux_logits=False, init_weights=False),
        (3, 224, 224),
    ),
    "inception-v3": (torchvision("inception_v3", aux_logits=False, init_weights=False), (3, 299, 299)),
    "resnet18": (torchvision("resnet18"), (3, 224, 224)),
    "resnet50-v1.5": (torchvision("resnet50"), (3, 224, 224)),
    "densenet121": (torchvision("densenet121"), (3, 224, 224)),
    "mobilenet-v2": (torchvision("mobilenet_v2"), (3, 224, 224)),
    "efficientnet-b0": (torchvision("efficientnet_b0"), (3, 224, 224)),
    "convnext-tiny": (torchvision("convnext_tiny"), (3, 224, 224)),
    "vit-b-16": (torchvision("vit_b_16"), (3, 224, 224)),
    "unet-valid": (lambda: UNet(pad=0), (1, 572, 572)),
    "unet-padded": (lambda: UNet(pad=1), (1, 512, 512)),
    "swin-t": (torchvision("swin_t"), (3, 224, 224)),
    "fcn-resnet50": (torchvision("segmentation.fcn_resnet50", weights_backbone=None), (3, 520, 520)),
    "r3d-18": (torchvision("video.r3d_18"), (3, 16, 112, 112)),
    "bert-base": (lambda: Words("Bert"), (512, 1)),
    "gpt2-124m": (lambda: Words("GPT2LMHead", use_cache=False), (1024, 1)),
}
"""How each network of ``tests/facts/peers.yaml`` is built, and its input without the batch."""

IMAGE = (16, 8, 8)
"""The input of the small models."""


class Function(nn.Module):
    """A convolution, and a function of its output."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(16, 8, 1)
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(self.conv(x))


class OwnWeights(nn.Module):
    """A convolution by a function, with the weights as parameters of the model."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(8, 16, 3, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x, self.weight, padding=1)


class Reused(nn.Module):
    """A layer that is called three times."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(16, 16, 1)
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(self.layer(self.layer(self.conv(x))))


class Tokens(nn.Module):
    """The positions of a map as tokens, and a layer of a transformer, or one that reads a sequence."""

    def __init__(self, layer: nn.Module, *, attends: bool = False) -> None:
        super().__init__()
        self.layer = layer
        self.attends = attends

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = x.flatten(2).transpose(1, 2).contiguous()
        found = self.layer(tokens, tokens, tokens, need_weights=False) if self.attends else self.layer(tokens)
        first: torch.Tensor = found[0] if isinstance(found, tuple) else found
        return first


class Lookup(nn.Module):
    """A row of a table for every position of the first channel."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(16, 1, 1)
        self.table = nn.Embedding(10, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows: torch.Tensor = self.table(self.conv(x).flatten(1).long() % 10)
        return rows


class Windows(nn.Module):
    """Attention in windows, as torchvision's Swin has it."""

    def __init__(self, side: int) -> None:
        super().__init__()
        models()
        from torchvision.models.swin_transformer import ShiftedWindowAttention

        self.attention = ShiftedWindowAttention(16, [side, side], [side // 2, side // 2], 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        attended: torch.Tensor = self.attention(x.permute(0, 2, 3, 1))
        return attended


class AlongChannels(nn.Module):
    """A convolution along the channels behind a pooling of the whole map, as in the gate of ECA-Net."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.conv = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        convolved: torch.Tensor = self.conv(self.pool(x).squeeze(-1).transpose(-1, -2))
        return convolved


CALLS: Mapping[str, Build] = {
    "function-relu": lambda: Function(lambda x: F.relu(x)),
    "function-tanh": lambda: Function(lambda x: torch.tanh(x)),
    "function-sigmoid": lambda: Function(lambda x: torch.sigmoid(x)),
    "function-gelu": lambda: Function(lambda x: F.gelu(x)),
    "function-softmax": lambda: Function(lambda x: F.softmax(x, dim=1)),
    "function-maxpool": lambda: Function(lambda x: F.max_pool2d(x, 2)),
    "function-avgpool": lambda: Function(lambda x: F.avg_pool2d(x, 2)),
    "function-global-pool": lambda: Function(lambda x: F.adaptive_avg_pool2d(x, 1)),
    "function-upsample": lambda: Function(lambda x: F.interpolate(x, scale_factor=2)),
    "function-conv": OwnWeights,
    "upsample": lambda: nn.Sequential(nn.Conv2d(16, 8, 1), nn.Upsample(scale_factor=2)),
    "upsample-linear": lambda: nn.Sequential(
        nn.Conv2d(16, 8, 1), nn.Upsample(scale_factor=2, mode="bilinear")
    ),
    "tokens-linear": lambda: Tokens(nn.Linear(16, 10)),
    "tokens-layernorm": lambda: Tokens(nn.LayerNorm(16)),
    "tokens-attention": lambda: Tokens(nn.MultiheadAttention(16, 2, batch_first=True), attends=True),
    "tokens-lstm": lambda: Tokens(nn.LSTM(16, 6, batch_first=True)),
    "tokens-lstm-layers": lambda: Tokens(nn.LSTM(16, 6, 2, batch_first=True)),
    "tokens-gru": lambda: Tokens(nn.GRU(16, 6, batch_first=True)),
    "embedding": Lookup,
    "windows": lambda: Windows(4),
    "windows-filled": lambda: Windows(3),
    "channel-conv": AlongChannels,
    "reused-relu": lambda: Reused(nn.ReLU()),
    "reused-conv": lambda: Reused(nn.Conv2d(16, 16, 3, padding=1)),
    "reused-bn": lambda: Reused(nn.BatchNorm2d(16)),
}
"""The models of ``tests/facts/peers-calls.yaml``."""


def as_archcalc_builds_it(layers: str) -> Build:
    """The layers of a spec with the input of the small models, as modules of PyTorch."""

    def build() -> nn.Module:
        import tempfile

        from archcalc.backends.pytorch import build as modules
        from archcalc.engine.walk import walk_or_raise
        from archcalc.language.find import network_of

        channels, height, width = IMAGE
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "layer.yaml"
            file.write_text(
                f"name: layer\ninput: [{height}, {width}, {channels}]\nlayers: {layers}\n", "utf-8"
            )
            network = network_of(str(file))
        steps, _ = walk_or_raise(network, aux=False)
        model: nn.Module = modules(network, steps)
        return model

    return build
