"""Layers that use the arrays of another layer: these arrays count once, the work counts each time."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.dims import at_least, same
from archcalc.engine.claims import Findings
from archcalc.engine.worked import Worked
from archcalc.network import Node
from archcalc.ops.base import Claim, Weight


def sharing(worked: Worked, other: Worked, node: Node, findings: Findings) -> Worked | None:
    """A layer that uses the arrays of ``other`` which have the names of its own; None if they do not fit.

    An array that the other layer does not have, such as the bias of a classifier that shares the weights of
    an embedding, stays its own.
    """
    if not worked.weights:
        return worked  # a layer of a block that is shared as a whole, such as an activation
    theirs = {weight.name: weight for weight in (*other.weights, *other.shared)}
    pairs = [(mine, theirs[mine.name]) for mine in worked.weights if mine.name in theirs]
    if not findings.judge(node, _claims(pairs, node, other)):
        return None
    names = tuple([mine.name for mine, _ in pairs])
    known = worked.sharing.get(names)
    if known is None:
        # Equal layers share a record, also those that share their arrays.
        known = worked.sharing[names] = worked.without(names)
    return known


def _claims(pairs: list[tuple[Weight, Weight]], node: Node, other: Worked) -> Iterator[Claim]:
    def claim(left: object, right: object, says: str) -> Claim:
        return Claim(same, left, right, lambda: says, "same_as")

    nothing = f"{node.op.name} and {other.op.name} have no array in common that they could share"
    yield Claim(at_least, len(pairs), 1, lambda: nothing, "same_as")
    for mine, their in pairs:
        says = f"its {mine.name} is {_size(mine)}, and that of the other layer is {_size(their)}"
        yield claim(len(mine.shape), len(their.shape), says)
        for left, right in zip(mine.shape, their.shape, strict=True):
            yield claim(left, right, says)


def _size(weight: Weight) -> str:
    return "x".join(map(str, weight.shape))
