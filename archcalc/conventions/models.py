"""How networks are written in PyTorch, by torchvision and others, where that changes what a tool counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from archcalc.conventions.tool import (
    ADAPTIVE,
    CONV1D_ATTENTION,
    CONV1D_FC,
    LAST_SOFTMAX,
    SDPA,
    SUBCLASSED,
    TOKENS_FC,
)


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

DILATED = ("*/main/conv?/relu",)
"""The same of the ResNets for segmentation."""

SQUEEZES = Written(instead={"*/gate/fc?": "conv"})
"""The gate of a squeeze-and-excitation is made of 1x1 convolutions."""

CONVNEXT = Written(
    functional=("stem/layernorm", "*/norm", "avgpool/layernorm"),
    instead={"*/expand": TOKENS_FC, "*/project": TOKENS_FC},
)
"""Pointwise convolutions are fully connected layers; a normalization outside the blocks is a function."""

GPT2 = Written(
    instead={"softmax": LAST_SOFTMAX, "*/mlp/fc?": CONV1D_FC, "*/attention?": CONV1D_ATTENTION},
)
"""Its fully connected layers, but for the last, are of a class of their own."""

VIDEO = Written(instead={"conv?_?/*/conv": SUBCLASSED})
"""The convolutions of a residual block are of a class of their own."""

MODELS: Mapping[str, Written] = {
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
    "fcn-resnet*": Written(functional=("linear upsample",), reused=DILATED),
    "deeplab-v3-resnet*": Written(functional=("linear upsample",), reused=DILATED),
    "r3d-18": VIDEO,
    "mc3-18": VIDEO,
    # jvanvugt/pytorch-unet; its loss has the softmax
    "unet-*": Written(functional=("maxpool",), instead={"softmax": LAST_SOFTMAX}),
    # the transformers of Hugging Face
    "bert-*": Written(instead={"*/attention?": SDPA, "embeddings/parameter": "embedding"}),
    "gpt2-*": GPT2,
}
"""For the name of a network how its model is written: where no other is named, that of torchvision."""


def written(network: str) -> Written:
    """How the model of a network is written; with every layer a module, if nothing else is known.

    >>> written("vgg16").pools_before_fc, written("zfnet") == AS_LAYERS
    (True, True)
    """
    return next((how for name, how in MODELS.items() if fnmatchcase(network, name)), AS_LAYERS)
