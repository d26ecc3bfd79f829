"""Scopes: the layers of one module together, where one wire goes in and one comes out."""

from __future__ import annotations

from archcalc.language.folding.items import ENTRY, LAYERS, SCOPE, SpecItem, SpecItems, replaced

MOST_LEFT_OUT = 3
"""Layers at the start of a module that may stay outside its scope: those that read more than one wire."""


def with_scopes(items: SpecItems, depth: int = 0) -> SpecItems:
    """A list with a scope for each module that has several layers in it."""
    return _scoped(items, 0, len(items), depth)


def _scoped(items: SpecItems, start: int, end: int, depth: int) -> SpecItems:
    # From the end: what is replaced there does not move what stands before.
    while end > start:
        first = _start_of_module(items, start, end, depth)
        if first is None:
            end -= 1
            continue
        starts = range(first, min(first + MOST_LEFT_OUT + 1, end))
        scope_start = next((place for place in starts if _is_scope(items, place, end)), None)
        if scope_start is None:
            items = _scoped(items, first, end, depth + 1)
        else:
            scope = _scope(items, scope_start, end, depth)
            items = replaced(items, scope_start, end, (scope,))
        end = first
    return items


def _start_of_module(items: SpecItems, start: int, end: int, depth: int) -> int | None:
    """Where the layers begin that are in the same module as the last one; None if this is in none."""
    path = items[end - 1].path
    if len(path) <= depth + 1:
        return None
    first = end - 1
    while first > start and items[first - 1].path[:-1][: depth + 1] == path[: depth + 1]:
        first -= 1
    return first


def _is_scope(items: SpecItems, start: int, end: int) -> bool:
    has_several = end - start > 1 or bool(items[start].parts)
    return has_several and _entry(items, start, end) is not None


def _entry(items: SpecItems, start: int, end: int) -> int | None:
    """The only position that the items from ``start`` to ``end`` read; None if there are more wires."""
    sources = {source for place in range(start, end) for source in sources_of(items, place)}
    outside = {source for source in sources if source < start}
    read_inside = {
        source for place in range(end, len(items)) for source in sources_of(items, place) if source >= start
    }
    ties = {place for place, item in enumerate(items) if item.same_as is not None}
    tied = ties | {item.same_as for item in items}
    if len(outside) != 1 or not read_inside <= {*range(end - 1, len(items))} or tied & {*range(start, end)}:
        return None
    return outside.pop()


def sources_of(items: SpecItems, place: int) -> tuple[int, ...]:
    """The positions that an item reads."""
    reads = items[place].reads
    return (place - 1,) if reads is None else reads


def _scope(items: SpecItems, start: int, end: int, depth: int) -> SpecItem:
    entry = _entry(items, start, end)
    assert entry is not None
    inner = []
    for place in range(start, end):
        reads = tuple([source - start if source >= start else ENTRY for source in sources_of(items, place)])
        inner.append(
            items[place]._replace(
                path=items[place].path[depth + 1 :],
                reads=None if reads == (place - start - 1,) else reads,
            )
        )
    layers = with_scopes(tuple(inner))
    if len(layers) == 1 and layers[0].kind == SCOPE:
        layers = layers[0].layers  # a module of one module
    return SpecItem(
        SCOPE,
        parts={LAYERS: layers},
        path=items[start].path[: depth + 1],
        reads=None if entry == start - 1 else (entry,),
    )


def opened(items: SpecItems, place: int) -> SpecItems:
    """A list with the layers of a scope in place of the scope."""
    scope = items[place]
    inner = []
    for number, item in enumerate(scope.layers):
        sources = sources_of(scope.layers, number)
        # The scope reads one wire: its own, or that of the item above.
        outer = place - 1 if scope.reads is None else scope.reads[0]
        reads = tuple([outer if source == ENTRY else source + place for source in sources])
        inner.append(
            item._replace(
                path=(*scope.path, *item.path), reads=None if reads == (place + number - 1,) else reads
            )
        )
    return replaced(items, place, place + 1, tuple(inner))
