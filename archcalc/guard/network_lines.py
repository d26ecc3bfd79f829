"""The layers of a network as the lines of a lock, block by block.

Deep networks repeat themselves, and so do the networks of a family. So the lines of a block are written once
for each input, wherever it is used. The lines are those of ``lock.lines_of`` for all layers, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.engine.figures import figures_of
from archcalc.engine.reading import ONE_IMAGE
from archcalc.engine.worked import Worked
from archcalc.engine.worked_segments import WorkedSegment, blocks_or_raise
from archcalc.network import Network, Node
from archcalc.ops.base import Volume
from archcalc.results.lock import LOCKED_IN_LAYERS
from archcalc.results.lock_lines import LineWriter, shape_text
from archcalc.results.lock_scopes import Lines, folded


class NetworkLines:
    """Writes the layers of networks, auxiliary heads included, for a lock that holds ``quantities``."""

    def __init__(self, quantities: Sequence[str]) -> None:
        self._writer = LineWriter([key for key in LOCKED_IN_LAYERS if key in quantities])
        self._layers: dict[Worked, _LayerText] = {}
        self._blocks: dict[WorkedSegment, Lines] = {}

    def of(self, network: Network) -> Lines:
        """The lines of a network. Raises SpecError if a layer of an auxiliary head does not fit."""
        return self._written(blocks_or_raise(network, aux=True), is_network=True)

    def _block(self, block: WorkedSegment) -> Lines:
        lines = self._blocks.get(block)
        if lines is None:
            lines = self._blocks[block] = self._written(block)
        return lines

    def _written(self, block: WorkedSegment, is_network: bool = False) -> Lines:
        items: list[tuple[str, str | Lines]] = []
        path, text = "", ""
        y: Volume | None = None  # the output of the layer before
        for part, worked in zip(block.segment.parts, block.parts, strict=True):
            if isinstance(part, Node) and isinstance(worked, Worked):
                layer = self._layer(worked)
                # A follower has the path of its layer, and the name of its op.
                if text and part.path == f"{path}/{layer.op}" and worked.xs == (y,):
                    text = f"{text}; {layer.following}"
                    y = worked.y
                    continue
            if text:
                items.append((path, text))
            if isinstance(worked, Worked):
                path, text, y = part.path, layer.alone, worked.y
            elif isinstance(worked, WorkedSegment):
                text = ""
                items.append((part.path, self._block(worked)))
        if text:
            items.append((path, text))
        return folded(items, is_network)

    def _layer(self, worked: Worked) -> _LayerText:
        layer = self._layers.get(worked)
        if layer is None:
            op, shapes = worked.op.name, [shape_text(x.dims) for x in worked.xs]
            texts = self._writer.layer(op, shapes, shape_text(worked.y.dims), figures_of(worked, ONE_IMAGE))
            layer = self._layers[worked] = _LayerText(op, *texts)
        return layer


class _LayerText(NamedTuple):
    """A layer as text: with a line of its own, and as a follower."""

    op: str
    alone: str
    following: str
