"""torchvision's modules, and their arrays in the modules that we build."""

from __future__ import annotations

from collections.abc import Iterator

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
}
"""Networks of ours that torchvision has too, under which name and with which arguments."""


def theirs(name: str) -> nn.Module:
    """torchvision's module, with statistics and scales that are no zeros and ones."""
    model, options = TWINS[name]
    torch.manual_seed(0)
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
    """Load their state_dict into ours, its names mapped by order and shape.

    A module of ours takes the first free one of theirs whose arrays have the same shapes; an fc layer of ours
    may be a 1x1 convolution of theirs.
    The ε of batch normalisation, which no table counts and no state_dict holds, goes along.
    """
    free = list(_stateful(theirs))
    mapped: dict[str, torch.Tensor] = {}
    for name, part in _stateful(ours):
        place = next(place for place, (_, other) in enumerate(free) if _shapes(other) == _shapes(part))
        _, other = free.pop(place)
        mine = part.state_dict()
        mapped |= {
            f"{name}.{key}": array.reshape(mine[key].shape) for key, array in other.state_dict().items()
        }
        if isinstance(part, nn.BatchNorm2d):
            part.eps = other.eps
    assert not free, [name for name, _ in free]
    ours.load_state_dict(mapped, strict=True)


def _stateful(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The leaves with arrays, in the order of the state_dict."""
    for name, part in module.named_modules():
        if not any(True for _ in part.children()) and part.state_dict():
            yield name, part


def _shapes(part: nn.Module) -> list[tuple[str, list[int]]]:
    return [(key, [size for size in array.shape if size != 1]) for key, array in part.state_dict().items()]
