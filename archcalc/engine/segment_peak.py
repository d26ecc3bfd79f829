"""The most values in memory at once, block by block: the same as ``memory.peak`` finds layer by layer.

How a block uses memory depends only on the buffers that it reads: which of its inputs share one, how large
they are, and which of them are read after it. So it is followed once for these, wherever it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archcalc.engine.memory import Peak
from archcalc.engine.worked import Worked
from archcalc.engine.worked_segments import WorkedSegment
from archcalc.network import INPUT, Input, Node, Use, placed
from archcalc.ops.remember import remember


class BlockMemory:
    """What a block adds to the values in memory: ``most`` while ``path`` runs, ``after`` when it has run.

    ``output`` is the number of the buffer around it that holds its output; None if it has one of its own.
    ``held`` is the size of this buffer.
    """

    __slots__ = ("after", "held", "most", "output", "path")

    def __init__(self, most: int, path: str, after: int, output: int | None, held: int) -> None:
        self.most, self.path, self.after = most, path, after
        self.output, self.held = output, held


def peak_of_blocks(blocks: WorkedSegment) -> Peak:
    """The peak of a network of plain ints."""
    size = blocks.xs[0].size
    memory = _memory(blocks, (0,), (size,), (False,), output_stays=True)
    return Peak(size + memory.most, memory.path or "input")


def _memory(
    block: WorkedSegment,
    buffers: tuple[int | None, ...],
    sizes: tuple[int, ...],
    stays: tuple[bool, ...],
    output_stays: bool,
) -> BlockMemory:
    """What a block adds.

    ``buffers`` has the number of a buffer for each input of the block, None for an input that no layer reads.
    ``sizes`` and ``stays`` have, for each buffer, its size and whether it is read after the block;
    ``output_stays`` says this of its output.
    """
    around = buffers, sizes, stays, output_stays
    known: BlockMemory | None = block.memory.get(around)
    if known is None:
        known = _Buffers(block, *around).followed()
        remember(block.memory, around, known)
    return known


def last_reads(block: WorkedSegment) -> Mapping[int, int]:
    """The place of the last part that reads a node, by the number of the node in the block.

    The nodes around that the block reads are 0, -2, -3 and so on. A part that is left out reads nothing.
    """
    if block.last_reads is None:
        block.last_reads = {}
        for place, (part, worked) in enumerate(zip(block.segment.parts, block.parts, strict=True)):
            if isinstance(worked, WorkedSegment):
                inner = last_reads(worked)
                sources = zip(_sources(len(part.inputs)), part.inputs, strict=True)
                read = [source for number, source in sources if number in inner]
            else:
                read = [] if worked is None else [*part.inputs]
            block.last_reads.update(dict.fromkeys(read, place))
    return block.last_reads


class _Buffers:
    """The buffers of a block while its parts run, as in ``memory.alive_values``.

    A buffer has a number; ``until`` is the place of the last part that reads it.
    """

    def __init__(
        self,
        block: WorkedSegment,
        buffers: Sequence[int | None],
        sizes: Sequence[int],
        stays: Sequence[bool],
        output_stays: bool,
    ) -> None:
        self.block = block
        self.last = {**last_reads(block)}
        end = len(block.parts)  # a place after all parts
        if output_stays:
            self.last[block.segment.output] = end
        self.of_node: dict[int, int] = {}
        self.sizes = [*sizes]
        self.until = [end if is_read else -1 for is_read in stays]
        self.alive = self.most = 0
        self.path = ""
        for number, buffer in zip(_sources(len(buffers)), buffers, strict=True):
            if buffer is not None:
                self._hold(number, buffer, -1)
        # Of a network, the further inputs are in memory too before the first layer runs.
        for number, worked in enumerate(block.parts, 1):
            if not isinstance(worked, Worked) or not isinstance(worked.op, Input):
                break
            self._hold(number, self._new(worked.y.size), -1)
            self.alive += worked.y.size

    def followed(self) -> BlockMemory:
        """What happens when all parts run in their order."""
        number, around = 0, len(self.sizes)
        for place, (part, worked) in enumerate(zip(self.block.segment.parts, self.block.parts, strict=True)):
            before, number = number, number + (1 if isinstance(part, Node) else part.segment.size)
            if isinstance(worked, WorkedSegment):
                self._use(part, worked, placed(worked.segment.output, before, part.inputs), before, place)
            elif worked is not None:
                self._run(part, worked.y.size, number, place)
        output = self.of_node.get(self.block.segment.output)
        held = 0 if output is None else self.sizes[output]
        if output is not None and output >= around:
            output = None
        return BlockMemory(self.most, self.path, self.alive, output, held)

    def _run(self, node: Node | Use, size: int, number: int, place: int) -> None:
        """Run a layer, which gives the node of that number."""
        assert isinstance(node, Node)
        op, buffer = node.op, self.of_node[node.inputs[0] if node.inputs else number]
        overwrites = op.in_place and self.until[buffer] <= place and self.sizes[buffer] == size
        if not (op.view or overwrites or isinstance(op, Input)):
            buffer = self._new(size)
            self.alive += size
        self._hold(number, buffer, place)
        if self.alive > self.most:
            self.most, self.path = self.alive, node.path
        # Only now is anything freed: while it runs, its inputs and its output are both there.
        for node_read in (*node.inputs, number):
            buffer = self.of_node[node_read]
            if self.until[buffer] <= place:
                self.alive -= self.sizes[buffer]
                self.sizes[buffer] = 0

    def _use(self, use: Node | Use, block: WorkedSegment, end: int, before: int, place: int) -> None:
        """Run a block, whose output is the node ``end``; ``before`` is the number of the layers before it."""
        read = last_reads(block)
        sources = [
            self.of_node[source] if number in read else None
            for number, source in zip(_sources(len(use.inputs)), use.inputs, strict=True)
        ]
        buffers = [*dict.fromkeys([buffer for buffer in sources if buffer is not None])]
        stays = self.last.get(end, -1) > place
        memory = _memory(
            block,
            tuple([None if buffer is None else buffers.index(buffer) for buffer in sources]),
            tuple([self.sizes[buffer] for buffer in buffers]),
            tuple([self.until[buffer] > place for buffer in buffers]),
            stays,
        )
        if self.alive + memory.most > self.most:
            self.most, self.path = self.alive + memory.most, f"{use.path}/{memory.path}"
        self.alive += memory.after
        # Without a layer that gives it, the output of the block is one of its inputs.
        if end > before and memory.output is not None:
            self._hold(end, buffers[memory.output], place)
        elif end > before and stays:
            self._hold(end, self._new(memory.held), place)

    def _new(self, size: int) -> int:
        """The number of a new buffer."""
        self.sizes.append(size)
        self.until.append(-1)
        return len(self.sizes) - 1

    def _hold(self, node: int, buffer: int, place: int) -> None:
        """A buffer holds the output of a node. An output that no part reads is freed at once."""
        self.of_node[node] = buffer
        until = self.last.get(node, place)
        if until > self.until[buffer]:
            self.until[buffer] = until


def _sources(count: int) -> Sequence[int]:
    """The numbers, in a block, of the nodes around it that it reads."""
    return (INPUT, *range(-2, -1 - count, -1))
