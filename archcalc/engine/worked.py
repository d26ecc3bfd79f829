"""Layers worked out: what an op is for an input, wherever in a network it stands.

Deep networks repeat themselves, and so do the networks of a family. So the same op on the same input is
worked out once, and all its layers share one record.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from archcalc.engine.claims import Findings
from archcalc.network import Input, Node
from archcalc.ops.base import Claim, Cost, Inputs, Op, Reach, Volume, Weight

MAX_KNOWN = 20_000
"""How many layers are remembered; with more the memory begins anew."""


NO_WINDOW = Reach(extent=1, step=1)
"""What a layer sees along an axis if it has no window there."""


class Worked:
    """A layer worked out: its ``op`` reads ``xs``, puts out ``y``, stores ``weights`` and costs ``cost``.

    ``shared`` are the arrays that it uses and another layer stores; ``sharing`` has the records of the same
    layer that share some of its arrays, by their names. ``notes`` are its claims that a reader should know.
    ``reach`` are the input values that one output value sees; of plain ints only. ``figures`` holds its
    quantities, by pass or by question.
    """

    __slots__ = ("cost", "figures", "notes", "op", "reach", "shared", "sharing", "weights", "xs", "y")

    def __init__(
        self,
        op: Op,
        xs: Inputs,
        y: Volume,
        weights: tuple[Weight, ...] = (),
        cost: Cost | None = None,
        notes: tuple[Claim, ...] = (),
    ) -> None:
        self.op = op
        self.xs = xs
        self.y = y
        self.weights = weights
        self.cost: Cost = cost or {}
        self.notes = notes
        self.shared: tuple[Weight, ...] = ()
        self.sharing: dict[tuple[str, ...], Worked] = {}
        self.reach: Sequence[Reach] | None = None
        self.figures: dict[Any, Any] = {}

    def without(self, names: Collection[str]) -> Worked:
        """The same layer, in which another layer stores the arrays of these names."""
        own = tuple([weight for weight in self.weights if weight.name not in names])
        made = Worked(self.op, self.xs, self.y, own, self.cost, self.notes)
        made.shared = tuple([weight for weight in self.weights if weight.name in names])
        made.reach = self.reach
        return made


def work_out(node: Node, xs: Inputs, findings: Findings) -> Worked | None:
    """One layer; None if a claim makes it impossible."""
    op, noted = node.op, len(findings.notes)
    if not findings.judge(node, op.claims(xs)):
        return None
    # A layer that is too large must not be computed: products of its sizes would grow without end.
    y = op.shape(xs)
    if not findings.limit(node, y):
        return None
    notes = tuple([note.claim for note in findings.notes[noted:]])
    return Worked(op, xs, y, tuple(op.weights(xs, y)), op.cost(xs, y), notes)


class WorkedLayers:
    """The layers that are worked out so far, of a kind whose values can be looked up."""

    def __init__(self) -> None:
        self._layers: dict[tuple[int, ...], Worked] = {}
        self._volumes: dict[tuple[Any, ...], Volume] = {}

    def shared(self, volume: Volume) -> Volume:
        """The one volume that stands for all equal ones, so that they are compared by identity."""
        return self._volumes.setdefault((volume.spatial, volume.channels), volume)

    def find(self, op: Op, xs: Inputs) -> Worked | None:
        """The layer, if it is known; ``xs`` are shared volumes."""
        return self._layers.get((id(op), *map(id, xs)))

    def work_out(self, node: Node, xs: Inputs, findings: Findings) -> Worked | None:
        """Work out a layer that is not known, and remember it; None if a claim makes it impossible."""
        worked = work_out(node, xs, findings)
        if worked is not None:
            reach = worked.op.reach(xs)
            # A window of one value, such as that of a 1x1 convolution, sees what the layer before sees.
            worked.reach = None if reach is None or [*reach] == [NO_WINDOW] * len(reach) else reach
            self._keep(worked)
        return worked

    def _keep(self, worked: Worked) -> None:
        """Remember a layer; its op and its inputs live as long as the memory of it."""
        if len(self._layers) >= MAX_KNOWN:
            self._layers.clear()
            self._volumes.clear()
        worked.y = self.shared(worked.y)
        self._layers[(id(worked.op), *map(id, worked.xs))] = worked


def given(op: Op, known: WorkedLayers | None) -> Inputs:
    """What a layer that reads no other layer gets: the volume that comes from outside the network."""
    if not isinstance(op, Input):
        return ()
    return (op.given if known is None else known.shared(op.given),)


KNOWN = WorkedLayers()
"""The memory of this process. What a layer costs never changes, so networks share it."""


def memory_of(findings: Findings) -> WorkedLayers | None:
    """The memory that layers of this kind of dimension share; None if their values cannot be looked up."""
    if findings.remembers == "process":
        return KNOWN
    return WorkedLayers() if findings.remembers == "walk" else None
