"""A layout of boxes in layers, from the top to the bottom: edges lead downwards, and few of them cross.

The steps of Sugiyama, Tagawa and Toda (1981): each box gets a layer, long edges get a place in every layer
that they pass, the order within the layers is chosen so that few edges cross, and then boxes move towards
their neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from archcalc.results.diagram import ENTRY, EXIT

ACROSS, DOWN = 16.0, 20.0
"""The gaps between boxes of a layer, and between layers."""

LANE = 10.0
"""The width of the place of a long edge."""

SWEEPS = 6
"""How often the layers are put in order, and how often boxes move."""

Point = tuple[float, float]
Edge = tuple[int, int]


class Layout(NamedTuple):
    """The size of a drawing, the left upper corners of its boxes, and the way of each edge."""

    width: float
    height: float
    corners: Sequence[Point]
    ways: Mapping[Edge, Sequence[Point]]


def layout(sizes: Sequence[Point], edges: Sequence[Edge]) -> Layout:
    """Place boxes of these sizes. An edge from ENTRY begins at the top, and an edge to EXIT ends below.

    >>> made = layout([(40, 20), (40, 20)], [(ENTRY, 0), (0, 1), (1, EXIT)])
    >>> made.corners
    [(0.0, 20.0), (0.0, 60.0)]
    """
    count = len(sizes)
    node = {ENTRY: count, EXIT: count + 1} | {number: number for number in range(count)}
    pairs = [(node[source], node[target]) for source, target in edges]
    rank = _ranks(count, pairs)
    boxes = [*sizes, (0.0, 0.0), (0.0, 0.0)]
    chains: dict[Edge, list[int]] = {}
    for edge, (source, target) in zip(edges, pairs, strict=True):
        between = range(rank[source] + 1, rank[target])
        chains[edge] = [source, *range(len(boxes), len(boxes) + len(between)), target]
        boxes += [(LANE, 0.0)] * len(between)
        rank += between
    links = [pair for chain in chains.values() for pair in pairwise(chain)]
    layers = _ordered(rank, links)
    centres = _centres(layers, boxes, links)
    tops, spans, height = _heights(layers, boxes)
    left = min((centres[one] - boxes[one][0] / 2 for one in range(len(boxes))), default=0.0)
    right = max((centres[one] + boxes[one][0] / 2 for one in range(len(boxes))), default=0.0)
    corners = [(centres[one] - boxes[one][0] / 2 - left, tops[one]) for one in range(count)]
    ways = {
        edge: _each_once(
            (centres[chain[0]] - left, tops[chain[0]] + boxes[chain[0]][1]),
            (centres[chain[0]] - left, spans[chain[0]][1]),
            *[(centres[one] - left, y) for one in chain[1:-1] for y in spans[one]],
            (centres[chain[-1]] - left, spans[chain[-1]][0]),
            (centres[chain[-1]] - left, tops[chain[-1]]),
        )
        for edge, chain in chains.items()
    }
    return Layout(right - left, height, corners, ways)


def _each_once(*points: Point) -> list[Point]:
    """Points in their order, without a point that stands where the one before stands."""
    return [point for point, before in zip(points, (None, *points), strict=False) if point != before]


def _ranks(count: int, pairs: Sequence[Edge]) -> list[int]:
    """The layer of each box: one below the lowest box that it reads. The exit is the last."""
    rank = [0 if one == count else 1 for one in range(count + 2)]
    before: dict[int, list[int]] = {}
    for source, target in pairs:
        before.setdefault(target, []).append(source)
    for one in range(count):  # boxes stand in the order of the network
        rank[one] = max([rank[source] + 1 for source in before.get(one, ())], default=1)
    rank[count + 1] = max(rank[:count], default=0) + 1
    return rank


def _ordered(rank: Sequence[int], links: Sequence[Edge]) -> list[list[int]]:
    """The nodes of each layer, in an order in which few edges cross."""
    layers: list[list[int]] = [[] for _ in range(max(rank) + 1)]
    for one, number in enumerate(rank):
        layers[number].append(one)
    above, below = _neighbours(links)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        near = above if downwards else below
        for layer in layers if downwards else layers[::-1]:
            place = {one: at for some in layers for at, one in enumerate(some)}
            # Nodes without neighbours stay where they are.
            layer.sort(key=lambda one: _mean([place[other] for other in near.get(one, ())], place[one]))
    return layers


def _neighbours(links: Sequence[Edge]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for source, target in links:
        above.setdefault(target, []).append(source)
        below.setdefault(source, []).append(target)
    return above, below


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _centres(layers: Sequence[Sequence[int]], boxes: Sequence[Point], links: Sequence[Edge]) -> list[float]:
    """Where the middle of each node is: near the middle of its neighbours, without touching the next node."""
    centres = [0.0] * len(boxes)
    for layer in layers:
        _spread(layer, boxes, centres, [0.0] * len(layer))
    above, below = _neighbours(links)
    for sweep in range(2 * SWEEPS):
        downwards = sweep % 2 == 0
        near = above if downwards else below
        for layer in layers if downwards else layers[::-1]:
            wishes = [_mean([centres[other] for other in near.get(one, ())], centres[one]) for one in layer]
            _spread(layer, boxes, centres, wishes)
    return centres


def _spread(
    layer: Sequence[int], boxes: Sequence[Point], centres: list[float], wishes: Sequence[float]
) -> None:
    """Put the nodes of a layer as near to their wishes as the gaps allow.

    Nodes that would touch move together, to the mean of their wishes (pooling of adjacent violators).
    """
    groups: list[tuple[float, list[int]]] = []  # the wish of the first node of a group, and its nodes
    steps: dict[int, float] = {}  # from the first node of the group to each
    for one, wish in zip(layer, wishes, strict=True):
        groups.append((wish, [one]))
        steps[one] = 0.0
        while len(groups) > 1 and groups[-1][0] < groups[-2][0] + _reach(
            groups[-2][1], groups[-1][1], boxes, steps
        ):
            second_wish, second = groups.pop()
            first_wish, first = groups.pop()
            shift = _reach(first, second, boxes, steps)
            for other in second:
                steps[other] += shift
            weight = len(first) + len(second)
            wish_of_both = (len(first) * first_wish + len(second) * (second_wish - shift)) / weight
            groups.append((wish_of_both, first + second))
    for wish, nodes in groups:
        for one in nodes:
            centres[one] = wish + steps[one]


def _reach(
    first: Sequence[int], second: Sequence[int], boxes: Sequence[Point], steps: Mapping[int, float]
) -> float:
    """From the first node of a group to the first node of the next, if they stand as near as they may."""
    last = first[-1]
    return steps[last] + boxes[last][0] / 2 + ACROSS + boxes[second[0]][0] / 2


def _heights(
    layers: Sequence[Sequence[int]], boxes: Sequence[Point]
) -> tuple[list[float], list[Point], float]:
    """The upper edge of each node, the upper and lower edge of its layer, and the height of all.

    Edges bend between the layers only, so that none leads behind a box.
    """
    tops, spans, y = [0.0] * len(boxes), [(0.0, 0.0)] * len(boxes), 0.0
    for number, layer in enumerate(layers):
        high = max((boxes[one][1] for one in layer), default=0.0)
        for one in layer:
            tops[one] = y + (high - boxes[one][1]) / 2
            spans[one] = (y, y + high)
        y += high + (DOWN if number + 1 < len(layers) else 0.0)
    return tops, spans, y
