"""The graph of a network as a series-parallel tree: chains, and merges with branches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from archcalc.language.folding.branch_names import branch_names
from archcalc.language.folding.items import ENTRY, Path, SpecItem, SpecItems, shared_scope
from archcalc.network import INPUT, Input, Node
from archcalc.ops.base import Op
from archcalc.ops.options import options_of


def tree_of(layers: Sequence[Node]) -> SpecItems:
    """Layers as items, in the same order.

    A merge has branches if they lie one after the other in front of it, in the order in which it reads them,
    and if nothing else enters or leaves them. Every other wire stays a number of an item that is read.
    """
    graph = _Graph(layers)
    return graph.items(0, len(graph.rows), ENTRY)


class _GraphRow(NamedTuple):
    """A layer with what follows it; ``reads`` are numbers of rows, or of inputs: ENTRY and below."""

    head: Node
    then: Sequence[Node]
    reads: tuple[int, ...]
    same_as: int | None

    @property
    def path(self) -> Path:
        return tuple(self.head.path.split("/"))


class _Region(NamedTuple):
    """The branches of a merge: each from a row up to another, empty if these are one; and what they read."""

    entry: int
    branches: Sequence[tuple[int, int]]

    @property
    def start(self) -> int:
        return min(start for start, end in self.branches if start < end)


class _Graph:
    """The rows of a network and their readers."""

    def __init__(self, layers: Sequence[Node]) -> None:
        self.rows = list(_rows(layers))
        self.readers: dict[int, list[int]] = {number: [] for number in range(len(self.rows))}
        for number, row in enumerate(self.rows):
            for source in row.reads:
                self.readers.setdefault(source, []).append(number)
        ties = {number: row.same_as for number, row in enumerate(self.rows) if row.same_as is not None}
        self.tied = {*ties, *ties.values()}

    def items(self, start: int, end: int, entry: int, depth: int = 0) -> SpecItems:
        """The rows from ``start`` to ``end`` as a list whose input is the row ``entry``."""
        found: list[tuple[int, int, _Region | None]] = []
        number = end - 1
        while number >= start:
            region = self._region(number, start, entry) if depth < MOST_NESTED else None
            first = region.start if region else number
            found.append((number, first, region))
            number = first - 1
        places = {entry: ENTRY} | {number: place for place, (number, _, _) in enumerate(reversed(found))}
        return tuple(
            self._item(number, first, region, places, place, depth)
            for place, (number, first, region) in enumerate(reversed(found))
        )

    def _item(
        self, number: int, first: int, region: _Region | None, places: dict[int, int], place: int, depth: int
    ) -> SpecItem:
        row = self.rows[number]
        sources = (region.entry,) if region else row.reads
        # Only the outermost list reads further inputs.
        reads = tuple([places.get(source, source) for source in sources])
        item = SpecItem(
            row.head.op.name,
            values_of(row.head.op),
            tuple([SpecItem(node.op.name, values_of(node.op)) for node in row.then]),
            path=row.path,
            # The item above is what a layer reads without a word.
            reads=None if reads == (place - 1,) else reads,
            same_as=None if row.same_as is None else places[row.same_as],
        )
        if region is None:
            return item
        lists = [self.items(*branch, region.entry, depth + 1) for branch in region.branches]
        scopes = [row.path[:-1] for row in self.rows[first : number + 1]]
        scope = shared_scope(scopes)
        names, prefixes = branch_names(item, lists, len(scope))
        parts = {
            name: without(items, prefix) for name, items, prefix in zip(names, lists, prefixes, strict=True)
        }
        return item._replace(parts=parts, path=(*scope, row.path[-1]))

    # --- branches ----------------------------------------------------------------------------------------

    def _region(self, merge: int, first: int, outer: int) -> _Region | None:
        """The branches of a row that merges, if all rows in them stand behind ``first``."""
        row = self.rows[merge]
        if not row.head.op.many or len(row.reads) < 2:
            return None
        # An empty branch gives what all branches read; else the first row of the second branch reads it.
        candidates = [min(row.reads)]
        if ENTRY <= row.reads[0] < merge - 1:
            candidates += self.rows[row.reads[0] + 1].reads[:1]
        for entry in candidates:
            region = self._region_from(entry, merge)
            if region and region.start >= first and (entry >= first or entry == outer):
                return region
        return None

    def _region_from(self, entry: int, merge: int) -> _Region | None:
        reads = self.rows[merge].reads
        ends = [number for number in reads if number != entry]
        if not ends or ends != sorted(set(ends)) or ends[0] < entry or ends[-1] != merge - 1:
            return None
        start = self._start(entry, ends[0])
        branches = []
        for number in reads:
            if number == entry:
                branches.append((start, start))
            else:
                branches.append((start, number + 1))
                start = number + 1
        spans = [span for span in branches if span[0] < span[1]]
        if all(self._is_closed(*span, entry, merge) for span in spans):
            return _Region(entry, branches)
        return None

    def _start(self, entry: int, end: int) -> int:
        """The first row that leads from ``entry`` to ``end``."""
        first, todo, seen = end, [end], {end}
        while todo:
            for source in self.rows[todo.pop()].reads:
                if source > entry and source not in seen:
                    seen.add(source)
                    todo.append(source)
                    first = min(first, source)
        return first

    def _is_closed(self, start: int, end: int, entry: int, merge: int) -> bool:
        """Whether a branch reads only ``entry``, and only the merge reads it."""
        for number in range(start, end):
            readers = [merge] if number == end - 1 else range(number + 1, end)
            if (
                number in self.tied
                or any(source != entry and source < start for source in self.rows[number].reads)
                or any(reader not in readers for reader in self.readers[number])
                or not self.readers[number]
            ):
                return False
        return True


MOST_NESTED = 12
"""How deep branches stand in branches; what is deeper is wired by names, which is easier to read."""


def _rows(layers: Sequence[Node]) -> Iterator[_GraphRow]:
    ends: dict[int, int] = {INPUT: ENTRY}
    rows: list[list[Any]] = []
    heads: dict[int, int] = {}
    for number, node in enumerate(layers, 1):
        if isinstance(node.op, Input):
            ends[number] = ENTRY - number
            continue
        if node.follower:
            rows[-1][1].append(node)
            ends[number] = ends[number - 1]
            continue
        reads = tuple([ends[source] for source in node.inputs])
        ties = bool(node.same_as) and type(node.op).weights is not Op.weights
        heads[number] = ends[number] = len(rows)
        rows.append([node, [], reads, heads[node.same_as] if ties else None])
    return (_GraphRow(head, then, reads, same_as) for head, then, reads, same_as in rows)


def values_of(op: Op) -> dict[str, Any]:
    """All options of an op, the main one first."""
    return {name: getattr(op, name) for name in options_of(type(op))}


def without(items: SpecItems, prefix: int) -> SpecItems:
    """The items of a list, whose paths begin inside it: the branches have theirs already."""
    return tuple([item._replace(path=item.path[prefix:]) for item in items])
