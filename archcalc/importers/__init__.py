"""Models of other programs: a file or a program -> Network. One file or folder here for each format.

A module says which targets it reads, and nothing else knows it:

- ``ENDINGS``: the endings of its files;
- ``PREFIX``: how its other targets begin, such as ``torch:``; may be missing;
- ``OPTIONS``: what it takes beside the shapes of the inputs (``args``, ``opaque``); may be missing;
- ``read(target, input)``: the network. ``input`` has the shapes of the inputs as the user wrote them, with
  commas between them, or is empty. Raises ArchcalcError.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol, TypeGuard

from archcalc.errors import ArchcalcError, short
from archcalc.network import Network

FORMATS: tuple[str, ...] = tuple(
    sorted(
        name.removesuffix(".py")
        for name in os.listdir(os.path.dirname(__file__))
        if name[0] not in "_." and not name.startswith("as_")
    )
)
"""The modules of the formats; the files ``as_...`` help all of them."""


class Module(Protocol):
    """A ``torch.nn.Module``: a model in memory."""

    def named_parameters(self) -> Any:
        """Its trained arrays by name."""


def is_module(target: object) -> TypeGuard[Module]:
    """Whether a target is a model of PyTorch in memory; PyTorch is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(target, torch.nn.Module)


def format_of(target: str) -> ModuleType | None:
    """The module that reads a target; None if the target is no model of another program.

    >>> format_of("vgg16"), format_of("mine.yaml"), format_of("model.onnx").__name__
    (None, None, 'archcalc.importers.onnx')
    >>> format_of("torch:package.module:Net").__name__
    'archcalc.importers.torch'
    """
    prefix, colon, _ = target.partition(":")
    ending = os.path.splitext(target)[1].lower()
    if not (ending or colon) or ending in (".yaml", ".yml"):
        return None
    modules = [import_module(f"{__name__}.{name}") for name in FORMATS]
    if colon and "/" not in prefix:
        begins = (module for module in modules if getattr(module, "PREFIX", "") == prefix + colon)
        if found := next(begins, None):
            return found
    return next((module for module in modules if ending in module.ENDINGS), None)


def read_model(target: str | Module, input: str = "", options: Mapping[str, Any] | None = None) -> Network:
    """The network of a target that ``format_of`` knows, or of a module. Raises ArchcalcError.

    ``options`` are the arguments of a program (``args``), and whether unknown layers are left open
    (``opaque``).
    """
    if isinstance(target, str):
        module = format_of(target)
        assert module is not None, target
    else:
        module = import_module(f"{__name__}.torch")
    given = {name: value for name, value in (options or {}).items() if value}
    for name in given:
        if name not in getattr(module, "OPTIONS", ()):
            written = "--arg" if name == "args" else f"--{name}"
            says = (
                "only a program of PyTorch has arguments" if name == "args" else "every layer of it is known"
            )
            shown = target if isinstance(target, str) else type(target).__name__
            raise ArchcalcError(f"{short(shown)} takes no {written}: {says}")
    network: Network = module.read(target, input, **given)
    return network
