"""Record what models of timm, pytorchcv and Keras are, and compare them with our networks layer by layer.

    python benchmarks/other_models.py

It needs timm, pytorchcv, keras and torchvision, and writes ``tests/facts/other_models.csv``, which a test
compares with our networks. PyTorch's modules are built on the meta device: they have shapes, and no values.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
os.environ["KERAS_BACKEND"] = "torch"

import torch
from helpers.other_models import Figures, Recorded, Work, figures, ours, unequal, works, write
from helpers.torchvision_models import models
from torch import nn

import archcalc

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Linear)


class Pair(NamedTuple):
    """A network of ours with settings, and a model of a library with its arguments."""

    network: str
    model: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    settings: Mapping[str, Any] = MappingProxyType({})


ECA = {"block_args": {"attn_layer": "eca"}}
KERNELS = {"kernels": [5, 5, 5, 7]}
"""timm computes the kernels of ECA from the channels. The authors trained others."""

TIMM = [
    Pair("resnest50", "resnest50d"),
    Pair("resnest101", "resnest101e"),
    Pair("sknet50", "skresnext50_32x4d"),
    Pair("eca-resnet50", "resnet50", ECA, KERNELS),
    Pair("eca-resnet101", "resnet101", ECA, KERNELS),
    Pair("eca-resnet152", "resnet152", ECA, KERNELS),
    Pair("dla34", "dla34"),
    Pair("dla60", "dla60"),
    Pair("dla102", "dla102"),
    Pair("hrnet-w18", "hrnet_w18"),
    Pair("hrnet-w32", "hrnet_w32"),
    Pair("hrnet-w48", "hrnet_w48"),
    Pair("nasnet-a-large", "nasnetalarge"),
    Pair("pnasnet-5-large", "pnasnet5large"),
    Pair("nfnet-f0", "dm_nfnet_f0"),
    Pair("nfnet-f1", "dm_nfnet_f1"),
    Pair("convnext-xlarge", "convnext_xlarge"),
]
PYTORCHCV = [
    Pair("shufflenet-v1-g1", "shufflenet_g1_w1"),
    Pair("shufflenet-v1-g2", "shufflenet_g2_w1"),
    Pair("shufflenet-v1-g3", "shufflenet_g3_w1"),
    Pair("shufflenet-v1-g4", "shufflenet_g4_w1"),
    Pair("shufflenet-v1-g8", "shufflenet_g8_w1"),
    Pair("sknet101", "sknet101"),
    Pair("resnet18-cbam", "cbam_resnet18"),
    Pair("resnet50-cbam", "cbam_resnet50"),
    Pair("resnet101-cbam", "cbam_resnet101"),
    Pair("hardnet68", "hardnet68"),
    Pair("hardnet85", "hardnet85"),
]
MOBILE = {
    "penultimate_filters": 1056,
    "num_blocks": 4,
    "stem_block_filters": 32,
    "skip_reduction": False,
    "filter_multiplier": 2,
}
KERAS = [Pair("nasnet-a-mobile", "NASNet", MOBILE)]


@torch.no_grad()
def of_torch(model: nn.Module, size: int) -> tuple[Figures, list[Work]]:
    """The figures of a module on the meta device, for a square image."""
    seen: list[Work] = []

    def note(part: nn.Module, _: Any, output: torch.Tensor) -> None:
        weight: Any = part.weight
        params = sum(array.numel() for array in part.parameters())
        seen.append(Work(output.numel(), params, output.numel() * weight[0].numel()))

    for part in model.modules():
        if isinstance(part, CONVOLUTIONS):
            part.register_forward_hook(note)
    output = model(torch.empty(1, 3, size, size, device="meta"))
    params = sum(array.numel() for array in model.parameters())
    buffers = sum(a.numel() for key, a in model.named_buffers() if not key.endswith("num_batches_tracked"))
    return figures((size, size, 3), params, buffers, output.shape[1:], seen), seen


def of_keras(arguments: Mapping[str, Any], size: int) -> tuple[Figures, list[Work]]:
    """The figures of Keras' NASNet."""
    from keras.src.applications.nasnet import NASNet

    model = NASNet(weights=None, input_shape=(size, size, 3), default_size=size, classes=1000, **arguments)
    seen: list[Work] = []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in ("SeparableConv2D", "Conv2D", "Dense"):
            seen += _works(kind, layer, prod(layer.output.shape[1:-1]))
    params, buffers = (
        sum(prod(array.shape) for array in arrays)
        for arrays in (model.trainable_weights, model.non_trainable_weights)
    )
    return figures((size, size, 3), params, buffers, model.output.shape[1:], seen), seen


def _works(kind: str, layer: Any, positions: int) -> Iterator[Work]:
    """A layer of Keras; a separable convolution is a depthwise and a pointwise one."""
    reads, filters = layer.input.shape[-1], layer.output.shape[-1]
    if kind == "SeparableConv2D":
        window = prod(layer.kernel_size)
        yield Work(positions * reads, reads * window, positions * reads * window)
        yield Work(positions * filters, reads * filters, positions * reads * filters)
        return
    params = sum(prod(array.shape) for array in layer.trainable_weights)
    weights = prod(layer.kernel.shape)
    yield Work(positions * filters, params, positions * weights)


def measured() -> Iterator[tuple[Pair, str, Figures, list[Work]]]:
    """Every pair with the name of its library and the figures of its model."""
    models()  # timm imports torchvision, which needs its schemas
    import keras
    import timm
    from pytorchcv.model_provider import get_model

    size = {pair.network: archcalc.analyze(pair.network).input[0] for pair in [*TIMM, *PYTORCHCV, *KERAS]}
    for pair in TIMM:
        with torch.device("meta"):
            module = timm.create_model(pair.model, **pair.arguments).eval()
        yield pair, f"timm {timm.__version__}", *of_torch(module.to("meta"), size[pair.network])
    for pair in PYTORCHCV:
        with torch.device("meta"):
            module = get_model(pair.model).eval()
        yield pair, "pytorchcv 0.0.74", *of_torch(module.to("meta"), size[pair.network])
    for pair in KERAS:
        yield pair, f"Keras {keras.__version__}", *of_keras(pair.arguments, size[pair.network])


def main() -> None:
    rows = []
    for pair, library, theirs, seen in measured():
        found = archcalc.analyze(pair.network, settings=pair.settings)
        rows.append(Recorded(pair.network, dict(pair.settings), library, pair.model, theirs))
        outcome = "exact" if ours(found) == theirs else f"ours {ours(found)}, theirs {theirs}"
        print(f"{pair.network:18} {library:18} {pair.model:18} {outcome}")
        for line in unequal(works(found), seen):
            print(f"    {line}")
    write(sorted(rows))


if __name__ == "__main__":
    main()
