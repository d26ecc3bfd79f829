"""The conventions of other programs: one file each, found by its name; ``_`` stands for a hyphen."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module

from archcalc.conventions.tool import ToolConvention


def tool_names() -> list[str]:
    """The names of all conventions of tools.

    >>> "ptflops-aten" in tool_names()
    True
    """
    files = os.listdir(os.path.dirname(__file__))
    return sorted(file[:-3].replace("_", "-") for file in files if file.endswith(".py") and file[0] != "_")


@cache
def tool_convention(name: str) -> ToolConvention:
    """The convention with a name of ``tool_names``."""
    convention: ToolConvention = import_module(f"{__name__}.{name.replace('-', '_')}").CONVENTION
    return convention
