"""A network built from arrays or intervals, made ready to be walked: its claims, its options, its bounds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from archcalc import dims
from archcalc.dims.interval import INT64_MOST, Interval
from archcalc.engine.claims import Findings
from archcalc.engine.totals import totals
from archcalc.engine.walk import MAX_VALUES, Step, walk
from archcalc.network import Network, Node
from archcalc.ops.base import Claim, Op, Volume
from archcalc.ops.options import Count, PerAxis, options_of

Turn = Callable[[str, Any, int], Any]
"""What a dimension becomes: of the path of its layer, the dimension, and the least that it may be."""


@dataclass(slots=True)
class Masks(Findings):
    """Which points fail which claim; a network goes on as long as one point is left."""

    failed: list[tuple[str, Any]] = field(default_factory=list)
    limited: bool = False  # whether a layer may have more than MAX_VALUES

    def judge(self, node: Node, claims: Iterable[Claim], noted: list[Claim] | None = None) -> bool:
        for claim in claims:
            truth = True if claim.note else claim.relation(claim.left, claim.right)
            if truth is not True:
                self.failed.append((node.path, truth))
            if truth is False:
                return False
        return True

    def watch(self, steps: Iterator[Step]) -> Iterator[Step]:
        """The steps, with the claim of plain ints that no layer is larger than anybody computes."""
        for step in steps:
            yield step
            if self.limited and (truth := dims.at_least(MAX_VALUES, step.y.size)) is not True:
                self.failed.append((step.node.path, truth))


@dataclass(slots=True)
class Bounds(Findings):
    """The largest magnitude that any claim, shape, weight count or cost meets on its way."""

    worst: Any = 0
    largest: Any = 0  # values of one layer

    def see(self, *found: Any) -> None:
        for dim in found:
            self.worst = max(self.worst, dim.worst if isinstance(dim, Interval) else abs(dim))

    def judge(self, node: Node, claims: Iterable[Claim], noted: list[Claim] | None = None) -> bool:
        for claim in claims:
            self.see(claim.left, claim.right)
            # A mask is made of what the relation works out: b - b // a * a, at most twice its sides.
            self.worst = max(self.worst, 2 * max(_most(claim.left), _most(claim.right)))
            if not claim.note and claim.relation(claim.left, claim.right) is False:
                return False  # at no point is there such a layer
        return True

    def watch(self, steps: Iterator[Step]) -> Iterator[Step]:
        for step in steps:
            self.see(*step.y.dims, step.y.size, *step.cost.values())
            self.see(*(dims.prod(weight.shape) for weight in step.weights))
            self.largest = max(self.largest, _most(step.y.size))
            yield step


def _most(dim: Any) -> Any:
    return max(-dim.low, dim.high) if isinstance(dim, Interval) else abs(dim)


def fits_int64(network: Network, wanted: Collection[str], batch: int, dtype: str, aux: bool) -> bool:
    """Whether int64 holds every intermediate result of a network of intervals."""
    bounds = Bounds()
    found = totals(network, bounds.watch(walk(network, bounds, aux=aux)), wanted, batch, dtype)
    for value in found.values():
        bounds.see(*(value if isinstance(value, tuple) else (value,)))
    return bool(bounds.worst <= INT64_MOST and bounds.largest <= MAX_VALUES)


def settle(network: Network, turn: Turn, lift: Callable[[int], Any]) -> Network:
    """The network with every dimension of its options and its input turned; plain ints of options stay.

    Plain ints of the input are lifted to the kind: that tells the walk that the network is of that kind.
    """
    layers = []
    known: dict[int, Op] = {}  # an op that is the same everywhere belongs to many layers
    for node in network.layers:
        op = known.get(id(node.op))
        if op is None:
            op = known[id(node.op)] = _settled_op(node, turn)
        layers.append(node if op is node.op else node._replace(op=op))
    sides = tuple(turn("input", lift(side) if type(side) is int else side, 1) for side in network.input.dims)
    return replace(network, layers=layers, input=Volume(sides[:-1], sides[-1]))


def _settled_op(node: Node, turn: Turn) -> Op:
    changes = {}
    for item in options_of(type(node.op)).values():
        if isinstance(item.type, Count | PerAxis):
            value = getattr(node.op, item.name)
            if _is_open(value):
                changes[item.name] = _turned(node.path, value, item.type.least, turn)
    return replace(node.op, **changes) if changes else node.op


def _is_open(value: Any) -> bool:
    """Whether a value of an option is, or holds, a dimension that is no plain int."""
    if isinstance(value, tuple):
        return any(_is_open(item) for item in value)
    return not isinstance(value, int | str)


def _turned(path: str, value: Any, least: int, turn: Turn) -> Any:
    if isinstance(value, tuple):
        return tuple(_turned(path, item, least, turn) for item in value)
    return turn(path, value, least) if _is_open(value) else value


def bounded_interval(path: str, value: Interval, least: int) -> Interval:
    """The turn of intervals: whole numbers within the bounds that arrays are held to."""
    inside: Interval = dims.smaller(dims.larger(value // 1, least), MAX_VALUES)
    return Interval(inside.low, inside.high)
