"""``same_as``: which layers use the arrays of which others, found when all layers are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.errors import Mark, Problem, short
from archcalc.network import Node, Uses
from archcalc.ops.base import Op


class Tie(NamedTuple):
    """A layer or a block at ``path`` that uses the arrays of the one at ``other``, an earlier one."""

    path: str
    other: str
    mark: Mark
    uses: Uses = ()


def tied(nodes: Sequence[Node], ties: Sequence[Tie], problems: list[Problem]) -> list[Node]:
    """The layers, each that shares arrays with the number of the layer that it shares them with.

    A tie of a block ties its layers, each to the layer of the same name in the other block.
    """
    numbers = {node.path: number for number, node in enumerate(nodes, 1)}
    result = [*nodes]
    for tie in ties:
        for place, node in enumerate(nodes):
            if node.path != tie.path and not node.path.startswith(f"{tie.path}/"):
                continue
            inside = node.path[len(tie.path) :]
            number = numbers.get(tie.other + inside, 0)
            message = _misfit(tie, inside, number, place, nodes)
            if message:
                problems.append(Problem(message, tie.mark, node.path, "", tie.uses))
                break
            marks = {**node.marks, "same_as": tie.mark}
            result[place] = result[place]._replace(same_as=number, marks=marks)
    return result


def _misfit(tie: Tie, inside: str, number: int, place: int, nodes: Sequence[Node]) -> str:
    """What is wrong with the tie of the layer ``inside`` a block to the layer of a number; else empty."""
    node, other = nodes[place], short(tie.other)
    if not number:
        # What follows a layer has its own arrays, unless the other layer is followed by the same.
        if node.follower and any(layer.path == tie.path for layer in nodes):
            return ""
        if not inside:
            return f"same_as: '{other}' is not a layer"
        return f"same_as: '{other}' has no layer '{short(inside[1:])}'"
    if not inside and type(node.op).weights is Op.weights:
        return f"same_as: {node.op.name} has no weights to share"
    if number > place:
        return f"same_as: '{other}' must stand before it"
    if nodes[number - 1].aux and not node.aux:
        return f"same_as: '{other}' belongs to an auxiliary head"
    return ""
