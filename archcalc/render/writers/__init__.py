"""Formats that only some results have, one file each: for CI systems and autograders, Parquet, Python code.

A file declares what ``Writer`` asks for. A new writer is a new file in this folder, and its line in
``WRITERS``: the commands ask ``for_result`` which writers accept their result.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.render.formats import FORMATS
from archcalc.render.options import check_options

WRITERS: Mapping[str, tuple[str, ...]] = {
    "cs231n": ("Analysis",),
    "dot": ("Diagram",),
    "github": ("CheckReport",),
    "gradescope": ("Grade", "Class"),
    "junit": ("CheckReport", "Grade", "Class"),
    "mermaid": ("Diagram",),
    "parquet": ("Sweep",),
    "pdf": ("Plot", "Diagram"),
    "png": ("Plot", "Diagram"),
    "python": ("ClosedForm",),
    "sarif": ("CheckReport",),
    "svg": ("Plot", "Diagram"),
    "yaml": ("Device",),
}
"""The names of the writers, and of the results that each accepts.

They are names, so that a command which only lists its formats imports no writer.
"""


class Writer(Protocol):
    """What each file of this folder declares. The name of the file is the name of the format."""

    ENDINGS: tuple[str, ...]
    """The endings of file names that mean this format; none if files have no ending of their own."""

    ACCEPTS: tuple[type, ...]
    """The kinds of results that it can write."""

    def render(self, result: Any, **options: Any) -> str | bytes: ...


def writer(name: str) -> Writer:
    """The writer of that name."""
    module: Any = import_module(f"{__name__}.{name}")
    chosen: Writer = module
    return chosen


def for_result(*kinds: type) -> tuple[str, ...]:
    """The names of the writers that accept a result of one of these kinds."""
    names = {kind.__name__ for kind in kinds}
    return tuple(name for name, accepted in WRITERS.items() if not names.isdisjoint(accepted))


def write(result: Any, name: str, **options: Any) -> str | bytes:
    """A result in the format of a writer.

    Raises ArchcalcError for a writer that does not exist, or does not accept the result or an option.
    """
    if name not in WRITERS:
        hint = did_you_mean(name, (*FORMATS, *for_result(type(result))))
        raise ArchcalcError(f"unknown format '{short(name)}'{f' ({hint})' if hint else ''}")
    chosen = writer(name)
    if not isinstance(result, chosen.ACCEPTS):
        kinds = " or ".join(kind.__name__ for kind in chosen.ACCEPTS)
        raise ArchcalcError(f"{name} writes {kinds}, not {type(result).__name__}")
    check_options(chosen.render, options)
    return chosen.render(result, **options)
