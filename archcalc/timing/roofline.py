"""The roofline of a network: what a device's ceilings allow, layer by layer.

A layer takes at least its operations over the rate of the units that do them, and at least its bytes over the
bandwidth; the larger is its time, and says what bounds it. Multiply-accumulates run at the matrix units' rate where
there are such units, everything else at that of the vector units. Bytes are the inputs, the stored arrays and the
output, each once: caches are taken to hold what a layer reads twice, and nothing of the layer before. Views and what
inference leaves out (dropout) take no time. The network's time is the sum: layers run one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archcalc.conventions import ARCHCALC, DTYPES
from archcalc.dims import prod
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.errors import ArchcalcError, one_of
from archcalc.network import Network
from archcalc.results.time import COMPUTE, MEMORY, Device, TimedLayer, TimedRun


class LayerWork(NamedTuple):
    """What a layer, or several merged into one, do for a batch."""

    macs: int
    others: int
    bytes: int

    @property
    def flops(self) -> int:
        return ARCHCALC.mac_is * self.macs + self.others


def steps_of(network: Network) -> list[Step]:
    """Every layer of a network worked out, auxiliary heads left out. Raises SpecError."""
    return walk_or_raise(network, aux=False)[0]


def predict(
    network: Network,
    steps: Sequence[Step],
    device: Device,
    batch: int = 1,
    dtype: str = "float32",
    tf32: bool = False,
) -> TimedRun:
    """What the roofline says of a forward pass. Raises ArchcalcError for a dtype that the device has no rate for."""
    if dtype not in device.dtypes:
        raise ArchcalcError(
            f"{device.name} has no rate for {dtype}; it has those for {one_of(device.dtypes)}"
        )
    layers = []
    for step in steps:
        work = of_step(step, batch, DTYPES[dtype])
        seconds, bound = time_of(work, device, dtype, tf32)
        layers.append(
            TimedLayer(step.node.path, step.node.op.name, work.flops, work.bytes, 1000 * seconds, bound)
        )
    fused = sum(time_of(work, device, dtype, tf32)[0] for work in merged(steps, batch, DTYPES[dtype]))
    return TimedRun(
        batch, dtype, tf32, tuple(layers), sum(layer.predicted_ms for layer in layers), 1000 * fused
    )


def time_of(work: LayerWork, device: Device, dtype: str, tf32: bool = False) -> tuple[float, str]:
    """Seconds, and what bounds them."""
    arithmetic = ARCHCALC.mac_is * work.macs / device.mac_rate(dtype, tf32) + work.others / device.other_rate(
        dtype
    )
    moving = work.bytes / device.bandwidth
    return (arithmetic, COMPUTE) if arithmetic >= moving else (moving, MEMORY)


def is_nothing(step: Step) -> bool:
    """Whether a forward pass at inference has nothing to do for a layer."""
    op = step.node.op
    return op.view or (op.in_place and not step.cost)


def of_step(step: Step, batch: int, value_bytes: int) -> LayerWork:
    """What one layer does: its operations, and the bytes of its inputs, its stored arrays and its output."""
    return _together((step,), batch, value_bytes)


def merged(steps: Sequence[Step], batch: int, value_bytes: int) -> Iterable[LayerWork]:
    """The same with every follower of one input merged into its layer: what lies between is never written."""
    group: list[Step] = []
    for step in steps:
        if group and not _follows(step, group[-1]):
            yield _together(group, batch, value_bytes)
            group = []
        group.append(step)
    if group:
        yield _together(group, batch, value_bytes)


def _follows(step: Step, last: Step) -> bool:
    return step.node.follower and step.node.inputs == (last.number,)


def _together(group: Sequence[Step], batch: int, value_bytes: int) -> LayerWork:
    """What several layers do as one, each of which reads nothing but the one before it."""
    if all(map(is_nothing, group)):
        return LayerWork(0, 0, 0)
    macs = sum(step.cost.get("macs", 0) for step in group)
    operations = sum(sum(step.cost.values()) for step in group)
    moved = batch * (_read(group[0]) + group[-1].y.size) + sum(map(_stored, group))
    return LayerWork(batch * macs, batch * (operations - macs), value_bytes * moved)


def _read(step: Step) -> int:
    return sum(x.size for x in step.xs)


def _stored(step: Step) -> int:
    return sum(prod(weight.shape) for weight in step.weights)
