"""The items of a spec before they are text: layers, branches, scopes, repeats and uses of blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

SCOPE = ""
"""The kind of an item that only holds the layers of one module."""

REPEAT = "repeat"

LAYERS = "layers"
"""The part of a scope or a repeat that holds its layers."""

ENTRY = -1
"""Stands for the input of a list among the positions of its items. The further inputs of a network have the
numbers below it.
"""

Path: TypeAlias = tuple[str, ...]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class ExpressionText(str):
    """A value that is written as an expression over arguments."""

    __slots__ = ()


class SpecItem(NamedTuple):
    """One entry of a layer list.

    The comments say what each field holds.
    """

    kind: str  # an op, a block, REPEAT or SCOPE
    options: Mapping[str, Any] = _NOTHING  # every option of an op, every argument of a block
    then: tuple[SpecItem, ...] = ()
    parts: Mapping[str, SpecItems] = _NOTHING  # the branches of a merge, or LAYERS
    path: Any = ()  # its modules inside the list, and its own name
    reads: tuple[int, ...] | None = None  # positions in its list, or inputs; None: the item above
    same_as: int | None = None  # the position of the item whose arrays it uses
    present: Any = True  # in a block: the uses that have it, or the condition
    branches: Mapping[str, Any] = _NOTHING  # the same for branches that only some uses have

    @property
    def layers(self) -> SpecItems:
        return self.parts[LAYERS]


SpecItems: TypeAlias = tuple[SpecItem, ...]


class SpecBlock(NamedTuple):
    """The definition of a block: its arguments, each with its default or None, and its layers.

    ``roles`` say what each argument is about.
    """

    name: str
    arguments: Mapping[str, Any]
    layers: SpecItems
    roles: Mapping[str, str]


def inside(items: Sequence[SpecItem]) -> Iterator[SpecItem]:
    """All items, with those in branches, scopes and repeats."""
    for item in items:
        yield item
        for part in item.parts.values():
            yield from inside(part)


def rows_of(items: Sequence[SpecItem]) -> int:
    """How many rows of a table the items have, the rounds of a repeat counted once."""
    return sum(item.kind not in (SCOPE, REPEAT) for item in inside(items))


def in_lists(items: SpecItems, change: Callable[[SpecItems], SpecItems]) -> SpecItems:
    """The items with every list changed, the innermost first; what does not change stays the same object."""
    inner = tuple([_with_parts(item, change) for item in items])
    is_same = all(new is old for new, old in zip(inner, items, strict=True))
    return change(items if is_same else inner)


def _with_parts(item: SpecItem, change: Callable[[SpecItems], SpecItems]) -> SpecItem:
    parts = {name: in_lists(part, change) for name, part in item.parts.items()}
    is_same = all(parts[name] is part for name, part in item.parts.items())
    return item if is_same else item._replace(parts=parts)


def read_by_name(items: SpecItems) -> set[int]:
    """The positions of the items that others name: to read them, or to share their arrays."""
    read = {source for item in items for source in item.reads or ()}
    return read | {item.same_as for item in items if item.same_as is not None}


def replaced(items: SpecItems, start: int, end: int, new: SpecItems) -> SpecItems:
    """The items with those from ``start`` to ``end`` replaced.

    What the last of them gave, the last new one gives; no item behind may read another one of them. The
    positions that the items behind read move along.
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


def shared_scope(scopes: Sequence[Path]) -> Path:
    """The modules that contain all of some layers."""
    alike = takewhile(lambda parts: len(set(parts)) == 1, zip(*scopes, strict=False))
    return tuple([parts[0] for parts in alike])
