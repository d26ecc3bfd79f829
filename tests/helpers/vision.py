"""torchvision's modules, and their arrays in the modules that we build."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import torch
from helpers.torchvision_models import models
from torch import nn

import archcalc
from archcalc.backends.pytorch import Built, build
from archcalc.engine.claims import Findings
from archcalc.engine.walk import walk

TWINS = {
    "alexnet-torchvision": ("alexnet", {}),
    "vgg11": ("vgg11", {"init_weights": False}),
    "vgg13": ("vgg13", {"init_weights": False}),
    "vgg16": ("vgg16", {"init_weights": False}),
    "vgg19": ("vgg19", {"init_weights": False}),
    "googlenet-torchvision": (
        "googlenet",
        {"aux_logits": False, "init_weights": False, "transform_input": False},
    ),
    "inception-v3": ("inception_v3", {"aux_logits": False, "init_weights": False, "transform_input": False}),
    "resnet18": ("resnet18", {}),
    "resnet34": ("resnet34", {}),
    "resnet50-v1.5": ("resnet50", {}),
    "resnet101-v1.5": ("resnet101", {}),
    "resnet152-v1.5": ("resnet152", {}),
    "resnext50-32x4d": ("resnext50_32x4d", {}),
    "resnext101-64x4d": ("resnext101_64x4d", {}),
    "wrn-50-2": ("wide_resnet50_2", {}),
    "densenet121": ("densenet121", {}),
    "densenet161": ("densenet161", {}),
    "densenet169": ("densenet169", {}),
    "densenet201": ("densenet201", {}),
    "vgg11-bn": ("vgg11_bn", {"init_weights": False}),
    "squeezenet1.0": ("squeezenet1_0", {}),
    "squeezenet1.1": ("squeezenet1_1", {}),
    "mobilenet-v2": ("mobilenet_v2", {}),
    "mobilenet-v3-small": ("mobilenet_v3_small", {}),
    "mobilenet-v3-large": ("mobilenet_v3_large", {}),
    "mnasnet1.0": ("mnasnet1_0", {}),
    "shufflenet-v2-x1.0": ("shufflenet_v2_x1_0", {}),
    "efficientnet-b0": ("efficientnet_b0", {}),
    "efficientnet-v2-s": ("efficientnet_v2_s", {}),
    "swin-t": ("swin_t", {}),
    "swin-v2-t": ("swin_v2_t", {}),
    "maxvit-t": ("maxvit_t", {}),
}
"""Networks of ours that torchvision has too, under which name and with which arguments."""


def theirs(name: str) -> nn.Module:
    """torchvision's module, with statistics and scales that are no zeros and ones."""
    model, options = TWINS[name]
    torch.manual_seed(0)
    with patch.object(nn.init, "trunc_normal_", nn.init.normal_):  # which takes seconds
        module = getattr(models(), model)(**options)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for array, low, high in (
                (part.running_mean, -0.1, 0.1),
                (part.running_var, 0.5, 1.5),
                (part.weight, 0.5, 1.5),
                (part.bias, -0.1, 0.1),
            ):
                nn.init.uniform_(array, low, high)
    return module.eval()


def ours(name: str, *, in_place: bool = False) -> Built:
    """The module built from our spec, without auxiliary heads."""
    network = archcalc.load(name)
    return build(network, list(walk(network, Findings(), aux=False)), in_place=in_place).eval()


def load(ours: Built, theirs: nn.Module) -> None:
    """Load their arrays into ours, their names mapped by order and shape.

    A module of ours takes the first free one of theirs whose arrays have the same shapes; an fc layer of ours
    may be a 1x1 convolution of theirs.
    The ε of batch normalisation, which no table counts and no state_dict holds, goes along.
    """
    free = list(_stateful(theirs))
    mapped: dict[str, torch.Tensor] = {}
    for name, part, own in _stateful(ours):
        place = next(place for place, (_, _, arrays) in enumerate(free) if _shapes(arrays) == _shapes(own))
        _, other, arrays = free.pop(place)
        mapped |= {f"{name}.{key}": array.reshape(own[key].shape) for key, array in arrays.items()}
        if isinstance(part, nn.BatchNorm2d):
            part.eps = other.eps
    assert not free, [name for name, *_ in free]
    ours.load_state_dict(mapped, strict=True)


