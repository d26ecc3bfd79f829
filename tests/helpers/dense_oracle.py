"""What modules by other authors are: segmentation, detection, video, generators of images.

As in ``torchvision_oracle``, modules are built on the meta device and run once, and hooks note each
convolution and each fc layer. Here inputs have any shape, and convolutions may be transposed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from helpers.torchvision_models import models
from torch import Tensor, nn

from archcalc.results import Analysis

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear, *TRANSPOSED)

Sizes = tuple[int, ...]


class Work(NamedTuple):
    """A layer with MACs: its output (channels first, without sides of 1), trained values and MACs."""

    output: Sizes
    params: int
    macs: int


class Outline(NamedTuple):
    """A module at an input size."""

    params: int
    buffers: int
    output: Sizes
    work: Counter[Work]


@torch.no_grad()
def outline(model: nn.Module, shape: Sizes) -> Outline:
    """A module on the meta device, for an input of that shape (channels first, without the batch)."""
    seen = Counter[Work]()

    def note(part: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        weight: Any = part.weight
        # An output value meets one filter. Transposed, an input value meets the filters of its channel.
        values = (inputs[0] if isinstance(part, TRANSPOSED) else output).numel()
        params = sum(array.numel() for array in part.parameters())
        seen[Work(trimmed(tuple(output.shape[1:])), params, values * weight[0].numel())] += 1

    hooks = [part.register_forward_hook(note) for part in model.modules() if isinstance(part, WEIGHTED)]
    output = model(torch.empty(1, *shape, device="meta"))
    for hook in hooks:
        hook.remove()
    output = output["out"] if isinstance(output, dict) else output
    return Outline(
        params=sum(array.numel() for array in model.parameters()),
        buffers=sum(
            array.numel() for key, array in model.named_buffers() if not key.endswith("num_batches_tracked")
        ),
        output=trimmed(tuple(output.shape[1:])),
        work=seen,
    )


def ours(analysis: Analysis) -> Outline:
    """The same of a network of archcalc."""
    rows = [row for row in analysis.layers if row.op in ("conv", "deconv", "fc")]
    return Outline(
        params=analysis.totals.params,
        buffers=analysis.totals.buffers,
        output=_channels_first(analysis.layers[-1].output),
        work=Counter(Work(_channels_first(row.output), row.params, row.macs) for row in rows),
    )


def differences(mine: Outline, theirs: Outline) -> list[str]:
    """What is not the same. The order of layers is free, so they are compared as a collection."""
    found = [
        f"{key}: {other} there, {value} here"
        for key, value, other in zip(mine._fields[:3], mine, theirs, strict=False)
        if value != other
    ]
    found += [f"{work} only there, {times} times" for work, times in (theirs.work - mine.work).items()]
    found += [f"{work} only here, {times} times" for work, times in (mine.work - theirs.work).items()]
    return found


def trimmed(sizes: Sizes) -> Sizes:
    return tuple(size for size in sizes if size != 1)


def _channels_first(sizes: Sizes) -> Sizes:
    return trimmed(sizes[-1:] + sizes[:-1])


# --- torchvision -------------------------------------------------------------------------------------------


class Heads(nn.Module):
    """The backbone and the heads of a detector, without the boxes; its output is the last map's offsets."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.backbone, self.head = detector.backbone, detector.head

    def forward(self, x: Tensor) -> Tensor:
        maps = list(self.backbone(x).values())
        self.head.classification_head(maps)
        offsets = []
        last = self.head.regression_head.module_list[-1]
        hook = last.register_forward_hook(lambda *call: offsets.append(call[-1]))
        self.head.regression_head(maps)
        hook.remove()
        return offsets[0]


class Torchvision(NamedTuple):
    """A model of torchvision: how it is built, and whether it has auxiliary heads."""

    shape: Sizes
    options: Mapping[str, Any] = {}
    part: Callable[[nn.Module], nn.Module] = lambda model: model


SEGMENTATION = Torchvision((3, 520, 520), {"weights_backbone": None, "aux_loss": True})
CLIP = Torchvision((3, 16, 112, 112))

TORCHVISION: Mapping[str, Torchvision] = {
    "deeplabv3_mobilenet_v3_large": SEGMENTATION,
    "deeplabv3_resnet101": SEGMENTATION,
    "deeplabv3_resnet50": SEGMENTATION,
    "fcn_resnet101": SEGMENTATION,
    "fcn_resnet50": SEGMENTATION,
    "lraspp_mobilenet_v3_large": Torchvision((3, 520, 520), {"weights_backbone": None}),
    "mc3_18": CLIP,
    "r2plus1d_18": CLIP,
    "r3d_18": CLIP,
    "s3d": Torchvision((3, 64, 224, 224)),
    "ssd300_vgg16": Torchvision((3, 300, 300), {"weights_backbone": None}, Heads),
}
"""torchvision's names."""


def torchvision(name: str) -> Outline:
    """A model of torchvision."""
    model = TORCHVISION[name]
    with torch.device("meta"):
        built = models().get_model(name, weights=None, **model.options).eval()
    return outline(model.part(built), model.shape)
