"""The items of a spec before they are text: layers, merges with branches, scopes, repeats and uses of blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

SCOPE = ""
"""The kind of an item that only holds the layers of one module."""

REPEAT = "repeat"

LAYERS = "layers"
"""The part of a scope or a repeat that holds its layers."""

ENTRY = -1
"""Stands for the input of a list among the positions of its items."""

Path: TypeAlias = tuple[str, ...]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Expression(str):
    """A value that is written as an expression over arguments."""

    __slots__ = ()


class Item(NamedTuple):
    """One entry of a layer list.

    The comments say what each field holds.
    """

    kind: str  # an op, a block, REPEAT or SCOPE
    options: Mapping[str, Any] = _NOTHING  # every option of an op, every argument of a block
    then: tuple[Item, ...] = ()
    parts: Mapping[str, Items] = _NOTHING  # the branches of a merge, or LAYERS
    path: Any = ()  # its modules inside the list, and its own name
    reads: tuple[int, ...] | None = None  # positions in its list, or ENTRY; None: the item above
    same_as: int | None = None  # the position of the item whose arrays it uses
    present: Any = True  # in a block: the uses that have it, or the condition
    branches: Mapping[str, Any] = _NOTHING  # the same for branches that only some uses have

    @property
    def layers(self) -> Items:
        return self.parts[LAYERS]


Items: TypeAlias = tuple[Item, ...]


class Block(NamedTuple):
    """The definition of a block: its arguments, each with its default or None, and its layers.

    ``roles`` say what each argument is about.
    """

    name: str
    arguments: Mapping[str, Any]
    layers: Items
    roles: Mapping[str, str]


def inside(items: Sequence[Item]) -> Iterator[Item]:
    """All items, with those in branches, scopes and repeats."""
    for item in items:
        yield item
        for part in item.parts.values():
            yield from inside(part)


def rows_of(items: Sequence[Item]) -> int:
    """How many rows of a table the items have, the rounds of a repeat counted once."""
    return sum(item.kind not in (SCOPE, REPEAT) for item in inside(items))


def in_lists(items: Items, change: Callable[[Items], Items]) -> Items:
    """The items with every list changed, the innermost lists first; what does not change stays the same object."""
    inner = tuple([_with_parts(item, change) for item in items])
    is_same = all(new is old for new, old in zip(inner, items, strict=True))
    return change(items if is_same else inner)


def _with_parts(item: Item, change: Callable[[Items], Items]) -> Item:
    parts = {name: in_lists(part, change) for name, part in item.parts.items()}
    is_same = all(parts[name] is part for name, part in item.parts.items())
    return item if is_same else item._replace(parts=parts)


def replaced(items: Items, start: int, end: int, new: Items) -> Items:
    """The items with those from ``start`` to ``end`` replaced; what the last of them gave, the last new one gives.

    Positions that other items read move along. No item outside may read another one of those replaced.
    """
    moved = start + len(new) - end

    def place(position: int) -> int:
        return position if position < start else position + moved

    rest = [
        item._replace(
            reads=item.reads and tuple([place(position) for position in item.reads]),
            same_as=None if item.same_as is None else place(item.same_as),
        )
        for item in items[end:]
    ]
    return (*items[:start], *new, *rest)


SAYS_NOTHING = {"block", "blocks", "body", "branch", "layer", "layers", "module", "modules"}
"""Names of modules that fit all of them."""


def words(path: Path) -> Path:
    """The parts of a path that say something: a number only says which one it is.

    >>> words(("layer1", "0", "conv1"))
    ('layer1', 'conv1')
    """
    return tuple([part for part in path if part not in SAYS_NOTHING and not re.fullmatch(r"[\d_.-]+", part)])
