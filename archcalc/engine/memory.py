"""Memory of activations: how many values a forward pass needs at once, and how many training keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from archcalc.dims import Dim, larger, same
from archcalc.engine.walk import Step
from archcalc.network import INPUT, Input, Network
from archcalc.ops.base import Kept
from archcalc.ops.frozen import Record, record


@record
class Peak(Record):
    """The most values that are in memory at once, in a forward pass of one image.

    ``path`` is the layer that runs at that moment; it is exact for plain ints.
    """

    values: Dim
    path: str


def peak(network: Network, steps: Sequence[Step]) -> Peak:
    """The largest of ``alive_values``, for any kind of dimension."""
    most, where = network.input.size, "input"
    for step, alive, _ in _alive(network, steps):
        larger_of_both = larger(most, alive)
        # The larger of two ints is one of them, so the first layer that reaches the maximum gives the path.
        if larger_of_both is not most:
            most, where = larger_of_both, step.node.path
    return Peak(most, where)


def alive_values(network: Network, steps: Sequence[Step]) -> Iterator[tuple[str, Dim]]:
    """The number of values in memory while each layer runs, for any kind of dimension.

    A buffer is in memory from the layer that writes it to the last layer that reads it. While a layer runs,
    its inputs and its output are in memory together. A view shares the buffer of its input. An op that works
    in place writes over its input if no later layer reads that input.
    """
    return ((step.node.path, alive) for step, alive, _ in _alive(network, steps))


def overwriting(network: Network, steps: Sequence[Step]) -> frozenset[int]:
    """The numbers of the layers that ``alive_values`` lets write over their input."""
    return frozenset(step.number for step, _, overwrites in _alive(network, steps) if overwrites)


def _alive(network: Network, steps: Sequence[Step]) -> Iterator[tuple[Step, Dim, bool]]:
    """Each layer, the number of values in memory while it runs, and whether it writes over its input."""
    last = _last_reads(network, steps)
    # All inputs are in memory before the first layer runs.
    further = {step.number: step.y.size for step in takewhile(lambda step: isinstance(step.op, Input), steps)}
    sizes: dict[int, Dim] = {INPUT: network.input.size, **further}
    buffers = {number: number for number in sizes}  # by node: the buffer that holds its output
    readers = {
        number: last.get(number, number) for number in sizes
    }  # by buffer: the last layer that reads it
    alive = network.input.size
    for size in further.values():
        alive = alive + size
    for step in steps:
        number, node, worked = step
        op, size = node.op, worked.y.size
        # A view and an op in place continue the buffer of their first input.
        source = buffers[node.inputs[0] if node.inputs else number]
        ends = last.get(number, number)
        overwrites = op.in_place and readers[source] <= number and same(sizes[source], size) is True
        if op.view or overwrites or not node.inputs:
            buffers[number] = source
            readers[source] = max(readers[source], ends)
        else:
            buffers[number] = number
            sizes[number], readers[number] = size, ends
            alive = alive + size
        yield step, alive, overwrites  # before anything is freed: now inputs and output are both there
        # A buffer ends with the last layer that reads it, and an output that no layer reads ends at once.
        for read in node.inputs if ends > number else (*node.inputs, number):
            if readers[buffers[read]] <= number:
                alive = alive - sizes.pop(buffers[read], 0)


def _last_reads(network: Network, steps: Sequence[Step]) -> dict[int, int]:
    last: dict[int, int] = {}
    for step in steps:
        for source in step.node.inputs:
            last[source] = step.number
    last[network.output or INPUT] = len(network.layers) + 1  # the output is needed after the pass
    return last


@record
class KeptForBackward(Record):
    """The arrays that the forward pass of one image keeps for the backward pass.

    ``values`` have the dtype of the activations and grow with the batch. ``fixed_values`` do not grow.
    ``bytes`` are the bytes of arrays with another dtype.
    """

    values: int
    fixed_values: int
    bytes: int


class Keeping(NamedTuple):
    """What one layer needs in the backward pass: outputs of layers, and arrays that only it has (``own``).

    ``values`` has the size of each output, by the number of the node whose buffer holds it.
    """

    step: Step
    values: dict[int, Dim]
    own: tuple[Kept, ...]


def kept_by_layer(network: Network, steps: Sequence[Step], *, in_place: bool = True) -> Iterator[Keeping]:
    """The arrays that PyTorch's autograd saves for each layer, without the parameters."""
    storage = {INPUT: INPUT}
    sizes = {INPUT: network.input.size}
    for step in steps:
        number, op = step.number, step.node.op
        # A view of an array is the same array for autograd.
        storage[number] = storage[step.node.inputs[0]] if op.view else number
        sizes.setdefault(storage[number], step.y.size)
        both = op.in_place and not in_place
        kept = [*step.node.inputs] if both or "input" in op.keeps else []
        kept += [number] if "output" in op.keeps else []
        values = {storage[source]: sizes[storage[source]] for source in kept}
        yield Keeping(step, values, tuple(op.kept(step.xs, step.y)))


def kept_for_backward(network: Network, steps: Sequence[Step], *, in_place: bool = True) -> KeptForBackward:
    """The arrays of all layers together.

    Each array counts once: the output of a layer is also the input of the next one. Without ``in_place`` an
    activation that could work in place (ReLU) has memory of its own, and its input is kept, too.
    """
    arrays: dict[int, Dim] = {}
    values = fixed = own_bytes = 0
    for keeping in kept_by_layer(network, steps, in_place=in_place):
        arrays.update(keeping.values)
        for kept in keeping.own:
            if kept.per_batch:
                fixed += kept.count
            elif kept.bytes is None:
                values += kept.count
            else:
                own_bytes += kept.count * kept.bytes
    return KeptForBackward(values + sum(arrays.values()), fixed, own_bytes)
