"""The blocks of a network worked out: each once for the input that it gets, of plain ints.

A network of 1,000 layers has a handful of different blocks, and the networks of a family share them. The walk
gives every layer, with the message of each mistake; here a block that does not fit gives no answer.
"""

from __future__ import annotations

from typing import Any

from archcalc.engine.claims import Findings
from archcalc.engine.walk import walk_or_raise
from archcalc.engine.worked import KNOWN, Worked, given
from archcalc.network import INPUT, Network, Node, Segment, placed
from archcalc.ops.base import Inputs, Volume
from archcalc.ops.remember import remember


class WorkedSegment:
    """A segment worked out for the inputs ``xs``: what stands at each of its parts, and its output ``y``.

    A part is None if it is left out: a head, or a layer behind a head. ``y`` is None if nothing gives it.
    """

    __slots__ = ("_layers", "depths", "last_reads", "memory", "parts", "segment", "sums", "xs", "y")

    def __init__(
        self, segment: Segment, xs: Inputs, parts: list[Worked | WorkedSegment | None], y: Volume | None
    ) -> None:
        self.segment = segment
        self.xs = xs
        self.parts = parts
        self.y = y
        self.sums: dict[object, tuple[int, ...]] = {}  # of its layers, by what was asked
        self.depths: list[int] | None = None  # of the paths through it, once they are asked for
        self.last_reads: dict[int, int] | None = None  # of its nodes and those around it, once asked for
        self.memory: dict[Any, Any] = {}  # that it uses, by the buffers around it
        self._layers: list[Worked | None] | None = None

    @property
    def layers(self) -> list[Worked | None]:
        """Every layer in its order; None for one that is left out."""
        if self._layers is None:
            self._layers = []
            for part, worked in zip(self.segment.parts, self.parts, strict=True):
                if isinstance(worked, WorkedSegment):
                    self._layers += worked.layers
                elif worked is not None or isinstance(part, Node):
                    self._layers.append(worked)
                else:
                    self._layers += [None] * part.segment.size
        return self._layers


def work_out_blocks(network: Network, *, aux: bool = False) -> WorkedSegment | None:
    """The blocks of a network of plain ints; None if a layer does not fit, or if building had problems."""
    if network.problems:
        return None
    return _worked(network.segment, (KNOWN.shared(network.input),), aux)


def blocks_or_raise(network: Network, *, aux: bool = False) -> WorkedSegment:
    """As ``work_out_blocks``. Raises SpecError with the problems and each layer that does not fit."""
    blocks = work_out_blocks(network, aux=aux)
    if blocks is None:
        walk_or_raise(network, aux=aux)  # it finds each mistake
        raise AssertionError("the blocks of a network fit if its layers do")
    return blocks


def _worked(segment: Segment, xs: Inputs, aux: bool) -> WorkedSegment | None:
    # Without heads it is the same with and without them. The record keeps its inputs alive, so a number
    # stands for one volume.
    key = (aux or not segment.has_aux, *map(id, xs))
    worked: WorkedSegment | None = segment.worked.get(key)
    if worked is None:
        worked = _work_out(segment, xs, aux)
        if worked is not None:
            remember(segment.worked, key, worked)
    return worked


def _work_out(segment: Segment, xs: Inputs, aux: bool) -> WorkedSegment | None:
    # The nodes around that the segment reads are 0, -2, -3 and so on.
    volumes: dict[int, Volume] = dict(zip((INPUT, *range(-2, -1 - len(xs), -1)), xs, strict=True))
    parts: list[Worked | WorkedSegment | None] = []
    number, findings = 0, Findings()
    for part in segment.parts:
        before, number = number, number + (1 if isinstance(part, Node) else part.segment.size)
        try:
            inputs = tuple([volumes[source] for source in part.inputs])
            if not inputs and isinstance(part, Node):
                inputs = given(part.op, KNOWN)
        except KeyError:
            inputs = ()  # behind a head that is left out
        if not inputs or (part.aux and not aux):
            parts.append(None)
            continue
        worked: Worked | WorkedSegment | None
        if isinstance(part, Node):
            worked = KNOWN.find(part.op, inputs) or KNOWN.work_out(part, inputs, findings)
            # A network whose layers share arrays is one segment: a number is a place in it.
            other = parts[part.same_as - 1] if part.same_as else None
            if worked is not None and isinstance(other, Worked):
                from archcalc.engine.sharing import sharing  # few networks need it

                worked = sharing(worked, other, part, findings)
            end = number
        else:
            worked = _worked(part.segment, inputs, aux)
            end = placed(part.segment.output, before, part.inputs)
        if worked is None:
            return None
        parts.append(worked)
        if worked.y is not None:
            volumes[end] = worked.y
    return WorkedSegment(segment, xs, parts, volumes.get(segment.output))
