"""Repeats: items that follow each other and are the same are written once."""

from __future__ import annotations

from archcalc.language.folding.items import LAYERS, REPEAT, SCOPE, Item, Items, replaced, rows_of
from archcalc.language.folding.modules import sources_of
from archcalc.ops import OPS

LONGEST = 8
"""Items of one round."""


def with_repeats(items: Items) -> Items:
    """A list in which rounds of the same items are repeats."""
    start = 0
    while start < len(items):
        for length in range(1, LONGEST + 1):
            rounds = _rounds(items, start, length)
            if _is_worth(items[start : start + length], rounds):
                end = start + rounds * length
                items = replaced(items, start, end, (_repeat(items, start, length, rounds),))
                break
        start += 1
    return items


def _rounds(items: Items, start: int, length: int) -> int:
    """How many times the items from ``start`` on follow each other, each read only by the one below it."""
    first = [_form(item) for item in items[start : start + length]]
    named = {source for place in range(len(items)) if items[place].reads for source in sources_of(items, place)}
    named |= {item.same_as for item in items if item.same_as is not None}
    rounds, place = 0, start
    while place + length <= len(items):
        window = items[place : place + length]
        is_plain = all(item.reads is None and item.same_as is None for item in window)
        if not is_plain or named & {*range(place, place + length)} or [_form(item) for item in window] != first:
            break
        rounds, place = rounds + 1, place + length
    return rounds


def _form(item: Item) -> object:
    """What two items have in common if they are the same but for their names."""
    return (
        item.kind,
        {name: repr(value) for name, value in item.options.items()},
        [_form(after) for after in item.then],
        [[_form(one) for one in part] for part in item.parts.values()],
        repr(item.present),
        item.reads,
    )


def _is_worth(items: Items, rounds: int) -> bool:
    """Whether a repeat is easier to read than the items one after the other."""
    is_use = any(item.kind not in OPS and item.kind not in (SCOPE, REPEAT) for item in items)
    return rounds > 2 and (is_use or (rounds - 1) * rows_of(items) > 3)


def _repeat(items: Items, start: int, length: int, rounds: int) -> Item:
    body = items[start : start + length]
    return Item(REPEAT, {"times": rounds}, parts={LAYERS: tuple(item._replace(path=()) for item in body)})
