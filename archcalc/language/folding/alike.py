"""Which items are alike, up to numbers and a few layers that only some of them have.

SpecItems that are alike become one item whose options have a value for each of them: ``Values``. Where one of
them lacks a layer, the value is MISSING.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from archcalc.language.folding.items import REPEAT, SpecItem, SpecItems
from archcalc.ops import OPS

MISSING: Any = object()

MOST_OPTIONAL = 2
"""Layers of one list that only some of the items have: with more, a block is hard to read."""


LONGEST_LIST = 30
"""Items of lists that are compared if they differ in length: more take too long."""


class Values(tuple[Any, ...]):
    """The values of one option in several items that are alike."""

    __slots__ = ()

    @property
    def known(self) -> list[Any]:
        """The values of the items that have the layer."""
        return [value for value in self if value is not MISSING]

    @property
    def is_constant(self) -> bool:
        known = self.known
        return all(value == known[0] for value in known)


def together(lists: Sequence[SpecItems]) -> SpecItems:
    """Lists of one form as one list, with the values of all."""
    return tuple(
        [
            first._replace(
                options={name: Values([item.options[name] for item in items]) for name in first.options},
                then=together([item.then for item in items]),
                parts={
                    name: together([[*item.parts.values()][place] for item in items])
                    for place, name in enumerate(first.parts)
                },
                path=Values([item.path for item in items]),
                present=Values([True] * len(items)),
            )
            for first, items in [(items[0], items) for items in zip(*lists, strict=True)]
        ]
    )


def is_number(value: Any) -> bool:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def form_of(items: SpecItems) -> Any:
    """What lists have in common if they differ in numbers only: a value that can be a key."""
    return tuple(
        [
            (
                item.kind,
                item.reads,
                tuple([_form_of_value(item.kind, value) for value in item.options.values()]),
                form_of(item.then),
                tuple([form_of(part) for part in item.parts.values()]),
            )
            for item in items
        ]
    )


def _form_of_value(kind: str, value: Any) -> Any:
    # The flags of a block are arguments, as its numbers are.
    is_free = is_number(value) or value is MISSING or (isinstance(value, bool) and kind not in OPS)
    return None if is_free else repr(value)


def _joined(kind: str, a: Values, b: Values) -> Values | None:
    both = Values(a + b)
    forms = {_form_of_value(kind, value) for value in both.known}
    return both if both.is_constant or forms == {None} else None


class Likeness:
    """Joins items that are alike, though some of them may have layers that others lack."""

    def of_lists(self, a: SpecItems, b: SpecItems, uses: tuple[int, int]) -> SpecItems | None:
        """Two lists as one; ``uses`` are the numbers of items that each stands for. None: not alike."""
        if len(a) == len(b):
            pairs = [self.of_items(x, y) for x, y in zip(a, b, strict=True)]
            if all(pairs):
                return tuple([pair for pair in pairs if pair])
        return self._with_one_branch(a, b, uses) or self._aligned(a, b, uses)

    def of_items(self, a: SpecItem, b: SpecItem) -> SpecItem | None:
        """Two items as one."""
        if (a.kind, a.reads, len(a.then), len(a.parts)) != (b.kind, b.reads, len(b.then), len(b.parts)):
            return None
        uses = len(a.present), len(b.present)
        options = {name: _joined(a.kind, value, b.options[name]) for name, value in a.options.items()}
        then = [self.of_items(x, y) for x, y in zip(a.then, b.then, strict=True)]
        # Branches are the same by their order, whatever their names.
        pairs = zip(a.parts.values(), b.parts.values(), strict=True)
        parts = [self.of_lists(x, y, uses) for x, y in pairs]
        if None in options.values() or None in then or None in parts:
            return None
        return a._replace(
            options=options,
            then=tuple([item for item in then if item]),
            parts=dict(zip(_better_names(a, b), [part for part in parts if part is not None], strict=True)),
            path=Values(a.path + b.path),
            present=Values(a.present + b.present),
            branches=_joined_branches(a, b, uses),
        )

    def _with_one_branch(self, a: SpecItems, b: SpecItems, uses: tuple[int, int]) -> SpecItems | None:
        """A merge that some items have, and whose main branch alone the others have."""
        is_first = len(a) == 1 and _identities(a[0]) and not (len(b) == 1 and b[0].parts)
        merge, count = (a[0], uses[1]) if is_first else (b[0] if len(b) == 1 else None, uses[0])
        if merge is None or merge.then or (not is_first and (not _identities(merge) or _is_merge(a))):
            return None
        (name,) = [name for name, part in merge.parts.items() if part]
        main = self.of_lists(*((merge.parts[name], b) if is_first else (a, merge.parts[name])), uses)
        if main is None or sum(False in item.present for item in main) > 1:
            return None
        alone = {part: Values([part == name] * count) for part in merge.parts}
        here = {part: merge.branches.get(part, Values([True] * len(merge.present))) for part in merge.parts}
        pairs = (here, alone) if is_first else (alone, here)
        branches = {part: Values(pairs[0][part] + pairs[1][part]) for part in merge.parts}
        rest = absent(merge, count)._replace(present=Values([True] * count))
        first, second = (merge, rest) if is_first else (rest, merge)
        return (
            merge._replace(
                options={key: Values(first.options[key] + second.options[key]) for key in merge.options},
                parts={part: main if part == name else () for part in merge.parts},
                path=Values(first.path + second.path),
                present=Values(first.present + second.present),
                branches=branches,
            ),
        )

    def _aligned(self, a: SpecItems, b: SpecItems, uses: tuple[int, int]) -> SpecItems | None:
        """Lists that are alike but for a few items; what reads by position is left as it is."""
        is_long = max(len(a), len(b)) > LONGEST_LIST or abs(len(a) - len(b)) > MOST_OPTIONAL
        if is_long or any(item.reads is not None for item in (*a, *b)):
            return None

        @cache
        def best(i: int, j: int) -> tuple[int, SpecItems]:
            """The number of pairs from these places on, and the list with them."""
            if i == len(a) and j == len(b):
                return 0, ()
            found: list[tuple[int, SpecItems]] = []
            if i < len(a) and j < len(b) and (pair := self.of_items(a[i], b[j])):
                count, rest = best(i + 1, j + 1)
                found.append((count + 1, (pair, *rest)))
            if i < len(a):
                count, rest = best(i + 1, j)
                found.append((count, (_and_absent(a[i], uses[1]), *rest)))
            if j < len(b):
                count, rest = best(i, j + 1)
                found.append((count, (_absent_and(uses[0], b[j]), *rest)))
            return max(found, key=lambda one: one[0])

        pairs, joined = best(0, 0)
        left_out = len(joined) - pairs
        is_worth = 2 * left_out <= pairs or not a or not b
        return joined if left_out <= MOST_OPTIONAL and is_worth else None


def _is_merge(items: SpecItems) -> bool:
    return len(items) == 1 and bool(items[0].parts)


def _identities(item: SpecItem) -> bool:
    """Whether it is a merge of one branch with its own input."""
    return item.kind in OPS and len([part for part in item.parts.values() if part]) == 1 < len(item.parts)


def _better_names(a: SpecItem, b: SpecItem) -> Mapping[str, SpecItems]:
    """The parts with the names of the item whose branches have more layers."""
    return a.parts if sum(map(len, a.parts.values())) >= sum(map(len, b.parts.values())) else b.parts


def _joined_branches(a: SpecItem, b: SpecItem, uses: tuple[int, int]) -> dict[str, Values]:
    """Which branches only some uses have, under the names of ``_better_names``."""
    if not a.branches and not b.branches:
        return {}
    names = zip(a.parts, b.parts, _better_names(a, b), strict=True)
    always = Values([True] * uses[0]), Values([True] * uses[1])
    return {
        name: Values(a.branches.get(of_a, always[0]) + b.branches.get(of_b, always[1]))
        for of_a, of_b, name in names
    }


def absent(item: SpecItem, count: int, *, is_inside: bool = False) -> SpecItem:
    """The item where it is missing, a number of times; what ``is_inside`` of another needs no condition."""
    missing = Values([MISSING] * count)
    is_repeat = item.kind == REPEAT  # a repeat of no rounds needs no condition
    return item._replace(
        options={name: Values([0] * count) if is_repeat else missing for name in item.options},
        then=tuple([absent(after, count) for after in item.then]),
        parts={
            name: tuple([absent(one, count, is_inside=True) for one in part])
            for name, part in item.parts.items()
        },
        path=missing,
        present=missing if is_inside else Values([is_repeat] * count),
        branches=dict.fromkeys(item.branches, missing),
    )


def _and_absent(item: SpecItem, count: int) -> SpecItem:
    return _concatenated(item, absent(item, count))


def _absent_and(count: int, item: SpecItem) -> SpecItem:
    return _concatenated(absent(item, count), item)


def _concatenated(a: SpecItem, b: SpecItem) -> SpecItem:
    """Two items of one form with the values of both."""
    return a._replace(
        options={name: Values(value + b.options[name]) for name, value in a.options.items()},
        then=tuple([_concatenated(x, y) for x, y in zip(a.then, b.then, strict=True)]),
        parts={
            name: tuple([_concatenated(x, y) for x, y in zip(part, b.parts[name], strict=True)])
            for name, part in a.parts.items()
        },
        path=Values(a.path + b.path),
        present=Values(a.present + b.present),
        branches={name: Values(value + b.branches[name]) for name, value in a.branches.items()},
    )
