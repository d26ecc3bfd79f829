"""The kernels of a pass: what an eager framework launches for each layer, forward and backward.

A kernel reads its operands from memory, computes, and writes its results. The forward pass launches one per
layer that has work. The backward pass of a layer with weights launches two products, each of as many
multiply-accumulates as the forward pass: one for the gradient of the weights, one for the gradient of the
input. The first layer needs no gradient of its input. Any other layer launches one kernel: it reads the
gradient of its output and the arrays that it kept, and writes the gradient of its input. A layer that kept
nothing (an addition, a concatenation) hands its gradient on. Where several layers read one output, their
gradients are added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from archcalc.conventions import ARCHCALC, OPTIMIZERS
from archcalc.engine.figures import figures_of
from archcalc.engine.memory import kept_by_layer
from archcalc.engine.moved import is_idle, moved_values
from archcalc.engine.reading import ONE_IMAGE, Pass
from archcalc.engine.walk import Step
from archcalc.network import INPUT, Network
from archcalc.ops.base import Op, per_axis


class Kernel(NamedTuple):
    """One launch: the name of its op, its operations, and the bytes that it reads or writes.

    ``volume_bytes`` are the bytes of inputs and outputs, without the stored arrays. ``slides`` says that it
    is a convolution of stride 1, for which fast algorithms are known, ``grouped`` that it has several groups.
    """

    op: str
    macs: int
    others: int
    bytes: int
    volume_bytes: int = 0
    slides: bool = False
    grouped: bool = False

    @property
    def flops(self) -> int:
        return ARCHCALC.mac_is * self.macs + self.others


def merged(group: Sequence[Step], batch: int, value_bytes: int) -> Kernel | None:
    """Layers as one kernel: it reads the input of the first and writes the output of the last.

    None if none of them has work.
    """
    if all(map(is_idle, group)):
        return None
    macs = sum(step.cost.get("macs", 0) for step in group)
    operations = sum(sum(step.cost.values()) for step in group)
    moved = moved_values([figures_of(step.worked, Pass(batch)) for step in group])
    return _kernel(
        group[0],
        batch * macs,
        batch * (operations - macs),
        value_bytes * moved,
        value_bytes * batch * (_inputs(group[0]) + group[-1].y.size),
    )


def fused(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    """The layers in groups: each follower (a layer in ``then``) together with the layer before it."""
    group: list[Step] = []
    for step in steps:
        if group and not (step.node.follower and step.node.inputs == (group[-1].number,)):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


def backward(
    network: Network, steps: Sequence[Step], batch: int, value_bytes: int
) -> Mapping[int, list[Kernel]]:
    """The kernels of the backward pass by the number of their layer."""
    keeping = {kept.step.number: kept for kept in kept_by_layer(network, steps)}
    differentiable = _need_gradients(steps)
    readers = dict.fromkeys(differentiable, 0)
    kernels: dict[int, list[Kernel]] = {}
    for step in steps:
        # Gradients of a value that several layers read are added: every reader after the first adds its own.
        again = 0
        for source in set(step.node.inputs) & differentiable:
            again += 1 if readers[source] else 0
            readers[source] += 1
        if step.number not in differentiable or step.op.view:
            continue
        x, y = _inputs(step), step.y.size
        launched = []
        if step.cost.get("macs", 0):
            launched = _products(
                step, batch, value_bytes, wants_input=bool({*step.node.inputs} & differentiable)
            )
        else:
            own = keeping[step.number]
            kept = batch * sum(own.values.values())
            kept += sum(array.count * (1 if array.per_batch else batch) for array in own.own)
            if kept:
                others = batch * sum(step.cost.values())
                launched = [Kernel(step.op.name, 0, others, value_bytes * (batch * (y + x) + kept))]
        launched += again * [Kernel("add", 0, batch * x, value_bytes * batch * 3 * x)]
        kernels[step.number] = launched
    return kernels


def _products(step: Step, batch: int, value_bytes: int, *, wants_input: bool) -> list[Kernel]:
    """The two products of a layer with weights: with its input, and with its weights."""
    volumes = value_bytes * batch * (_inputs(step) + step.y.size)
    product = _kernel(step, batch * step.cost["macs"], 0, volumes + value_bytes * params_of(step), volumes)
    return [product, product] if wants_input else [product]


def _need_gradients(steps: Sequence[Step]) -> set[int]:
    """The layers whose output depends on something trained."""
    needed: set[int] = set()
    for step in steps:
        trained = any(weight.role != "buffer" for weight in (*step.weights, *step.shared))
        if trained or not needed.isdisjoint(step.node.inputs):
            needed.add(step.number)
    return needed - {INPUT}


def update(steps: Sequence[Step], param_bytes: int, optimizer: str) -> Kernel:
    """The step of an optimizer, for all parameters at once.

    It reads every parameter, its gradient and the optimizer's values, and writes the parameter and these
    values.
    """
    values = (3 + 2 * OPTIMIZERS[optimizer]) * sum(map(params_of, steps))
    return Kernel(optimizer, 0, values, values * param_bytes)


def params_of(step: Step) -> int:
    """The parameters of a layer."""
    count: int = figures_of(step.worked, ONE_IMAGE)["params"]
    return count


def _kernel(step: Step, macs: int, others: int, moved: int, volumes: int) -> Kernel:
    op = step.op
    slides, grouped = _slides(op, step.y.rank), op.channel_groups != 1
    return Kernel(op.name, macs, others, moved, volumes, slides, grouped)


def _slides(op: Op, rank: int) -> bool:
    """Whether an op is a convolution that moves by 1, without dilation, and at least 3 wide along each
    axis."""
    if op.name != "conv":
        return False
    kernel, stride, dilation = (
        per_axis(getattr(op, name), rank) for name in ("kernel", "stride", "dilation")
    )
    return min(kernel) >= 3 and {*stride, *dilation} == {1}


def _inputs(step: Step) -> int:
    return sum(x.size for x in step.xs)
