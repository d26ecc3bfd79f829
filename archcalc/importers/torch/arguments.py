"""The tensors with which a module is called: the shapes that the user gives, as arguments of ``forward``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError
from archcalc.importers.as_input import given_shapes, options, same_batch

_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Arguments(NamedTuple):
    """The shapes of the tensors of a call, by name; the first ``by_place`` are given without their names."""

    shapes: Mapping[str, Sequence[int]]
    by_place: int


class _Forward(NamedTuple):
    """The parameters of ``forward``. Some are ``required``; the first ``by_place`` need no name."""

    names: Sequence[str]
    required: Sequence[str]
    by_place: int


def arguments_of(module: Any, label: str, text: str) -> Arguments:
    """The arguments of ``forward`` that have the shapes of a text. Raises ArchcalcError."""
    forward = _forward(module, count=text.count(",") + 1)
    if not text:
        needed = forward.required or forward.names[:1]
        what = "shape of its input" if len(needed) == 1 else "shapes of its inputs"
        raise ArchcalcError(f"{label}: give the {what}, batch first: {options(needed, {})}")
    given = given_shapes(label, text, forward.names, forward.required, "batch first")
    same_batch(label, given)
    names = [name for name in forward.names if name in given]
    by_place = next((at for at, name in enumerate(names) if name != forward.names[at]), len(names))
    return Arguments({name: given[name] for name in names}, min(by_place, forward.by_place))


def _forward(module: Any, count: int) -> _Forward:
    """What ``forward`` takes; a ``*args`` of it takes as many tensors as there are shapes."""
    try:
        parameters = [*inspect.signature(module.forward).parameters.values()]
    except (TypeError, ValueError):
        parameters = []
    # What has a number or a word as its default is no tensor.
    parameters = [one for one in parameters if not isinstance(one.default, bool | int | float | str)]
    by_place = [one for one in parameters if one.kind in _BY_PLACE]
    by_name = [one for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY]
    places = [one.name for one in by_place]
    takes_more = not parameters or any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters)
    if takes_more:
        places += [f"input{number}" for number in range(len(places) + 1, count + 1)]
    required = [one.name for one in (*by_place, *by_name) if one.default is inspect.Parameter.empty]
    return _Forward([*places, *(one.name for one in by_name)], required, len(places))
