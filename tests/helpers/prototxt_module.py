"""A Caffe network as a PyTorch module, straight from its prototxt: an oracle that knows nothing of archcalc.

It reads what the published networks of segmentation and video need, and raises KeyError for anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

Message = dict[str, list[Any]]

_TOKENS = re.compile(r'#[^\n]*|"[^"]*"|[{}]|[\w.+-]+:?|:')


def read(text: str) -> Message:
    """The text format of protocol buffers: each key with all its values."""
    words = (word for word in _TOKENS.findall(text) if not word.startswith("#") and word != ":")
    return _message(words)


def _message(words: Iterator[str]) -> Message:
    found: Message = {}
    for key in words:
        if key == "}":
            break
        value = next(words)
        item = _message(words) if value == "{" else value.strip('"')
        found.setdefault(key.rstrip(":"), []).append(item)
    return found


def one(message: Mapping[str, list[Any]], key: str, default: Any = None) -> Any:
    return message.get(key, [default])[0]


class Prototxt(nn.Module):
    """The layers of a prototxt, in their order; its input is the blob ``data``."""

    def __init__(self, text: str, channels: int, axes: int) -> None:
        super().__init__()
        self.axes = axes
        self.messages = [layer for layer in read(text)["layer"] if "bottom" in layer]
        self.channels = {"data": channels}
        self.layers = nn.ModuleList([self._layer(message) for message in self.messages])

    def forward(self, x: Tensor) -> Tensor:
        blobs = {"data": x}
        for message, layer in zip(self.messages, self.layers, strict=True):
            x = layer(*[blobs[name] for name in message["bottom"] if name in blobs])
            blobs |= dict.fromkeys(message["top"], x)
        return x

    def _layer(self, message: Message) -> nn.Module:
        bottom = self.channels[message["bottom"][0]]
        kind = one(message, "type")
        out = bottom
        if kind in ("Convolution", "Deconvolution"):
            options = one(message, "convolution_param")
            out = int(one(options, "num_output"))
            layer = self._convolution(kind, options, bottom, out)
        elif kind == "Concat":
            out = sum(self.channels[name] for name in message["bottom"])
            layer = Function(lambda *xs: torch.cat(xs, 1))
        elif kind == "Pooling":
            options = one(message, "pooling_param")
            pool = (nn.MaxPool2d, nn.MaxPool3d)[self.axes - 2]
            layer = pool(int(one(options, "kernel_size")), int(one(options, "stride")), ceil_mode=True)
        else:
            layer = POINTWISE[kind](message, bottom, self.axes)
        self.channels |= dict.fromkeys(message["top"], out)
        return layer

    def _convolution(self, kind: str, options: Message, reads: int, out: int) -> nn.Module:
        layers = {
            "Convolution": (nn.Conv2d, nn.Conv3d),
            "Deconvolution": (nn.ConvTranspose2d, nn.ConvTranspose3d),
        }
        sizes = [
            int(one(options, key, default))
            for key, default in (("kernel_size", 1), ("stride", 1), ("pad", 0))
        ]
        return layers[kind][self.axes - 2](reads, out, *sizes, bias=one(options, "bias_term") != "false")


class Function(nn.Module):
    """A function without weights."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *xs: Tensor) -> Tensor:
        return self.function(*xs)


def _crop(message: Message, channels: int, axes: int) -> nn.Module:
    start = int(one(one(message, "crop_param"), "offset"))

    def crop(x: Tensor, like: Tensor) -> Tensor:
        sizes: Sequence[int] = like.shape[2:]
        for axis, size in enumerate(sizes):
            x = x.narrow(axis + 2, start, size)
        return x

    return Function(crop)


def _unpool(message: Message, channels: int, axes: int) -> nn.Module:
    options = one(message, "upsample_param")
    given = [int(one(options, key, 0)) for key in ("upsample_h", "upsample_w")]
    scale = int(one(options, "scale"))

    def unpool(x: Tensor, _: Tensor) -> Tensor:
        sizes = given if any(given) else [scale * size for size in x.shape[2:]]
        return x.new_empty(*x.shape[:2], *sizes)

    return Function(unpool)


def _same(message: Message, channels: int, axes: int) -> nn.Module:
    return nn.Identity()


POINTWISE: Mapping[str, Callable[[Message, int, int], nn.Module]] = {
    "BN": lambda message, channels, axes: (nn.BatchNorm2d, nn.BatchNorm3d)[axes - 2](channels),
    "Crop": _crop,
    "Dropout": _same,
    "Eltwise": lambda message, channels, axes: Function(lambda a, b: a + b),
    "PReLU": lambda message, channels, axes: nn.PReLU(channels),
    "ReLU": _same,
    "Reshape": _same,  # of the scores, to and fro
    "Softmax": _same,
    "SoftmaxWithLoss": _same,
    "Split": _same,
    "Upsample": _unpool,
}
"""Layers that leave the number of channels as it is."""
