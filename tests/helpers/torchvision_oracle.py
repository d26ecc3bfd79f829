"""What torchvision's own modules are: their sizes, and the work of each convolution and each fc layer.

The modules are built on the meta device: they have shapes, and no values.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any, NamedTuple

import torch
from helpers.torchvision_models import models
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.results import Analysis

HEADED = ("googlenet", "inception_v3")
"""Models with auxiliary heads. Their builders draw weights, which takes seconds, unless told not to."""
CONVOLUTIONS = (nn.Conv2d, nn.Conv3d, nn.Linear)


class Work(NamedTuple):
    """A convolution or an fc layer at its place: output (channels first), trained values and MACs."""

    output: tuple[int, ...]
    params: int
    macs: int


class Model(NamedTuple):
    """A model at an input size, with its auxiliary heads."""

    params: int
    buffers: int
    output: tuple[int, ...]
    work: list[Work]
    attention: int = 0
    """The MACs of attention, with its projections: torch's counter less the work above."""

    @property
    def macs(self) -> int:
        """The MACs of convolutions, fc layers and attention."""
        return sum(work.macs for work in self.work) + self.attention


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


def look(name: str, size: int) -> Model:
    """A model of torchvision with a square image of three channels."""
    model = module(name)
    model.training = name in HEADED  # of this module alone: its heads run, batch normalisation does not train
    return look_at(model, size)


@torch.no_grad()
def look_at(model: nn.Module, size: int) -> Model:
    """A module on the meta device with a square image of three channels."""
    seen: list[Work] = []

    def note(part: nn.Module, _: Any, output: torch.Tensor) -> None:
        weight: Any = part.weight
        values = output.numel() * weight[0].numel()
        params = sum(array.numel() for array in part.parameters())
        shape = tuple(output.shape[1:])
        if isinstance(part, nn.Linear):
            shape = shape[-1:] + shape[:-1]
        seen.append(Work(shape, params, values))

    hooks = [part.register_forward_hook(note) for part in model.modules() if isinstance(part, CONVOLUTIONS)]
    output = model(torch.empty(1, 3, size, size, device="meta"))
    for hook in hooks:
        hook.remove()
    if isinstance(output, tuple):  # with the outputs of the heads
        output = output[0]
    return Model(
        params=sum(array.numel() for array in model.parameters()),
        buffers=sum(
            array.numel() for key, array in model.named_buffers() if not key.endswith("num_batches_tracked")
        ),
        output=tuple(output.shape[1:]),
        work=seen,
        attention=_all_macs(model, size) - sum(work.macs for work in seen) if _attends(model) else 0,
    )


def _attends(model: nn.Module) -> bool:
    return any(isinstance(part, nn.MultiheadAttention) for part in model.modules())


@torch.enable_grad()  # without gradients attention is one fused kernel, which the counter does not know
def _all_macs(model: nn.Module, size: int) -> int:
    """All MACs of a module, as torch counts them."""
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, size, size, device="meta"))
    flops: int = counter.get_total_flops()
    return flops // 2


def differences(ours: Analysis, theirs: Model) -> list[str]:
    """What is not the same: totals, the output, and the convolutions and fc layers one by one.

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
        Work(trimmed(row.output[-1:] + row.output[:-1]), row.params, row.macs)
        for row in ours.layers
        if row.op in ("conv", "fc")
    )
    works = Counter(work._replace(output=trimmed(work.output)) for work in theirs.work)
    found += [f"{work} in torchvision only, {times} times" for work, times in (works - rows).items()]
    found += [f"{work} in ours only, {times} times" for work, times in (rows - works).items()]
    return found


def trimmed(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Channels first, without sides of 1: a vector is a map of one value."""
    return tuple(size for size in sizes if size != 1)
