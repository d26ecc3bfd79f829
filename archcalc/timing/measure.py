"""The time of a forward pass on this machine, measured, beside the time that the roofline predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archcalc.engine.moved import is_idle
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError, MissingPackage
from archcalc.network import Network
from archcalc.results.time import Device, Settings, TimedRun, TimeSpan, Timing
from archcalc.timing.expected import Manner
from archcalc.timing.fit import inference
from archcalc.timing.precision import bytes_of, precision_of
from archcalc.timing.predict import predict_run
from archcalc.timing.roofline import steps_of

if TYPE_CHECKING:
    from archcalc.backends.bench import Bench

Progress = Callable[[int, int], None]

RUNNABLE = ("float32", "float16", "bfloat16", "float64")
"""The dtypes that PyTorch runs a network in."""


def need_device(where: str) -> None:
    """Raises ArchcalcError unless PyTorch is installed and can run on ``cpu``, ``cuda`` or ``cuda:1``."""
    try:
        import archcalc.backends.environment as backend
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torch":
            raise
        raise MissingPackage("measuring", "torch", "PyTorch") from None
    if not backend.is_available(where):
        raise ArchcalcError(f"PyTorch {backend.VERSION} finds no {where} here")


def peak_rates(where: str, threads: int | None = None, seconds: float = 0.5) -> Device:
    """Measure the peak rates of this machine. Raises ArchcalcError."""
    need_device(where)
    from archcalc.backends.calibrate import calibrate

    return calibrate(where, seconds, threads)


def measure(
    network: Network,
    device: Device,
    batches: Sequence[int],
    dtypes: Sequence[str],
    *,
    where: str = "cpu",
    settings: Settings | None = None,
    layers: bool = False,
    seconds: float = 0.5,
    progress: Progress | None = None,
) -> Timing:
    """Time forward passes on this machine (``cpu``, ``cuda``), beside the roofline of ``device``.

    ``layers`` also times every different layer. ``seconds`` is the time of one measurement. A run that fails
    (no memory, no kernel for the dtype) records the reason, and the others continue. Raises ArchcalcError,
    SpecError.
    """
    need_device(where)
    from archcalc.backends.bench import same_work
    from archcalc.backends.environment import environment

    wrong = [dtype for dtype in dtypes if dtype not in RUNNABLE]
    if wrong:
        raise ArchcalcError(f"PyTorch runs no network in {wrong[0]}; name a device to predict it")
    chosen = settings or Settings()
    steps = steps_of(network)
    manner = Manner(layout="nhwc" if chosen.channels_last else "nchw")
    pairs = [(dtype, batch) for dtype in dtypes for batch in batches]
    # Layers with the same work are timed once, so the progress bar counts them once.
    different = len({same_work(step) for step in steps if not is_idle(step)}) if layers else 0
    counter = _Counter(progress, len(pairs) * (1 + different))
    job = _Job(network, steps, where, chosen, layers, seconds, counter)
    runs = []
    for dtype, batch in pairs:
        precision = precision_of(dtype, device, chosen.tf32)
        runs.append(_measured(job, predict_run(network, steps, precision, batch, manner)))
        counter.set(len(runs) * (1 + different))  # a run that failed counts as done
    return Timing(network.name, device, environment(where, chosen), tuple(runs))


class _Counter:
    """Counts measurements, and reports them to ``progress``."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.done, self.total = progress, 0, total

    def set(self, done: int) -> None:
        self.done = done
        if self.progress:
            self.progress(done, self.total)

    def add(self) -> None:
        self.set(self.done + 1)


class _Job(NamedTuple):
    """What all runs of a network share."""

    network: Network
    steps: Sequence[Step]
    where: str
    settings: Settings
    layers: bool
    seconds: float
    counter: _Counter


def _measured(job: _Job, run: TimedRun) -> TimedRun:
    """A predicted run with its measured times, or with the reason why it has none."""
    lacking = _lacking_memory(job, run)
    if lacking:
        return run._replace(failed=lacking)
    from archcalc.backends.bench import failure

    try:
        # In a function of its own, so that the network is freed before the next run.
        whole, graph, spans = _times(job, run)
    except (RuntimeError, MemoryError) as error:
        reason = failure(error)
        if not reason:
            raise
        return run._replace(failed=reason)
    rows = tuple(
        layer._replace(measured=spans.get(step.number))
        for layer, step in zip(run.layers, job.steps, strict=True)
    )
    return run._replace(layers=rows, measured=whole, graph=graph)


def _times(job: _Job, run: TimedRun) -> tuple[TimeSpan, TimeSpan | None, Mapping[int, TimeSpan]]:
    from archcalc.backends.bench import Bench
    from archcalc.backends.environment import applied

    with applied(job.settings, job.where):
        bench = Bench(job.network, job.steps, job.where, run.batch, run.dtype, job.settings)
        whole, graph = bench.whole(job.seconds)
        job.counter.add()
        return whole, graph, _layer_times(job, bench) if job.layers else {}


def _layer_times(job: _Job, bench: Bench) -> Mapping[int, TimeSpan]:
    """The time of every layer that has work, by its number; layers with the same work are timed once."""
    from archcalc.backends.bench import same_work

    by_work: dict[tuple[str, str, bool], TimeSpan] = {}
    by_number = {}
    for step in job.steps:
        if is_idle(step):
            continue
        key = same_work(step)
        if key not in by_work:
            by_work[key] = bench.layer(step, job.seconds)
            job.counter.add()
        by_number[step.number] = by_work[key]
    return by_number


def _lacking_memory(job: _Job, run: TimedRun) -> str:
    """Why a pass cannot fit into the free memory, in a sentence; "" if it may.

    Such a pass is not tried: Linux may grant the memory first and stop the process later.
    """
    from archcalc.backends.pytorch import free_memory

    free = free_memory(job.where)
    needed = inference(job.network, job.steps, bytes_of(run.dtype)).at(run.batch)
    if free is None or needed <= free:
        return ""
    gib = 2**30
    return (
        f"out of memory: weights and activations take {needed / gib:,.1f} GiB, {free / gib:,.1f} GiB are free"
    )
