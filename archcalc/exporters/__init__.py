"""Models for other programs: a Network -> the content of a file. One file or folder here for each format.

A module says which files it writes, and nothing else knows it:

- ``TITLE``: the name of the format in a message;
- ``ENDINGS``: the endings of its files;
- ``write(network)``: the content of the file, a text or bytes. Raises ArchcalcError (``as_refusal``) if the
  format lacks one of the layers.

An auxiliary head is left out, as it is in no total.
"""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType

from archcalc.errors import ArchcalcError, one_of, printable
from archcalc.network import Network

FORMATS: tuple[str, ...] = tuple(
    sorted(
        name.removesuffix(".py")
        for name in os.listdir(os.path.dirname(__file__))
        if name[0] not in "_." and not name.startswith("as_")
    )
)
"""The modules of the formats; the files ``as_...`` help all of them."""


def exporter_of(path: str) -> ModuleType:
    """The module that writes a file with that ending. Raises ArchcalcError if there is none.

    >>> exporter_of("net.prototxt").__name__
    'archcalc.exporters.caffe'
    """
    ending = os.path.splitext(path)[1].lower()
    modules = [import_module(f"{__name__}.{name}") for name in FORMATS]
    found = next((module for module in modules if ending in module.ENDINGS), None)
    if found is None:
        problem = f"unknown ending '{ending}'" if ending else "the file name has no ending"
        known = one_of([f"{ending} ({module.TITLE})" for module in modules for ending in module.ENDINGS])
        raise ArchcalcError(f"{printable(path)}: {problem}; use {known}")
    return found


def exported(network: Network, path: str) -> str | bytes:
    """The content of a file for a network; its ending says the format. Raises ArchcalcError."""
    content: str | bytes = exporter_of(path).write(network)
    return content
