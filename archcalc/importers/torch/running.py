"""What a run of a program needs: modules without values, names of functions, lines of the source."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

MOST_VALUES = 1_000_000
"""Tensors that the program makes itself have values up to this size."""

QUIET = {"__get__", "size", "dim", "numel", "stride", "is_contiguous", "__len__", "_assert"}
"""Functions that tell something about a tensor."""

ACTIVATIONS = frozenset(
    (
        "relu",
        "relu6",
        "hardtanh",
        "silu",
        "hardswish",
        "hardsigmoid",
        "mish",
        "elu",
        "selu",
        "celu",
        "leaky_relu",
    )
)
"""Functions that may overwrite their input, if they are told so."""

SAME_SHAPE = ACTIVATIONS | {"gelu", "batch_norm", "layer_norm", "group_norm", "dropout", "softmax", "sigmoid"}
"""Functions whose output has the shape of their first argument."""


def name_of(func: Any) -> str:
    """The name of a function of PyTorch, the same for ``add``, ``__add__`` and ``add_``.

    >>> name_of(torch.Tensor.__iadd__), name_of(torch.nn.functional.relu_), name_of(torch.Tensor.T.__get__)
    ('add', 'relu', 'T')
    """
    name = str(getattr(func, "__name__", func))
    if name == "__get__":
        attribute = str(getattr(func.__self__, "__name__", ""))
        return attribute if attribute in ("T", "mT", "H", "mH", "data") else name
    if name in QUIET or name == "__setitem__":
        return name
    if name.startswith("__") and name.endswith("__"):
        name = name.strip("_")
        if name not in ("rsub", "rdiv", "rtruediv") and name[:1] in "ri" and name[1:] in _OPERATORS:
            name = name[1:]
        return name
    return name.strip("_")


def macs_of(name: str, args: Sequence[Any], output: Tensor) -> int:
    """The multiply-accumulates of a call that does not depend on the input."""
    if name in ("linear", "matmul", "mm", "bmm"):
        return int(output.numel() * args[0].shape[-1])
    if name.startswith("conv") and not name.startswith("conv_"):
        return int(output.numel() * args[1][0].numel())
    if name == "einsum":
        letters = args[0].replace(" ", "").partition("->")[0]
        tensors = args[1] if isinstance(args[1], list | tuple) else args[1:]
        sizes = {
            letter: size
            for word, tensor in zip(letters.split(","), tensors, strict=False)
            for letter, size in zip(word, tensor.shape, strict=False)
        }
        return math.prod(sizes.values())
    return 0


_OPERATORS = {"add", "sub", "mul", "truediv", "div", "matmul", "pow"}


def source_line() -> str:
    """The line of the user's program that is running: the innermost one outside PyTorch and archcalc."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(("torch.", "archcalc.")) and name not in ("torch", "contextlib"):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


@contextmanager
def without_values(
    root: nn.Module, training: bool = False
) -> Iterator[tuple[dict[str, Tensor], list[Tensor]]]:
    """The module with parameters and buffers of the meta device, in evaluation mode; as it was afterwards.

    With ``training``, the module itself is in training mode, but not the modules in it.

    Gives the parameters by name, and the buffers that have no values now.
    """
    twins: dict[int, Tensor] = {}
    named: dict[str, Tensor] = {}
    buffers: list[Tensor] = []
    with ExitStack() as undo:
        for path, module in root.named_modules():
            undo.callback(setattr, module, "training", module.training)
            module.training = training and module is root
            for store in (module._parameters, module._buffers):
                for key, tensor in list(store.items()):
                    if tensor is None:
                        continue
                    if id(tensor) not in twins:
                        twin = torch.empty_like(tensor, device="meta")
                        is_param = isinstance(tensor, nn.Parameter)
                        twins[id(tensor)] = nn.Parameter(twin, tensor.requires_grad) if is_param else twin
                        if is_param:
                            named[f"{path}.{key}" if path else key] = twins[id(tensor)]
                    if isinstance(tensor, nn.Parameter) or tensor.numel() > MOST_VALUES or tensor.is_meta:
                        undo.callback(store.__setitem__, key, tensor)
                        store[key] = twins[id(tensor)]
                        if not isinstance(tensor, nn.Parameter):
                            buffers.append(store[key])
        yield named, buffers
