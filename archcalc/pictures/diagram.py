"""A network as boxes: scopes hold layers, equal blocks in a row are one box, and edges follow the signal."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from archcalc.engine.quantities import LAYER_FIGURES
from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.network import INPUT_NAME
from archcalc.render.columns import window
from archcalc.results import Analysis, Layer
from archcalc.results.diagram import ENTRY, EXIT, Box, Diagram
from archcalc.results.folding import row_path

MOST_BOXES = 42
"""Boxes without boxes inside that one picture shows, unless a depth is asked for."""

COSTS = ("macs", "params")
"""The figures that a box shows if none are named."""


def diagram_of(analysis: Analysis, costs: Sequence[str], depth: int | str | None) -> Diagram:
    """The diagram of a network. ``depth`` folds blocks below that level; None: what one picture can show.

    Raises ArchcalcError for a figure that layers do not have.
    """
    keys = tuple(map(_known, costs)) or COSTS
    rows = _Rows(analysis, keys)
    if depth is None:
        levels = range(rows.levels, 0, -1)
        drawn = (rows.boxes(level) for level in levels)
        root = next((box for box in drawn if sum(1 for _ in leaves(box)) <= MOST_BOXES), None) or rows.boxes(
            1
        )
    else:
        root = rows.boxes(rows.levels if isinstance(depth, str) else depth)
    title = analysis.title or analysis.network
    links, name = rows.links_between(root), next(iter(analysis.inputs), INPUT_NAME)
    return Diagram(analysis.network, title, analysis.input, root, links, keys, name)


def _known(name: str) -> str:
    keys = [quantity.key for quantity in LAYER_FIGURES if quantity.additive]
    if name not in keys:
        hint = did_you_mean(name, keys) or f"known: {', '.join(keys)}"
        raise ArchcalcError(f"a diagram shows no '{short(name)}' ({hint})")
    return name


def leaves(box: Box) -> Iterator[Box]:
    """The boxes without boxes inside."""
    if not box.inside:
        yield box
    for inner in box.inside:
        yield from leaves(inner)


class _Scope:
    """A scope of a network, or a layer with what follows it in a ``then`` (``layers``)."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.inner: dict[str, _Scope] = {}
        self.layers: list[Layer] = []
        self.edges: dict[tuple[int, int], None] = {}

    def place(self, name: str) -> int:
        return list(self.inner).index(name)

    def all_layers(self) -> list[Layer]:
        found = list(self.layers)
        for scope in self.inner.values():
            found += scope.all_layers()
        return found


class _Rows:
    """The rows of a network in their scopes, with the edges between them."""

    def __init__(self, analysis: Analysis, keys: Sequence[str]) -> None:
        self.keys = keys
        self.merged: dict[str, str] = {}
        """Blocks that are shown as an earlier one, by path."""
        self.root = _Scope("")
        row_of = {next(iter(analysis.inputs), INPUT_NAME): "", **_row_of_each(analysis.layers)}
        for layer in analysis.layers:
            scope = self.root
            for part in row_of[layer.path].split("/"):
                path = f"{scope.path}/{part}".lstrip("/")
                scope = scope.inner.setdefault(part, _Scope(path))
            scope.layers.append(layer)
        self.links = {
            (row_of[source], row_of[layer.path]): None for layer in analysis.layers for source in layer.inputs
        }
        for source, target in self.links:
            self._connect(source, target)
        last = row_of[analysis.layers[-1].path] if analysis.layers else ""
        self.levels = max((path.count("/") + 1 for path in row_of.values()), default=1)
        self._leave(last)
        self.total = sum(layer.figures[keys[0]] for layer in analysis.layers) or 1

    def _connect(self, source: str, target: str) -> None:
        """An edge from one row to another, in every scope that it passes."""
        if source == target:
            return
        ways = source.split("/") if source else [], target.split("/")
        scope, shared = self.root, 0
        while shared < min(map(len, ways)) and ways[0][shared] == ways[1][shared]:
            scope = scope.inner[ways[0][shared]]
            shared += 1
        begin = scope.place(ways[0][shared]) if len(ways[0]) > shared else ENTRY
        scope.edges[begin, scope.place(ways[1][shared])] = None
        for way, to_exit in zip(ways, (True, False), strict=True):
            inner = scope.inner[way[shared]] if len(way) > shared else scope
            for part in way[shared + 1 :]:
                number = inner.place(part)
                inner.edges[(number, EXIT) if to_exit else (ENTRY, number)] = None
                inner = inner.inner[part]

    def _leave(self, last: str) -> None:
        """The edges that lead from the last row out of the scopes around it."""
        scope = self.root
        for part in last.split("/"):
            if scope is not self.root and part in scope.inner:
                scope.edges[scope.place(part), EXIT] = None
            scope = scope.inner.get(part, scope)

    def boxes(self, depth: int) -> Box:
        """The boxes, folded below a depth."""
        self.merged.clear()
        return self._box(self.root, "", depth)

    def links_between(self, root: Box) -> tuple[tuple[str, str], ...]:
        """The edges between the innermost boxes, by path; "" is the input of the network."""
        shown = {box.path for box in leaves(root)}
        ends = {
            (self._shown(source, shown), self._shown(target, shown)): None for source, target in self.links
        }
        return tuple((source, target) for source, target in ends if source != target)

    def _shown(self, path: str, shown: Collection[str]) -> str:
        """The path of the innermost box that shows a row."""
        parts = path.split("/")
        for length in range(1, len(parts) + 1):
            scope = "/".join(parts[:length])
            if scope in self.merged:
                return self._shown("/".join([self.merged[scope], *parts[length:]]), shown)
            if scope in shown:
                return scope
        return ""

    def _box(self, scope: _Scope, name: str, depth: int) -> Box:
        layers = scope.all_layers()
        figures = {key: sum(layer.figures[key] or 0 for layer in layers) for key in self.keys}
        is_layer = not scope.inner
        made = Box(
            scope.path,
            name,
            _op(scope.layers) if is_layer else "",
            layers[-1].output if layers else (),
            figures,
            Fraction(figures[self.keys[0]], self.total),
            aux=all(layer.aux for layer in layers),
        )
        if is_layer or depth < 1:
            return made if is_layer else replace(made, says=_inner_ops(layers))
        inside = [self._box(inner, part, depth - 1) for part, inner in scope.inner.items()]
        whole = replace(made, inside=tuple(inside), edges=tuple(sorted(scope.edges)))
        return _without_wrapper(_with_repeats(whole, self))

    def same(self, one: Box, other: Box) -> bool:
        """Whether two boxes do the same, whatever they are called."""
        if one.inside or other.inside:
            alike = len(one.inside) == len(other.inside) and one.edges == other.edges
            pairs = zip(one.inside, other.inside, strict=False)
            return alike and one.figures == other.figures and all(self.same(*pair) for pair in pairs)
        return (one.says, one.output, one.figures, one.aux) == (
            other.says,
            other.output,
            other.figures,
            other.aux,
        )


