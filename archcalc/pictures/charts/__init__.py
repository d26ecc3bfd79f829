"""The kinds of charts, one file each. A new kind needs only a new file in this folder.

A file declares:

- ``SAYS``: what it shows, for the help;
- ``chart(networks, look, *, ...)``: the chart. Its keyword parameters are the options that it takes; an
  option that is not given has its default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from inspect import Parameter, signature
from typing import Any

from archcalc.errors import ArchcalcError, did_you_mean, one_of, short
from archcalc.pictures.look import Look
from archcalc.results.plot import Plot

KINDS: tuple[str, ...] = tuple(
    sorted(
        name[:-3] for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".py") and name[0] != "_"
    )
)
"""The names of the kinds."""


def kinds() -> Mapping[str, str]:
    """The kinds, each with what it shows.

    >>> kinds()["layers"]
    'bars of params, MACs and other figures, layer by layer'
    """
    return {name: import_module(f"{__name__}.{name}").SAYS for name in KINDS}


def draw(kind: str, networks: Sequence[Any], look: Look, given: Mapping[str, Any]) -> Plot:
    """A chart of that kind; ``given`` are the options of the user.

    Raises ArchcalcError for an unknown kind, and for an option that this kind does not take.
    """
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"known: {', '.join(KINDS)}"
        raise ArchcalcError(f"unknown kind of chart '{short(kind)}' ({hint})")
    function = import_module(f"{__name__}.{kind}").chart
    takes = [
        name for name, one in signature(function).parameters.items() if one.kind is Parameter.KEYWORD_ONLY
    ]
    for name in given:
        if name not in takes:
            known = one_of([f"--{taken.replace('_', '-')}" for taken in takes])
            raise ArchcalcError(f"a chart '{kind}' takes no --{name.replace('_', '-')} (it takes {known})")
    made: Plot = function(networks, look, **given)
    return made if look.title is None else replace(made, title=look.title)


def only_one(kind: str, networks: Sequence[Any]) -> Any:
    """The one network of a chart. Raises ArchcalcError for none, and for several."""
    if len(networks) != 1:
        raise ArchcalcError(f"a chart '{kind}' shows one network, and {len(networks)} were given")
    return networks[0]


def at_least_one(kind: str, networks: Sequence[Any]) -> Sequence[Any]:
    """The networks of a chart. Raises ArchcalcError for none."""
    if not networks:
        raise ArchcalcError(f"a chart '{kind}' needs a network: archcalc plot {kind} vgg16")
    return networks