Arrays = dict[str, torch.Tensor]


def _stateful(module: nn.Module) -> Iterator[tuple[str, nn.Module, Arrays]]:
    """The leaves with arrays, in the order of the state_dict; an attention is one leaf."""
    inside: set[nn.Module] = set()
    for name, part in module.named_modules():
        if part in inside:
            continue
        convert = _CONVERTED.get(type(part).__name__)
        if convert is not None:
            inside |= set(part.modules())
            yield from ((f"{name}.{key}", one, arrays) for key, one, arrays in convert(part))
        elif not any(True for _ in part.children()) and part.state_dict():
            yield name, part, part.state_dict()


def _shapes(arrays: Arrays) -> dict[str, list[int]]:
    return {key: [size for size in array.shape if size != 1] for key, array in arrays.items()}


def arrays_of_swin(theirs: nn.Module) -> Arrays:
    """The arrays of Swin's attention under our names."""
    arrays = _thirds(theirs.qkv) | {"out_weight": theirs.proj.weight, "out_bias": theirs.proj.bias}
    if not hasattr(theirs, "cpb_mlp"):
        return {**arrays, "relative_bias": theirs.relative_position_bias_table}
    first, _, second = theirs.cpb_mlp
    arrays["k_bias"] = torch.zeros_like(arrays["k_bias"])  # torchvision has it, and takes 0 for it
    arrays |= {"relative_fc1_weight": first.weight, "relative_fc1_bias": first.bias}
    return {**arrays, "relative_fc2_weight": second.weight, "scale": theirs.logit_scale.flatten()}


def arrays_of_maxvit(theirs: nn.Module) -> Arrays:
    """The arrays of MaxViT's attention under our names."""
    arrays = _thirds(theirs.to_qkv) | {"out_weight": theirs.merge.weight, "out_bias": theirs.merge.bias}
    # torchvision divides the scores by the root of all channels, and not by that of the channels of a head.
    smaller = theirs.n_heads**-0.5
    arrays |= {key: arrays[key] * smaller for key in ("k_weight", "k_bias")}
    return {**arrays, "relative_bias": theirs.relative_position_bias_table}


def _thirds(qkv: nn.Module) -> Arrays:
    """The arrays of Q, K and V, which one layer has together."""
    return {
        f"{name}_{kind}": part
        for kind in ("weight", "bias")
        for name, part in zip("qkv", getattr(qkv, kind).chunk(3), strict=True)
    }


def _merging(theirs: nn.Module) -> Iterator[tuple[str, nn.Module, Arrays]]:
    """Swin's patch merging with its channels in our order."""
    for name, part in theirs.named_children():
        arrays = part.state_dict()
        yield name, part, {key: _reordered(array, 4 * theirs.dim) for key, array in arrays.items()}


def _reordered(array: torch.Tensor, merged: int) -> torch.Tensor:
    """Merged channels in the last axis: by column, row and channel there; by channel, row and column here."""
    if array.shape[-1] != merged:
        return array
    return array.unflatten(-1, (2, 2, -1)).movedim(-1, -3).transpose(-1, -2).flatten(-3)


_CONVERTED = {
    "ShiftedWindowAttention": lambda part: [("attention", part, arrays_of_swin(part))],
    "ShiftedWindowAttentionV2": lambda part: [("attention", part, arrays_of_swin(part))],
    "RelativePositionalMultiHeadAttention": lambda part: [("attention", part, arrays_of_maxvit(part))],
    "PatchMerging": _merging,
    "PatchMergingV2": _merging,
}
