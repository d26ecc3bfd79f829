"""The arguments of a class: the numbers that differ where it is used, each under one good name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from archcalc.exporters.pytorch.blocks import HOLE, BlockCall, Group, module_values
from archcalc.exporters.pytorch.names import FreeNames, identifier

SHORT = {"out_channels": "channels", "in_channels": "in_channels", "kernel_size": "kernel", "out_features": "units"}
"""How an argument of a module is called in the name of an argument of a class."""


class Argument(NamedTuple):
    """An argument: the holes that it fills, and its value where the class is used most plainly."""

    name: str
    holes: tuple[int, ...]
    default: Any = None


def arguments(group: Group) -> list[Argument]:
    """The arguments of a class in the order in which it takes them."""
    if len(group.vectors) == 1:
        return []
    columns: dict[tuple[Any, ...], list[tuple[int, str, str]]] = {}
    for hole, path, key in used_holes(group):
        column = tuple(vector[hole] for vector in group.vectors)
        if any(value != column[0] for value in column):
            columns.setdefault(column, []).append((hole, path, key))
    reads, gives = (tuple(width[side] for width in group.widths) for side in (0, 1))
    names, found = FreeNames(), []
    for column, places in columns.items():
        _, path, key = places[0]
        wishes = [f"{identifier(path.rpartition('/')[2], 'layer')}_{SHORT.get(key, key)}"]
        if key in ("stride", "groups"):
            wishes.insert(0, key)
        if column == reads:
            wishes.insert(0, "channels" if reads == gives else "in_channels")
        elif column == gives:
            wishes.insert(0, "out_channels")
        default = 1 if key == "stride" and 1 in column else None
        found.append(Argument(names.free(*wishes), tuple(hole for hole, _, _ in places), default))
    order = {"channels": 0, "in_channels": 0, "out_channels": 1}
    return sorted(found, key=lambda one: (one.default is not None, order.get(one.name, 2)))


def used_holes(group: Group) -> Iterator[tuple[int, str, str]]:
    """The holes that stand in the text of a class, each with the path and the name of the argument."""
    start = 0
    for row in group.body.rows:
        for module in row.modules:
            if module is None:
                continue
            if isinstance(module, BlockCall):
                yield from _of_block(module.group, start, row.path)
            else:
                keys = [key for key, value, _ in module.args if value == HOLE]
                yield from ((start + place, row.path, key) for place, key in enumerate(keys))
            start += module_values(module)


def _of_block(group: Group, start: int, path: str) -> Iterator[tuple[int, str, str]]:
    if group.is_inline:
        yield from ((start + hole, inner, key) for hole, inner, key in used_holes(group))
    else:
        yield from ((start + one.holes[0], path, one.name) for one in arguments(group))
