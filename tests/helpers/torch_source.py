"""What a written PyTorch file computes, measured by PyTorch itself on tensors without values."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.network import Network


class Measured(NamedTuple):
    """Figures of a module for one image; ``layer_macs`` are those of its convolutions and linear layers."""

    params: int
    buffers: int
    macs: int
    layer_macs: int
    output: tuple[int, ...]


def module_of(source: str) -> nn.Module:
    """The last class of a file, which is the network, as a module without values."""
    scope: dict[str, Any] = {"__name__": "written"}
    exec(compile(source, "net.py", "exec"), scope)
    classes = [value for value in scope.values() if isinstance(value, type) and value.__module__ == "written"]
    with torch.device("meta"):
        module: nn.Module = classes[-1]().eval()
    return module


def measured(source: str, network: Network) -> Measured:
    """The figures of a file, for the input of a network."""
    module = module_of(source)
    seen: list[int] = []
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
            layer.register_forward_hook(lambda layer, xs, y: seen.append(_macs(layer, xs[0], y)))
    x = torch.empty(1, network.input.channels, *network.input.spatial, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        y = module(x)
    params = sum(array.numel() for array in module.parameters())
    # PyTorch counts its batches, too.
    buffers = sum(array.numel() for name, array in module.named_buffers() if "num_batches" not in name)
    return Measured(params, buffers, counter.get_total_flops() // 2, sum(seen), tuple(y.shape))


def _macs(layer: Any, x: torch.Tensor, y: torch.Tensor) -> int:
    """Each weight is used once at each position: of the output, or of the input of a transposed layer."""
    if isinstance(layer, nn.Linear):
        return layer.weight.numel() * (y.numel() // y.shape[-1])
    positions = x if layer.transposed else y
    return layer.weight.numel() * (positions.numel() // positions.shape[1])
