"""Activation memory: what must be alive at once, and what training keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archcalc.dims import Dim, larger, same
from archcalc.engine.walk import Step
from archcalc.network import INPUT, Network
from archcalc.ops.base import Kept


class Peak(NamedTuple):
    """The most values alive at once in a forward pass of one image.

    ``path`` is the layer during which they are, if the values are plain ints.
    """

    values: Dim
    path: str


def peak(network: Network, steps: Sequence[Step]) -> Peak:
    """The largest of ``alive_values``, of any kind of dimension."""
    most, where = network.input.size, "input"
    for path, alive in alive_values(network, steps):
        larger_of_both = larger(most, alive)
        # Of two ints it is one of the two: the first layer that reaches the maximum gives its path.
        if larger_of_both is not most:
            most, where = larger_of_both, path
    return Peak(most, where)


def alive_values(network: Network, steps: Sequence[Step]) -> Iterator[tuple[str, Dim]]:
    """How many values are alive while each layer runs, of any kind of dimension.

    A buffer lives from the layer that writes it to the last layer that reads it. While a layer runs, its
    inputs and its output are alive together. A view shares the buffer of its input. An op that works in
    place writes over its input if no later layer reads that input.
    """
    return ((step.node.path, alive) for step, alive, _ in _alive(network, steps))


def overwriting(network: Network, steps: Sequence[Step]) -> frozenset[int]:
    """The numbers of the layers that write over their input in ``alive_values``."""
    return frozenset(step.number for step, _, overwrites in _alive(network, steps) if overwrites)


def _alive(network: Network, steps: Sequence[Step]) -> Iterator[tuple[Step, Dim, bool]]:
    """Every layer with the values alive while it runs, and whether it writes over its input."""
    last = _last_reads(network, steps)
    dying: dict[int, list[int]] = {}  # the buffers that may be read for the last time by a layer
    sizes: dict[int, Dim] = {INPUT: network.input.size}
    buffers = {INPUT: INPUT}  # which buffer a node's output lies in
    readers = {INPUT: last.get(INPUT, 0)}  # until when a buffer is read
    dying.setdefault(readers[INPUT], []).append(INPUT)
    alive = network.input.size
    for step in steps:
        number, node = step.number, step.node
        # A view and an op in place continue the buffer of their first input.
        source = buffers[node.inputs[0]]
        ends = last.get(number, number)
        overwrites = (
            node.op.in_place and readers[source] <= number and same(sizes[source], step.y.size) is True
        )
        if node.op.view or overwrites:
            buffers[number] = source
            readers[source] = max(readers[source], ends)
        else:
            buffers[number] = number
            sizes[number], readers[number] = step.y.size, ends
            alive = alive + step.y.size
        yield step, alive, overwrites
        # A buffer may be listed more than once, as its last reader moves on: the check below decides.
        dying.setdefault(readers[buffers[number]], []).append(buffers[number])
        for buffer in dying.pop(number, ()):
            if readers[buffer] <= number:
                alive = alive - sizes.pop(buffer, 0)


def _last_reads(network: Network, steps: Sequence[Step]) -> dict[int, int]:
    last: dict[int, int] = {}
    for step in steps:
        for source in step.node.inputs:
            last[source] = step.number
    last[network.output or INPUT] = len(network.layers) + 1  # the output is still needed after the pass
    return last


class KeptForBackward(NamedTuple):
    """What the forward pass of one image leaves for the backward pass.

    ``values`` have the dtype of the activations and grow with the batch; ``fixed_values`` do not grow.
    ``bytes`` are the bytes of arrays with another dtype.
    """

    values: int
    fixed_values: int
    bytes: int


class Keeping(NamedTuple):
    """What one layer needs in the backward pass: outputs of nodes, and its ``own`` arrays.

    ``values`` has the size of each output, by the number of the node whose buffer holds it.
    """

    step: Step
    values: dict[int, Dim]
    own: tuple[Kept, ...]


def kept_by_layer(network: Network, steps: Sequence[Step]) -> Iterator[Keeping]:
    """What PyTorch's autograd saves for each layer, without the parameters."""
    storage = {INPUT: INPUT}
    sizes = {INPUT: network.input.size}
    for step in steps:
        number, op = step.number, step.node.op
        storage[number] = storage[step.node.inputs[0]] if op.view else number
        sizes.setdefault(storage[number], step.y.size)
        kept = [*step.node.inputs] if "input" in op.keeps else []
        kept += [number] if "output" in op.keeps else []
        values = {storage[source]: sizes[storage[source]] for source in kept}
        yield Keeping(step, values, tuple(op.kept(step.xs, step.y)))


def kept_for_backward(network: Network, steps: Sequence[Step]) -> KeptForBackward:
    """What all layers need together.

    Each array counts once: an output that is also the input of the next layer is one array.
    """
    arrays: dict[int, Dim] = {}
    values = fixed = own_bytes = 0
    for keeping in kept_by_layer(network, steps):
        arrays.update(keeping.values)
        for kept in keeping.own:
            if kept.per_batch:
                fixed += kept.count
            elif kept.bytes is None:
                values += kept.count
            else:
                own_bytes += kept.count * kept.bytes
    return KeptForBackward(values + sum(arrays.values()), fixed, own_bytes)
