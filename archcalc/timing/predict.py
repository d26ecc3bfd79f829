"""The time of a pass on a device: its lower bound, and the time that a framework is expected to take."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.conventions import TF32
from archcalc.engine.walk import Step
from archcalc.network import Network
from archcalc.results.time import COMPUTE, FLOAT32, MEMORY, Device, HowRun, TimedLayer, TimedRun, Timing
from archcalc.timing.bound import lower_bound
from archcalc.timing.expected import Manner, expect
from archcalc.timing.kernels import Kernel, backward, fused, merged, update
from archcalc.timing.precision import Precision, precision_of
from archcalc.timing.roofline import steps_of, time_of


def predict(
    network: Network,
    device: Device,
    batches: Sequence[int],
    dtypes: Sequence[str],
    *,
    tf32: bool | None = None,
    manner: Manner | None = None,
) -> Timing:
    """Predict a run for every batch and dtype. Raises ArchcalcError for a dtype without a rate, SpecError."""
    steps = steps_of(network)
    runs = tuple(
        predict_run(network, steps, precision_of(dtype, device, tf32), batch, manner or Manner())
        for dtype in dtypes
        for batch in batches
    )
    return Timing(network.name, device, {}, runs)


def predict_run(
    network: Network, steps: Sequence[Step], precision: Precision, batch: int, manner: Manner
) -> TimedRun:
    """Predict one pass, layer by layer."""
    value_bytes = precision.value_bytes
    back = backward(network, steps, batch, value_bytes) if manner.train else {}
    layers = [
        _layer(
            step.node.path,
            step.op.name,
            [*_forward([step], batch, value_bytes), *back.get(step.number, ())],
            precision,
        )
        for step in steps
    ]
    if manner.train:
        layers.append(
            _layer("optimizer", manner.train, [update(steps, precision.param_bytes, manner.train)], precision)
        )
    # What a compiler can reach by merging every follower into the layer before it.
    groups = [kernel for group in fused(steps) for kernel in _forward(group, batch, value_bytes)]
    apart = [kernel for kernels in back.values() for kernel in kernels]
    expected = expect(network, steps, batch, precision, manner)
    return TimedRun(
        batch,
        precision.name if precision.name != TF32 else FLOAT32,
        bool(precision.tf32),
        tuple(layers),
        predicted_ms=sum(layer.predicted_ms for layer in layers),
        fused_ms=1000 * sum(time_of(kernel, precision)[0] for kernel in (*groups, *apart)),
        lower_bound_ms=1000 * lower_bound(network, steps, batch, precision, train=bool(manner.train)),
        expected_ms=1000 * expected.seconds,
        bound_by=expected.bound_by,
        launches=expected.launches,
        computed=precision.computed,
        how=HowRun(manner.framework.name, manner.launch_us, manner.layout, manner.train),
    )


def _forward(group: Sequence[Step], batch: int, value_bytes: int) -> list[Kernel]:
    kernel = merged(group, batch, value_bytes)
    return [kernel] if kernel else []


def _layer(path: str, op: str, kernels: Sequence[Kernel], precision: Precision) -> TimedLayer:
    """A layer with the roofline of its kernels; what bounds most of its time bounds it."""
    by_bound = {COMPUTE: 0.0, MEMORY: 0.0}
    for kernel in kernels:
        seconds, bound = time_of(kernel, precision)
        by_bound[bound] += seconds
    return TimedLayer(
        path,
        op,
        sum(kernel.flops for kernel in kernels),
        sum(kernel.bytes for kernel in kernels),
        1000 * sum(by_bound.values()),
        COMPUTE if by_bound[COMPUTE] >= by_bound[MEMORY] else MEMORY,
    )
