"""Options of ``result.render``: an unknown one is a mistake of the user, and not a bug."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from archcalc.errors import ArchcalcError, did_you_mean, short


def check_options(function: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Raise ArchcalcError for an option that a function does not have; its first parameter is the result."""
    if not options:
        return  # most calls have none, and reading a signature takes time
    parameters = list(signature(function).parameters.values())[1:]
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = [parameter.name for parameter in parameters]
    for name in options:
        if name not in known:
            hint = did_you_mean(name, known) or "this format has no options"
            raise ArchcalcError(f"unknown option '{short(name)}' ({hint})")
