"""A frozen record of options: the methods that all ops share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from typing import Any

from archcalc.ops.options import options_of


class FrozenOptions:
    """An object whose attributes are its options, given by name and never changed.

    ``dataclasses`` would generate such methods for each class of op, which slows every start.
    """

    def __init__(self, **options: Any) -> None:
        defaults, required = _defaults_of(type(self))
        if not (options.keys() <= defaults.keys() and required <= options.keys()):
            wrong = [*(options.keys() - defaults.keys()), *(required - options.keys())]
            raise TypeError(f"{type(self).__name__}: unknown or missing option '{wrong[0]}'")
        # The only place that writes: an assignment is refused below.
        self.__dict__.update(defaults)
        self.__dict__.update(options)

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"cannot assign to option '{name}'")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete option '{name}'")

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={getattr(self, name)!r}" for name in options_of(type(self)))
        return f"{type(self).__name__}({options})"


def _defaults_of(op: type) -> tuple[Mapping[str, Any], frozenset[str]]:
    """The defaults of the options of an op class, and the names of those that must be given."""
    if op not in _DEFAULTS:
        options = options_of(op)
        required = frozenset(name for name, option in options.items() if option.required)
        _DEFAULTS[op] = {name: option.default for name, option in options.items()}, required
    return _DEFAULTS[op]


# Read once for each class: a network may have thousands of different layers.
_DEFAULTS: dict[type, tuple[Mapping[str, Any], frozenset[str]]] = {}
