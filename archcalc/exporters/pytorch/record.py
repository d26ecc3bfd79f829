"""Calls of ``torch.nn``, written down and not made: no torch is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

_NEEDED = object()

_CONV = {"in_channels": _NEEDED, "out_channels": _NEEDED, "kernel_size": _NEEDED, "stride": 1, "padding": 0}
_POOL = {"kernel_size": _NEEDED, "stride": None, "padding": 0, "ceil_mode": False}
_LP_POOL = {"norm_type": _NEEDED, "kernel_size": _NEEDED, "stride": None, "ceil_mode": False}
_RECURRENT = {"input_size": _NEEDED, "hidden_size": _NEEDED, "num_layers": 1, "bias": True}

SIGNATURES: Mapping[str, Mapping[str, Any]] = {
    "Conv": _CONV | {"dilation": 1, "groups": 1, "bias": True},
    "ConvTranspose": _CONV | {"output_padding": 0, "groups": 1, "bias": True, "dilation": 1},
    "Linear": {"in_features": _NEEDED, "out_features": _NEEDED, "bias": True},
    "MaxPool": _POOL,
    "AvgPool": _POOL,
    "LPPool": _LP_POOL,
    "AdaptiveAvgPool": {"output_size": _NEEDED},
    "AdaptiveMaxPool": {"output_size": _NEEDED},
    "BatchNorm": {"num_features": _NEEDED, "affine": True},
    "InstanceNorm": {"num_features": _NEEDED, "affine": False},
    "GroupNorm": {"num_groups": _NEEDED, "num_channels": _NEEDED, "affine": True},
    "LayerNorm": {"normalized_shape": _NEEDED, "elementwise_affine": True, "bias": True},
    "LocalResponseNorm": {"size": _NEEDED, "alpha": 1e-4, "beta": 0.75, "k": 1.0},
    "Dropout": {"p": _NEEDED},
    "Softmax": {"dim": _NEEDED},
    "LogSoftmax": {"dim": _NEEDED},
    "GLU": {"dim": _NEEDED},
    "LeakyReLU": {"negative_slope": 0.01},
    "PReLU": {"num_parameters": 1},
    "ELU": {"alpha": 1.0},
    "CELU": {"alpha": 1.0},
    "Hardtanh": {"min_val": -1.0, "max_val": 1.0},
    "GELU": {"approximate": "none"},
    "PixelShuffle": {"upscale_factor": _NEEDED},
    "PixelUnshuffle": {"downscale_factor": _NEEDED},
    "ChannelShuffle": {"groups": _NEEDED},
    "ConstantPad": {"padding": _NEEDED, "value": _NEEDED},
    "RNN": _RECURRENT | {"bidirectional": False},
    "GRU": _RECURRENT | {"bidirectional": False},
    "LSTM": _RECURRENT | {"bidirectional": False, "proj_size": 0},
}
"""The arguments of the modules in their order, with their defaults; names without the number of axes."""


_PLAIN = "Flatten Hardsigmoid Hardswish Mish ReLU ReLU6 SELU SiLU Sigmoid Softplus Tanh"

WITHOUT_ARGUMENTS = frozenset(_PLAIN.split())
"""Modules that ops make without arguments."""


class Made:
    """A module that an op asked for: its name and its arguments."""

    def __init__(self, name: str, *args: Any, **named: Any) -> None:
        self.name, self.args, self.named = name, args, named
        self.without: list[str] = []
        """The parameters that were taken away afterwards."""

    def register_parameter(self, name: str, value: None) -> None:
        self.without.append(name)


class Recorder:
    """Stands for ``torch.nn``.

    >>> Recorder().Conv2d(3, 8, (3, 3)).args
    (3, 8, (3, 3))
    """

    def __getattr__(self, name: str) -> Any:
        return partial(Made, name)


class ModuleCall(NamedTuple):
    """The call of a class: ``args`` has the name of each argument, its value and its default."""

    name: str
    args: tuple[tuple[str, Any, Any], ...] = ()

    @property
    def is_helper(self) -> bool:
        """Whether the class stands in the file itself."""
        return "." not in self.name


def needed(**values: Any) -> tuple[tuple[str, Any, Any], ...]:
    """Arguments without defaults."""
    return tuple((name, value, _NEEDED) for name, value in values.items())


def is_needed(default: Any) -> bool:
    """Whether an argument has no default."""
    return default is _NEEDED


def call_of(made: Made) -> ModuleCall | None:
    """The call of a class of torch.nn; None if torch has no such class.

    >>> call_of(Recorder().MaxPool2d((3, 3), (2, 2), (0, 0))).args[1:3]
    (('stride', 2, None), ('padding', 0, 0))
    """
    kind = made.name[:-2] if made.name[-2:] in ("1d", "2d", "3d") else made.name
    signature = SIGNATURES.get(kind)
    if signature is None:
        return ModuleCall(f"nn.{made.name}") if made.name in WITHOUT_ARGUMENTS else None
    values = dict(zip(signature, made.args, strict=False)) | made.named
    if kind in ("MaxPool", "AvgPool", "LPPool") and collapsed(values.get("stride")) == collapsed(
        values["kernel_size"]
    ):
        values["stride"] = None
    args = [(name, collapsed(values.get(name, default)), default) for name, default in signature.items()]
    return ModuleCall(f"nn.{made.name}", tuple(args))


def collapsed(value: Any) -> Any:
    """One number for all axes where they are alike.

    >>> collapsed((3, 3)), collapsed((3, 1)), collapsed([1, 1])
    (3, (3, 1), 1)
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return value
    return value[0] if all(one == value[0] for one in value) else tuple(value)
