"""The arguments of a class: the numbers that differ where it is used, each under one good name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from archcalc.exporters.pytorch.blocks import HOLE, BlockCall, Group, module_values
from archcalc.exporters.pytorch.names import FreeNames, identifier

SHORT = {
    "out_channels": "channels",
    "in_channels": "channels",
    "kernel_size": "kernel",
    "out_features": "units",
    "in_features": "inputs",
    "num_features": "channels",
}
"""How an argument of a module is called in the name of an argument of a class."""

MOST_TIMES = 16

Column: TypeAlias = tuple[Any, ...]
"""The values of a number at all places where a class is used."""


class ClassArgument(NamedTuple):
    """A number of a class: the holes that it fills, and how it comes about.

    ``default`` is its value where the class is used most plainly. A number with a ``formula`` is worked out
    of other arguments; it is no argument of its own.
    """

    name: str
    holes: tuple[int, ...]
    default: Any = None
    formula: str = ""


def arguments(group: Group) -> list[ClassArgument]:
    """The arguments of a class in the order in which it takes them."""
    return [one for one in numbers(group) if not one.formula]


def numbers(group: Group) -> list[ClassArgument]:
    """The numbers that differ: the arguments, and what is worked out of them."""
    if group.numbers is None:
        group.numbers = _numbers(group) if len(group.vectors) > 1 else []
    found: list[ClassArgument] = group.numbers
    return found


def _numbers(group: Group) -> list[ClassArgument]:
    columns: dict[Column, list[tuple[int, str, str]]] = {}
    last_names = Counter({path: path.rpartition("/")[2] for _, path, _ in used_holes(group)}.values())
    for hole, path, key in used_holes(group):
        column = tuple(vector[hole] for vector in group.vectors)
        if any(value != column[0] for value in column):
            columns.setdefault(column, []).append((hole, path, key))
    reads, gives = (tuple(width[side] for width in group.widths) for side in (0, 1))
    ends = {reads: "channels" if reads == gives else "in_channels"}
    ends |= {gives: "out_channels"} if gives != reads else {}
    names, found = FreeNames(), []
    known: dict[Column, str] = {}
    for column in [end for end in ends if end in columns] + [one for one in columns if one not in ends]:
        _, path, key = columns[column][0]
        name = names.free(*([ends[column]] if column in ends else []), *_wishes(path, key, last_names))
        default = 1 if key == "stride" and 1 in column else None
        formula = "" if column in ends else _formula(column, known, key)
        holes = tuple(hole for hole, _, _ in columns[column])
        found.append(ClassArgument(name, holes, default, formula))
        known[column] = name
    order = {"channels": 0, "in_channels": 0, "out_channels": 1}
    return sorted(found, key=lambda one: (one.default is not None, order.get(one.name, 2)))


def _wishes(path: str, key: str, last_names: Counter[str]) -> Sequence[str]:
    word, name = SHORT.get(key, key), path.rpartition("/")[2]
    whole = identifier(path, "conv")
    last = identifier(name, "conv") if last_names[name] == 1 else whole
    plain = [word] if word in ("stride", "groups") else []
    # The argument of an inner class keeps its name.
    return [*plain, f"{last}_{word}", f"{whole}_{word}"]


def _formula(column: Column, known: dict[Column, str], key: str) -> str:
    """A number as a multiple or a part of another one; empty if it is neither."""
    if not all(type(value) is int and value > 0 for value in column):
        return ""
    for other, name in known.items():
        if not all(type(value) is int for value in other):
            continue
        pairs = list(zip(column, other, strict=True))
        if (
            key.endswith("padding")
            and all(value == size // 2 for value, size in pairs)
            and name.endswith("kernel")
        ):
            return f"{name} // 2"
        if not _is_width(name) or not _is_width(SHORT.get(key, key)):
            continue
        value, size = pairs[0]
        if size and value % size == 0 and all(a == value // size * b for a, b in pairs):
            return f"{value // size} * {name}" if value // size <= MOST_TIMES else ""
        if size % value == 0 and all(b == size // value * a for a, b in pairs):
            return f"{name} // {size // value}" if size // value <= MOST_TIMES else ""
    return ""


def _is_width(name: str) -> bool:
    return name.endswith(("channels", "units", "inputs"))


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
        yield from ((start + hole, f"{path}/{inner}", key) for hole, inner, key in used_holes(group))
    else:
        yield from ((start + one.holes[0], path, one.name) for one in arguments(group))
