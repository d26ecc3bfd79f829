"""Repeats: items that follow each other and are the same are written once."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.language.folding.items import (
    LAYERS,
    REPEAT,
    SCOPE,
    SpecItem,
    SpecItems,
    read_by_name,
    replaced,
    rows_of,
)
from archcalc.ops import OPS

LONGEST = 8
"""Items of one round."""

FEWEST = 3
"""Rounds: two are easier to read one after the other."""


def with_repeats(items: SpecItems) -> SpecItems:
    """A list in which rounds of the same items are repeats."""
    start, forms = 0, _forms(items)
    while start < len(items):
        for length in range(1, LONGEST + 1):
            rounds = _rounds(forms, start, length)
            if _is_worth(items[start : start + length], rounds):
                end = start + rounds * length
                items = replaced(items, start, end, (_repeat(items[start : start + length], rounds),))
                forms = _forms(items)
                break
        start += 1
    return items


def _forms(items: SpecItems) -> list[str]:
    """What is the same of two items that are the same but for their names; empty if a name is needed."""
    needed = read_by_name(items)
    return [
        "" if place in needed or item.reads or item.same_as is not None else _form(item)
        for place, item in enumerate(items)
    ]


def _form(item: SpecItem) -> str:
    lists = [item.then, *item.parts.values()]
    inner = [[(_form(one), one.reads) for one in part] for part in lists]
    return repr((item.kind, dict(item.options), item.present, dict(item.branches), inner))


def _rounds(forms: Sequence[str], start: int, length: int) -> int:
    """How many times the items from ``start`` on follow each other."""
    first = forms[start : start + length]
    end = start + length
    while all(first) and forms[end : end + length] == first:
        end += length
    return (end - start) // length


def _is_worth(items: SpecItems, rounds: int) -> bool:
    """Whether a repeat is easier to read than the items one after the other."""
    has_use = any(item.kind not in OPS and item.kind not in (SCOPE, REPEAT) for item in items)
    return rounds >= FEWEST and (has_use or (rounds - 1) * rows_of(items) > FEWEST)


def _repeat(items: SpecItems, rounds: int) -> SpecItem:
    """A repeat, whose items have no names: they would be the same in all rounds."""
    return SpecItem(
        REPEAT, {"times": rounds}, parts={LAYERS: tuple([item._replace(path=()) for item in items])}
    )
