"""What torchvision's own modules are: their sizes, and the work of each convolution, fc layer and attention.

The modules are built on the meta device: they have shapes, and no values.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import prod
from typing import Any, NamedTuple

import torch
from helpers.torchvision_models import COMPUTED, models
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.results import Analysis

HEADED = ("googlenet", "inception_v3")
"""Models with auxiliary heads. Their builders draw weights, which takes seconds, unless told not to."""
CONVOLUTIONS = (nn.Conv2d, nn.Conv3d, nn.Linear)
ATTENTIONS = {
    "MultiheadAttention",
    "ShiftedWindowAttention",
    "ShiftedWindowAttentionV2",
    "RelativePositionalMultiHeadAttention",
    "Attention",
    "Attention2d",
}
"""Classes of PyTorch, torchvision and timm; their convolutions and fc layers are part of the attention."""


class Work(NamedTuple):
    """A layer: the channels and the number of positions of its output, its trained values and its MACs.

    Modules order positions in several ways: as a map, as a sequence, in windows.
    """

    channels: int
    positions: int
    params: int
    macs: int


class Model(NamedTuple):
    """A model at an input size, with its auxiliary heads."""

    params: int
    buffers: int
    output: tuple[int, ...]
    work: list[Work]

    @property
    def macs(self) -> int:
        """The MACs of convolutions, fc layers and attention."""
        return sum(work.macs for work in self.work)


def names() -> list[str]:
    """Every classification model of torchvision."""
    found: list[str] = models().list_models(module=models())
    return found


@cache
def module(name: str) -> nn.Module:
    """torchvision's module without values."""
    regnet = models().regnet.BlockParams
    compute = regnet.from_init_params.__func__

    def on_cpu(cls: Any, *args: Any, **options: Any) -> Any:
        with torch.device("cpu"):  # RegNet computes its widths with tensors
            return compute(cls, *args, **options)

    regnet.from_init_params = classmethod(on_cpu)
    options = {"init_weights": False, "transform_input": False} if name in HEADED else {}
    with torch.device("meta"):
        built: nn.Module = models().get_model(name, weights=None, **options)
    regnet.from_init_params = classmethod(compute)
    return built.eval()


@cache
def look(name: str, size: int) -> Model:
    """A model of torchvision with a square image of three channels."""
    model = module(name)
    model.training = name in HEADED  # of this module alone: its heads run, batch normalisation does not train
    return look_at(model, size)


@torch.enable_grad()  # without gradients attention is one fused kernel, which the counter does not know
def look_at(model: nn.Module, size: int) -> Model:
    """A module on the meta device with a square image of three channels.

    An attention has products outside its convolutions and fc layers, so PyTorch's counter counts it.
    """
    seen: list[Work] = []
    attentions: list[tuple[str, Work]] = []

    def note(part: nn.Module, _: Any, output: torch.Tensor) -> None:
        weight: Any = part.weight
        (_, *shape) = output.shape
        channels = shape.pop(-1 if isinstance(part, nn.Linear) else 0)
        seen.append(Work(channels, prod(shape), _params(part), output.numel() * weight[0].numel()))

    def note_attention(name: str, part: nn.Module, output: Any) -> None:
        (_, *shape) = (output[0] if isinstance(output, tuple) else output).shape
        channels = shape.pop(0 if type(part).__name__ == "Attention2d" else -1)
        attentions.append((name, Work(channels, prod(shape), _params(part), 0)))

    inside: set[nn.Module] = set()
    hooks = []
    for name, part in model.named_modules():
        if type(part).__name__ in ATTENTIONS:
            inside |= set(part.modules())
            full = f"{type(model).__name__}.{name}"
            hooks.append(
                part.register_forward_hook(
                    lambda part, _, output, full=full: note_attention(full, part, output)
                )
            )
        elif isinstance(part, CONVOLUTIONS) and part not in inside:
            hooks.append(part.register_forward_hook(note))
    with FlopCounterMode(display=False) as counter:
        output = model(torch.empty(1, 3, size, size, device="meta"))
    for hook in hooks:
        hook.remove()
    if isinstance(output, tuple):  # with the outputs of the heads
        output = output[0]
    counts = counter.get_flop_counts()
    seen += [work._replace(macs=sum(counts[name].values()) // 2) for name, work in attentions]
    assert 2 * sum(work.macs for work in seen) == counter.get_total_flops(), "other layers have MACs too"
    return Model(
        params=_params(model),
        buffers=sum(array.numel() for key, array in model.named_buffers() if not key.endswith(COMPUTED)),
        output=tuple(output.shape[1:]),
        work=seen,
    )


def _params(part: nn.Module) -> int:
    return sum(array.numel() for array in part.parameters())


def differences(ours: Analysis, theirs: Model) -> list[str]:
    """What is not the same: totals, the output, and the layers with MACs one by one.

    The order of branches is free, so layers are compared as a collection.
    """
    mine = {"params": ours.totals.params, "buffers": ours.totals.buffers, "macs": ours.totals.macs}
    found = [
        f"{key}: {getattr(theirs, key):,} in torchvision, {value:,} in ours"
        for key, value in mine.items()
        if getattr(theirs, key) != value
    ]
    output = ours.layers[-1].output
    if trimmed(output[-1:] + output[:-1]) != trimmed(theirs.output):
        found.append(f"output: {theirs.output} in torchvision, {output} in ours")
    rows = Counter(
        Work(row.output[-1], prod(row.output[:-1]), row.params, row.macs)
        for row in ours.layers
        if row.op in ("conv", "fc", "attention")
    )
    works = Counter(theirs.work)
    found += [f"{work} in torchvision only, {times} times" for work, times in (works - rows).items()]
    found += [f"{work} in ours only, {times} times" for work, times in (rows - works).items()]
    return found


def trimmed(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Channels first, without sides of 1: a vector is a map of one value."""
    return tuple(size for size in sizes if size != 1)
