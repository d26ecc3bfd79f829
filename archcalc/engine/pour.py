"""Other dimensions in place of a network's own: what is poured in decides what comes out.

The formulas of the ops are written once, over any kind of dimension. ``pour`` replaces the sizes of a network
by dimensions of one kind; the walk over that network then gives

* figures with their formulas, of traced ints (``archcalc explain``, one layer at a time),
* closed forms, of symbols (``archcalc formula``),
* the figures of many networks at once, of arrays (``archcalc sweep``),
* bounds of every intermediate result, of intervals (which prove that a sweep does not overflow).

A setting of a spec, such as ``width``, takes part in the expressions of the spec. So symbols and arrays for
a setting are put in while the network is built (``Spec.bind``), and ``pour`` then finishes the network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from archcalc.dims import Dim
from archcalc.network import Network
from archcalc.ops.base import Op, Volume
from archcalc.ops.option_types import Count
from archcalc.ops.options import Option, options_of

INPUT_PATH = "input"


class DimPlace(NamedTuple):
    """Where a dimension stands.

    ``path`` is that of the layer; ``option`` is None for a size of a volume. ``value`` is all that stands
    there: the value of the option, or the sizes of the volume. ``at`` leads to the dimension in it: it is
    empty for one number, else it has the axis, and of a padding also the side (0 before, 1 after).
    """

    path: str
    option: Option | None
    value: Any
    at: tuple[int, ...] = ()

    @property
    def least(self) -> int:
        """The smallest number that may stand there."""
        return self.option.type.least if self.option and isinstance(self.option.type, Count) else 1


ToKind: TypeAlias = Callable[[DimPlace, Dim], Dim]
"""A kind of dimension, as what it makes of the dimension at each place; it may leave a dimension as it is."""


def pour(network: Network, kind: ToKind) -> Network:
    """The network with the dimensions of ``kind`` in its input and in the options of its ops."""
    ops: dict[int, Op] = {}  # layers that share an op go on sharing one
    equal: dict[Any, Op] = {}
    layers = []
    for node in network.layers:
        if id(node.op) not in ops:
            op = pour_op(node.op, kind, node.path)
            key = (type(op), *(getattr(op, name) for name in options_of(type(op))))
            ops[id(node.op)] = equal.setdefault(key, op)
        op = ops[id(node.op)]
        layers.append(node if op is node.op else node._replace(op=op))
    return replace(network, input=pour_volume(network.input, kind), layers=layers)


def pour_op(op: Op, kind: ToKind, path: str = "") -> Op:
    """The op with the dimensions of ``kind`` in its options; the same op if none changes."""
    changes = {}
    for name, option in options_of(type(op)).items():
        # Only options of this type hold sizes. Some also take a word ("same"), which stays.
        value = getattr(op, name)
        if isinstance(option.type, Count) and not isinstance(value, str | None):
            poured = _poured(DimPlace(path, option, value), value, kind)
            if poured is not value:
                changes[name] = poured
    return replace(op, **changes) if changes else op


def pour_volume(x: Volume, kind: ToKind, path: str = INPUT_PATH) -> Volume:
    """The volume with the dimensions of ``kind``."""
    # A volume counts its values when it is made, so it is made anew and not changed.
    *spatial, channels = _poured(DimPlace(path, None, x.dims), x.dims, kind)
    return Volume(tuple(spatial), channels)


def _poured(place: DimPlace, value: Any, kind: ToKind) -> Any:
    if not isinstance(value, tuple):
        return kind(place, value)
    # Padding is nested: pairs of sides in a tuple of axes.
    items = tuple(
        _poured(place._replace(at=(*place.at, number)), item, kind) for number, item in enumerate(value)
    )
    return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
