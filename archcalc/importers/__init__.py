"""Models of other programs: a file -> Network. One file or folder of this folder for each format.

A module says which files it reads, and nothing else knows it:

- ``ENDINGS``: the endings of its files;
- ``read(path, input)``: the network. ``input`` is the shape of the input as the user wrote it, or empty.
  Raises ArchcalcError.
"""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType

from archcalc.network import Network

FORMATS: tuple[str, ...] = tuple(
    sorted(
        name.removesuffix(".py")
        for name in os.listdir(os.path.dirname(__file__))
        if name[0] not in "_." and not name.startswith("as_")
    )
)
"""The modules of the formats; the files ``as_...`` help all of them."""


def format_of(target: str) -> ModuleType | None:
    """The module that reads a target; None if the target is no model of another program.

    >>> format_of("vgg16"), format_of("mine.yaml"), format_of("model.onnx").__name__
    (None, None, 'archcalc.importers.onnx')
    """
    ending = os.path.splitext(target)[1].lower()
    if not ending or ending in (".yaml", ".yml"):
        return None
    modules = (import_module(f"{__name__}.{name}") for name in FORMATS)
    return next((module for module in modules if ending in module.ENDINGS), None)


def read_model(target: str, input: str = "") -> Network:
    """The network in a file that ``format_of`` knows. Raises ArchcalcError."""
    module = format_of(target)
    assert module is not None, target
    network: Network = module.read(target, input)
    return network