def _row_of_each(layers: Sequence[Layer]) -> dict[str, str]:
    """The path of the row of each layer."""
    rows = {layer.path: row_path(layer.path, layer.follower) for layer in layers}
    scopes = {row[:place] for row in rows.values() for place, letter in enumerate(row) if letter == "/"}
    # A merge has the path of the scope with its branches: there it is a row of its own, and so is what
    # follows a whole block.
    ops = {layer.path: layer.op for layer in layers}
    return {path: f"{row}/{ops[path]}" if row in scopes else row for path, row in rows.items()}


def _op(layers: Sequence[Layer]) -> str:
    """The ops of a row, with the window of its first layer: conv 3x3/2 + bn + relu."""
    names = [layer.op for layer in layers]
    shape = window(layers[0].options)
    names[0] = f"{names[0]} {shape}" if shape else names[0]
    return " + ".join(dict.fromkeys(names))


def _inner_ops(layers: Sequence[Layer]) -> str:
    """The weighted ops of a folded block: 3 conv."""
    counts: dict[str, int] = {}
    for layer in layers:
        if layer.weighted:
            counts[layer.op] = counts.get(layer.op, 0) + 1
    if counts:
        return ", ".join(f"{count} {op}" for op, count in counts.items())
    return f"{len(layers)} layers" if len(layers) > 1 else layers[0].op


def _with_repeats(box: Box, rows: _Rows) -> Box:
    """Boxes that do the same, each reading only the one before it, as one box."""
    count = len(box.inside)
    reads: list[list[int]] = [[] for _ in range(count)]
    readers: list[list[int]] = [[] for _ in range(count)]
    for source, target in box.edges:
        if target >= 0:
            reads[target].append(source)
        if source >= 0:
            readers[source].append(target)
    first = list(range(count))  # the first box of the run to which each one belongs
    for place in range(1, count):
        is_next = reads[place] == [place - 1] and readers[place - 1] == [place]
        before = box.inside[first[place - 1]]
        begins_alike = len(reads[first[place - 1]]) == 1
        if is_next and begins_alike and rows.same(before, box.inside[place]):
            first[place] = first[place - 1]
    for place in range(count):
        if first[place] != place:
            rows.merged[box.inside[place].path] = box.inside[first[place]].path
    kept = [place for place in range(count) if first[place] == place]
    number = {place: kept.index(first[place]) for place in range(count)} | {ENTRY: ENTRY, EXIT: EXIT}
    edges = {(number[source], number[target]) for source, target in box.edges}
    inside = tuple(_times(box.inside[place], first.count(place)) for place in kept)
    return replace(box, inside=inside, edges=tuple(sorted((a, b) for a, b in edges if a != b)))


def _without_wrapper(box: Box) -> Box:
    """A scope that holds one block only is that block: one frame is enough for both."""
    if len(box.inside) != 1 or not box.path or not box.inside[0].inside:
        return box
    (only,) = box.inside
    return replace(only, name=f"{box.name}/{only.name}")


def _times(box: Box, times: int) -> Box:
    """So many boxes like this one."""
    if times == 1:
        return box
    figures = {key: times * value for key, value in box.figures.items()}
    return replace(box, times=times, figures=figures, share=times * box.share)
