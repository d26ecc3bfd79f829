"""The time that the roofline of a device predicts, for batches and dtypes."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.conventions import DTYPES
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError, one_of
from archcalc.network import Network
from archcalc.results.time import Device, TimedLayer, TimedRun, Timing
from archcalc.timing.roofline import fused_work, steps_of, time_of, work_of


def predict(
    network: Network, device: Device, batches: Sequence[int], dtypes: Sequence[str], *, tf32: bool = False
) -> Timing:
    """Predict a run for every batch and dtype. Raises ArchcalcError for a dtype without a rate, SpecError."""
    steps = steps_of(network)
    runs = tuple(predict_run(steps, device, batch, dtype, tf32) for dtype in dtypes for batch in batches)
    return Timing(network.name, device, {}, runs)


def predict_run(
    steps: Sequence[Step], device: Device, batch: int = 1, dtype: str = "float32", tf32: bool = False
) -> TimedRun:
    """Predict one forward pass. Raises ArchcalcError for a dtype without a rate on the device."""
    if dtype not in device.dtypes:
        raise ArchcalcError(
            f"{device.name} has no rate for {dtype}; it has rates for {one_of(device.dtypes)}"
        )
    value_bytes = DTYPES[dtype]
    layers = []
    for step in steps:
        work = work_of(step, batch, value_bytes)
        seconds, bound = time_of(work, device, dtype, tf32)
        layers.append(
            TimedLayer(step.node.path, step.node.op.name, work.flops, work.bytes, 1000 * seconds, bound)
        )
    # What a compiler can reach by merging every follower into the layer before it.
    fused = sum(time_of(work, device, dtype, tf32)[0] for work in fused_work(steps, batch, value_bytes))
    predicted_ms = sum(layer.predicted_ms for layer in layers)
    return TimedRun(batch, dtype, tf32, tuple(layers), predicted_ms, 1000 * fused)
