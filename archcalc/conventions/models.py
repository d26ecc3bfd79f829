"""How torchvision writes networks, where that changes what a tool counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from archcalc.conventions.tool import ADAPTIVE, TOKENS_FC


class Written(NamedTuple):
    """How a model is written in PyTorch.

    ``functional`` are the layers that it calls as functions (``F.relu``), ``reused`` the layers that are a
    call of a module before its last call: both are ops or patterns of paths. ``instead`` has the layers that
    it writes with another op of the same count. ``pools_before_fc``: an adaptive pooling stands before the
    first fully connected layer, although it changes no value.
    """

    functional: Sequence[str] = ()
    reused: Sequence[str] = ()
    pools_before_fc: bool = False
    instead: Mapping[str, str] = {}


AS_LAYERS = Written()
"""Every layer is a module of its own."""

POOLS_OF_INCEPTION = ("avgpool", "Mixed_6a/*/maxpool1", "Mixed_7a/*/maxpool1")

RESNET = Written(reused=("*/residual/*/relu",))
"""One ReLU serves a whole residual block; its last call is behind the addition."""

SQUEEZES = Written(instead={"*/gate/fc?": "conv"})
"""The gate of a squeeze-and-excitation is made of 1x1 convolutions."""

CONVNEXT = Written(
    functional=("stem/layernorm", "*/norm", "avgpool/layernorm"),
    instead={"*/expand": TOKENS_FC, "*/project": TOKENS_FC},
)
"""Pointwise convolutions are fully connected layers; a normalization outside the blocks is a function."""

TORCHVISION: Mapping[str, Written] = {
    "alexnet-torchvision": Written(pools_before_fc=True),
    "vgg[0-9]*": Written(pools_before_fc=True),
    "googlenet-torchvision": Written(functional=("relu",)),
    "inception-v3": Written(functional=("relu", *POOLS_OF_INCEPTION)),
    "resnet18": RESNET,
    "resnet34": RESNET,
    "resnet*-v1.5": RESNET,
    "mobilenet-v2": Written(functional=(ADAPTIVE,)),
    "efficientnet-*": SQUEEZES,
    "convnext-*": CONVNEXT,
    "densenet[0-9]*": Written(functional=("norm/relu", ADAPTIVE)),
}
"""For the name of a network how torchvision's model is written."""


def written(network: str) -> Written:
    """How torchvision writes a network; every layer as a module if torchvision does not have it.

    >>> written("vgg16").pools_before_fc, written("zfnet") == AS_LAYERS
    (True, True)
    """
    return next((how for name, how in TORCHVISION.items() if fnmatchcase(network, name)), AS_LAYERS)
