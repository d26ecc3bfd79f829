"""Counting operations below autograd, and remembering shapes that PyTorch is slow to work out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

Shapes = dict[Any, Any]
"""Outputs by operation and the shapes of its arguments."""

# On the meta device PyTorch works out these operations in Python, step by step, and they are the most
# frequent ones.
SLOW = {torch.ops.aten.native_batch_norm.default, torch.ops.aten.relu.default, torch.ops.aten.add.Tensor}


class Dispatch(TorchDispatchMode):
    """Reports the FLOPs of every operation to ``count``, by the formulas of PyTorch's flop_counter.

    With ``shapes``, which is for the meta device, a slow operation runs once for each combination of shapes.
    """

    def __init__(self, count: Callable[[int], None] | None, shapes: Shapes | None) -> None:
        super().__init__()
        self.count = count
        self.shapes = shapes

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.shapes is not None and func in SLOW:
            return _remembered(self.shapes, func, args)
        out = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func._overloadpacket)
        if self.count is not None and formula is not None:
            self.count(formula(*args, **(kwargs or {}), out_val=out))
        return out


def _remembered(shapes: Shapes, func: Any, args: Any) -> Tensor | tuple[Tensor, ...]:
    key = (func, *((arg.shape, arg.stride()) if isinstance(arg, Tensor) else arg for arg in args))
    if key not in shapes:
        shapes[key] = func(*args)
    result = shapes[key]
    # A new tensor each time: a shared one would count as one array in the memory figures.
    return _empty_like(result) if isinstance(result, Tensor) else tuple(map(_empty_like, result))


def _empty_like(tensor: Tensor) -> Tensor:
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device)
