"""The layers of a network as the lines of a lock, block by block.

Deep networks repeat themselves, and so do the networks of a family. So the lines of a block are written once
for each input, wherever it is used. The lines are those of ``lock.lines_of`` for all layers, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.engine.claims import Findings
from archcalc.engine.figures import figures_of
from archcalc.engine.reading import ONE_IMAGE
from archcalc.engine.worked import KNOWN, Worked
from archcalc.errors import SpecError
from archcalc.network import INPUT, Network, Node, Segment, placed
from archcalc.ops.base import Inputs, Volume
from archcalc.results.lock import LOCKED_IN_LAYERS
from archcalc.results.lock_lines import LineWriter, shape_text
from archcalc.results.lock_scopes import Lines, folded


class NetworkLines:
    """Writes the layers of networks, auxiliary heads included, for a lock that holds ``quantities``."""

    def __init__(self, quantities: Sequence[str]) -> None:
        self._writer = LineWriter([key for key in LOCKED_IN_LAYERS if key in quantities])
        self._layers: dict[Worked, _Layer] = {}
        self._shapes: dict[int, str] = {}  # by the id of a volume, which a layer above keeps
        self._blocks: dict[tuple[int, ...], _Block] = {}

    def of(self, network: Network) -> Lines:
        """The lines of a network. Raises SpecError if a layer of an auxiliary head does not fit."""
        block = self._block(network.segment, (KNOWN.shared(network.input),), is_network=True)
        return block.lines

    def _block(self, segment: Segment, xs: Inputs, is_network: bool = False) -> _Block:
        # Equal volumes are one object here. The block keeps what its key names, so no number comes twice.
        key = (id(segment), *map(id, xs))
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = self._written(segment, xs, is_network)
        return block

    def _written(self, segment: Segment, xs: Inputs, is_network: bool) -> _Block:
        # The nodes around that the segment reads are 0, -2, -3 and so on.
        volumes = dict(zip([INPUT, *range(-2, -1 - len(xs), -1)], xs, strict=True))
        items: list[tuple[str, str | Lines]] = []
        number, path, text = 0, "", ""
        for part in segment.parts:
            reads = tuple([volumes[source] for source in part.inputs])
            if isinstance(part, Node):
                layer = self._layer(part, reads)
                # A follower has the path of its layer, and the name of its op.
                if text and part.path == f"{path}/{layer.op}" and reads == (volumes[number],):
                    text = f"{text}; {layer.following}"
                else:
                    if text:
                        items.append((path, text))
                    path, text = part.path, layer.alone
                number += 1
                volumes[number] = layer.y
            else:
                if text:
                    items.append((path, text))
                    text = ""
                inner = self._block(part.segment, reads)
                items.append((part.path, inner.lines))
                volumes[placed(part.segment.output, number, part.inputs)] = inner.y
                number += part.segment.size
        if text:
            items.append((path, text))
        return _Block(segment, xs, folded(items, is_network), volumes[segment.output])

    def _layer(self, node: Node, xs: Inputs) -> _Layer:
        worked = KNOWN.find(node.op, xs) or _worked_out(node, xs)
        layer = self._layers.get(worked)
        if layer is None:
            op, y = worked.op.name, worked.y
            shapes = [self._shape(x) for x in worked.xs]
            texts = self._writer.layer(op, shapes, self._shape(y), figures_of(worked, ONE_IMAGE))
            layer = self._layers[worked] = _Layer(op, y, *texts)
        return layer

    def _shape(self, volume: Volume) -> str:
        text = self._shapes.get(id(volume))
        if text is None:
            text = self._shapes[id(volume)] = shape_text(volume.dims)
        return text


def _worked_out(node: Node, xs: Inputs) -> Worked:
    findings = Findings()
    worked = KNOWN.work_out(node, xs, findings)
    if worked is None:
        raise SpecError(findings.problems)
    return worked


class _Layer(NamedTuple):
    """A layer worked out, as text."""

    op: str
    y: Volume
    alone: str
    following: str


class _Block(NamedTuple):
    """A segment for some inputs: its lines, and its output."""

    segment: Segment
    xs: Inputs
    lines: Lines
    y: Volume
