"""The module of a program: found by its name, built without values, and run once."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from archcalc.errors import ArchcalcError, ArchcalcWarning, MissingPackage, did_you_mean, printable, short
from archcalc.importers.as_input import warn_unused
from archcalc.importers.as_network import problem_list, spelled
from archcalc.network import Network

MOST_VALUES = 100_000
"""Arrays with more values than this are built without values."""


def network_of_program(target: str, input: str, args: Mapping[str, Any], *, opaque: bool = False) -> Network:
    """The network that ``torch:package.module:callable`` builds. Raises ArchcalcError."""
    path, colon, name = target.partition(":")[2].partition(":")
    if not colon or not path or not name:
        raise ArchcalcError(
            f"'{short(target)}' must be torch:package.module:callable, as torch:torchvision.models:resnet18"
        )
    _need_torch()
    found = _callable(target, path, name)
    if not _is_torch_module(found):
        found = _built(target, found, args)
    elif args:
        raise ArchcalcError(f"{short(target)} is a module, and takes no --arg")
    if not _is_torch_module(found):
        raise ArchcalcError(f"{short(target)} gives a {type(found).__name__}, and no torch.nn.Module")
    arguments = ", ".join(f"{key}={value}" for key, value in args.items())
    source = f"{path}:{name}({arguments}), run with PyTorch"
    return network_of_module(
        found, input, name.rpartition(".")[2], opaque=opaque, source=source, label=target
    )


def network_of_module(
    module: Any, input: str, name: str, *, opaque: bool = False, source: str = "", label: str = ""
) -> Network:
    """The network of a ``torch.nn.Module``. Raises ArchcalcError."""
    from archcalc.importers.torch.arguments import arguments_of
    from archcalc.importers.torch.trace import traced

    label = printable(short(label or name))
    module = getattr(module, "_orig_mod", module)  # what torch.compile has wrapped
    _refuse_compiled(label, module)
    arguments = arguments_of(module, label, input)
    try:
        found = traced(module, arguments, opaque)
    except ArchcalcError:
        raise
    except Exception as error:
        raise ArchcalcError(f"{label}: its forward pass fails: {_said(error)}") from None
    if found.problems:
        way_out = "The way out: --opaque keeps such layers with unknown cost, or describe them in a spec."
        raise ArchcalcError(problem_list(label, found.problems, "call", way_out))
    if not found.outputs:
        raise ArchcalcError(f"{label}: no layer leads to an output of the module")
    warn_unused(label, found.layers, found.outputs)
    for says in found.warnings:
        warnings.warn(f"{label}: {says}", ArchcalcWarning, stacklevel=3)
    if found.heads:
        found.layers.mark_heads(found.outputs[1:], found.outputs[:1])
    source = source or f"{type(module).__module__}.{type(module).__qualname__}, run with PyTorch"
    return found.layers.network(spelled(name) or "model", found.outputs, source)


# --- the program --------------------------------------------------------------------------------------------


def _need_torch() -> None:
    try:
        importlib.import_module("torch")
    except ImportError:
        raise MissingPackage("a target torch:...", "torch", "PyTorch") from None


def _callable(target: str, path: str, name: str) -> Any:
    """What the name means in its module. Raises ArchcalcError."""
    # As with `python -m`, a module of the folder in which the command runs is found.
    sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(path)
    except Exception as error:
        raise ArchcalcError(f"{short(target)}: cannot import {short(path)}: {_said(error)}") from None
    finally:
        sys.path.pop(0)
    for part in name.split("."):
        if not hasattr(found, part):
            names = [word for word in vars(found) if not word.startswith("_")]
            hint = did_you_mean(part, names)
            says = f"{short(path)} has no '{short(part)}'"
            raise ArchcalcError(f"{short(target)}: {says}" + (f" ({hint})" if hint else ""))
        found = getattr(found, part)
    return found


def _built(target: str, build: Callable[..., Any], args: Mapping[str, Any]) -> Any:
    """The module that a class or a function gives. Raises ArchcalcError."""
    from archcalc.importers.torch.building import without_large_arrays

    if not callable(build):
        raise ArchcalcError(f"{short(target)} is a {type(build).__name__}, and no class and no function")
    try:
        with without_large_arrays():
            return build(**args)
    except Exception as error:
        raise ArchcalcError(f"{short(target)}: building it fails: {_said(error)}") from None


def _is_torch_module(found: object) -> bool:
    from torch import nn

    return isinstance(found, nn.Module)


def _refuse_compiled(label: str, module: Any) -> None:
    import torch

    if isinstance(module, torch.jit.ScriptModule):
        raise ArchcalcError(
            f"{label} is compiled with TorchScript; give the module from which it was compiled"
        )


def _said(error: Exception) -> str:
    """The first line of an error of the program, with its class."""
    says = str(error).strip().partition("\n")[0]
    return printable(short(f"{type(error).__name__}: {says}", 300))
