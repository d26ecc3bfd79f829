"""The roofline model: the least time that a layer needs on a device.

* A layer needs at least its operations divided by the rate of the units that compute them.
  Multiply-accumulates run on the matrix units where a device has them; all other operations run on the vector
  units.
* A layer needs at least its bytes divided by the memory bandwidth. Bytes are the inputs, the stored arrays
  and the output, each once. The model assumes that caches hold what a layer reads twice, and nothing from the
  layer before.
* The larger of both is the predicted time, and names what bounds the layer.

Views, and layers that do nothing at inference (dropout), take no time. Layers run one after the other, so the
time of a network is the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archcalc.conventions import ARCHCALC
from archcalc.engine.figures import figures_of
from archcalc.engine.moved import is_idle, moved_values
from archcalc.engine.reading import Pass
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.network import Network
from archcalc.results.time import COMPUTE, MEMORY, Device


class LayerWork(NamedTuple):
    """The work of one layer, or of several fused layers, for a batch; ``bytes`` are read or written."""

    macs: int
    others: int
    bytes: int

    @property
    def flops(self) -> int:
        return ARCHCALC.mac_is * self.macs + self.others


def steps_of(network: Network) -> list[Step]:
    """Work out every layer of a network, without auxiliary heads. Raises SpecError."""
    return walk_or_raise(network, aux=False)[0]


def time_of(work: LayerWork, device: Device, dtype: str, tf32: bool = False) -> tuple[float, str]:
    """The predicted seconds, and what bounds them."""
    on_matrix_units = ARCHCALC.mac_is * work.macs / device.mac_rate(dtype, tf32)
    # The model lets matrix units and vector units work one after the other.
    computing = on_matrix_units + work.others / device.other_rate(dtype)
    moving = work.bytes / device.bandwidth
    return (computing, COMPUTE) if computing >= moving else (moving, MEMORY)


def work_of(step: Step, batch: int, value_bytes: int) -> LayerWork:
    """The work of one layer."""
    return _work_of_group((step,), batch, value_bytes)


def fused_work(steps: Sequence[Step], batch: int, value_bytes: int) -> Iterable[LayerWork]:
    """The work if every follower (a layer in ``then``) were fused into the layer before it.

    A fused group reads its first input and writes its last output; the values between stay in registers.
    """
    group: list[Step] = []
    for step in steps:
        if group and not _follows(step, group[-1]):
            yield _work_of_group(group, batch, value_bytes)
            group = []
        group.append(step)
    if group:
        yield _work_of_group(group, batch, value_bytes)


def _follows(step: Step, last: Step) -> bool:
    return step.node.follower and step.node.inputs == (last.number,)


def _work_of_group(group: Sequence[Step], batch: int, value_bytes: int) -> LayerWork:
    """The work of layers as one; each of them reads only the output of the one before it."""
    if all(map(is_idle, group)):
        return LayerWork(0, 0, 0)
    macs = sum(step.cost.get("macs", 0) for step in group)
    operations = sum(sum(step.cost.values()) for step in group)
    moved = moved_values([figures_of(step.worked, Pass(batch)) for step in group])
    return LayerWork(batch * macs, batch * (operations - macs), value_bytes * moved)
