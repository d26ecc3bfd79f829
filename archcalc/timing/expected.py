"""The expected time of a framework: the same kernels at the rates that programs reach, and the cost of
launching.

* The processor launches the kernels one by one. If this takes longer than running them, the device waits, so
  a pass needs at least the number of its kernels times the time of a launch. Launching and running overlap,
  so the larger of both counts, not the sum.
* Programs reach about three quarters of the peak rate, and 85 % of the bandwidth, on large layers: one number
  each, for all devices and networks.
* Winograd's algorithm saves multiplications and adds transforms; of its factor of 2.25 about 1.5 is left
  (VGG-16 took 112.0 ms with cuDNN 4 and 75.8 ms with cuDNN 5.0 on a Titan X, jcjohnson/cnn-benchmarks).
* Tensor cores compute in channels-last layout. With channels first the library copies each volume of a
  convolution once more. (NVIDIA, Deep Learning Performance documentation, Convolutional Layers: tensor
  layouts.)
* Automatic mixed precision copies the float32 weights of each layer to half precision first.

docs/time.md has the measured times, and what each point removes of the spread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archcalc.conventions import FRAMEWORKS, LAYOUTS, OPTIMIZERS, Framework
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError
from archcalc.network import Network
from archcalc.results.time import COMPUTE, LAUNCH, MEMORY
from archcalc.timing.bound import fewer_products
from archcalc.timing.kernels import Kernel, backward, fused, merged, params_of, update
from archcalc.timing.precision import CONVOLUTIONS, Precision
from archcalc.timing.roofline import time_of

COMPUTE_SHARE, MEMORY_SHARE = 0.75, 0.85
FEWER_IN_PRACTICE = 1.5


class Manner(NamedTuple):
    """How a pass is run: the framework, the microseconds of a launch, the layout, and the optimizer if it
    trains."""

    framework: Framework = FRAMEWORKS["eager"]
    launch_us: float = FRAMEWORKS["eager"].launch_us
    layout: str = "nchw"
    train: str | None = None


def manner_of(framework: str, launch: float | None, layout: str, train: str | None) -> Manner:
    """How a pass is run, from names. Raises ArchcalcError for a name that does not exist."""
    for word, known, what in (
        (framework, FRAMEWORKS, "framework"),
        (layout, LAYOUTS, "layout"),
        (train, (None, *OPTIMIZERS), "optimizer"),
    ):
        if word not in known:
            raise ArchcalcError(f"unknown {what} '{word}' (known: {', '.join(filter(None, known))})")
    chosen = FRAMEWORKS[framework]
    return Manner(chosen, chosen.launch_us if launch is None else launch, layout, train)


class Expectation(NamedTuple):
    """The expected seconds of a pass, what decides them, and the number of kernels that are launched."""

    seconds: float
    bound_by: str
    launches: int


def expect(
    network: Network, steps: Sequence[Step], batch: int, precision: Precision, manner: Manner
) -> Expectation:
    """The time that a framework is expected to take."""
    by_bound = {COMPUTE: 0.0, MEMORY: 0.0}
    launches = 0
    for kernel in kernels(network, steps, batch, precision, manner):
        seconds, bound = time_of(
            kernel,
            precision,
            fewer=fewer_in_practice(kernel, precision),
            compute=COMPUTE_SHARE,
            memory=MEMORY_SHARE,
        )
        by_bound[bound] += seconds
        launches += 1
    running, launching = sum(by_bound.values()), launches * manner.launch_us / 1e6
    if launching > running:
        return Expectation(launching, LAUNCH, launches)
    return Expectation(running, max(by_bound, key=lambda bound: by_bound[bound]), launches)


def kernels(
    network: Network, steps: Sequence[Step], batch: int, precision: Precision, manner: Manner
) -> Iterator[Kernel]:
    """Every kernel that the framework launches, in the forward and in the backward pass."""
    value_bytes = precision.value_bytes
    groups = fused(steps) if manner.framework.fuses else ((step,) for step in steps)
    for group in groups:
        kernel = merged(group, batch, value_bytes)
        if kernel:
            yield from _launched(kernel, sum(map(params_of, group)), precision, manner)
    if manner.train:
        for launched in backward(network, steps, batch, value_bytes).values():
            for kernel in launched:
                yield from _launched(kernel, 0, precision, manner)
        yield update(steps, precision.param_bytes, manner.train)


def _launched(kernel: Kernel, params: int, precision: Precision, manner: Manner) -> Iterator[Kernel]:
    """A kernel with the copies of its volumes; before it the copy of its parameters to half precision."""
    if precision.casts and kernel.macs and params:
        yield Kernel("cast", 0, 0, params * (precision.param_bytes + precision.value_bytes))
    # A compiler chooses the layout of the whole network, so it needs no copies.
    as_is = manner.layout != "nchw" or manner.framework.fuses or kernel.op not in CONVOLUTIONS
    if not as_is and precision.on_matrix_units(kernel):
        yield Kernel("copy", 0, 0, kernel.volume_bytes)
    yield kernel


def fewer_in_practice(kernel: Kernel, precision: Precision) -> float:
    """How many times fewer multiplications the algorithm of a library needs, its transforms included."""
    # The libraries have no fast algorithm for groups.
    is_fast = fewer_products(kernel, precision) > 1 and not kernel.grouped
    return FEWER_IN_PRACTICE if is_fast else 1.0
