"""A network timed: what a clock says beside what the roofline says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.conventions import DTYPES
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError
from archcalc.network import Network
from archcalc.results.time import Device, TimedRun, TimeSpan, Timing
from archcalc.timing.fit import inference
from archcalc.timing.roofline import is_nothing, predict, steps_of

if TYPE_CHECKING:
    from archcalc.timing.measure import Bench, Settings

Progress = Callable[[int, int], None]

RUNNABLE = ("float32", "float16", "bfloat16", "float64")
"""The dtypes that PyTorch runs a network in."""


def timing_backend() -> Any:
    """What imports PyTorch. Raises ArchcalcError where it is not installed."""
    try:
        from archcalc.timing import measure as timing
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torch":
            raise
        raise ArchcalcError("timing needs PyTorch: pip install 'archcalc[torch]'") from None
    return timing


def checked(where: str) -> Any:
    """The backend, if it can run there. Raises ArchcalcError."""
    backend = timing_backend()
    if not backend.is_there(where):
        raise ArchcalcError(f"PyTorch {backend.torch.__version__} finds no {where} here")
    return backend


def predicted(
    network: Network, device: Device, batches: Sequence[int], dtypes: Sequence[str], *, tf32: bool = False
) -> Timing:
    """The roofline alone. Raises ArchcalcError for a dtype without a rate, SpecError."""
    steps = steps_of(network)
    runs = tuple(predict(network, steps, device, batch, dtype, tf32) for dtype in dtypes for batch in batches)
    return Timing(network.name, device, {}, runs)


def measured(
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
    """Forward passes timed on this machine (``cpu``, ``cuda``), beside the roofline of ``device``.

    ``layers`` times every different layer too. ``seconds`` is spent on each thing that is timed. What does not run
    (no memory, no kernel for the dtype) is told in its run. Raises ArchcalcError, SpecError.
    """
    backend = checked(where)
    chosen: Settings = settings or backend.Settings()
    wrong = [dtype for dtype in dtypes if dtype not in RUNNABLE]
    if wrong:
        raise ArchcalcError(f"PyTorch runs no network in {wrong[0]}; name a device to predict it")
    steps = steps_of(network)
    pairs = [(dtype, batch) for dtype in dtypes for batch in batches]
    work = len({backend.same_work(step) for step in steps if not is_nothing(step)}) if layers else 0
    told = _Told(progress, len(pairs) * (1 + work))
    runs = []
    for dtype, batch in pairs:
        run = predict(network, steps, device, batch, dtype, chosen.tf32)
        runs.append(_run(backend, network, steps, run, where, chosen, layers, seconds, told))
        told.reach(len(runs) * (1 + work))
    return Timing(network.name, device, backend.environment(where, chosen), tuple(runs))


class _Told:
    """How much of the work is done."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.done, self.total = progress, 0, total

    def reach(self, done: int) -> None:
        self.done = done
        if self.progress:
            self.progress(done, self.total)

    def step(self) -> None:
        self.reach(self.done + 1)


def _run(
    backend: Any,
    network: Network,
    steps: Sequence[Step],
    run: TimedRun,
    where: str,
    settings: Settings,
    layers: bool,
    seconds: float,
    told: _Told,
) -> TimedRun:
    lacking = _lacking(network, steps, run, where)
    if lacking:
        return run._replace(failed=lacking)

    def clock() -> tuple[TimeSpan, TimeSpan | None, Mapping[int, TimeSpan]]:
        with backend.applied(settings, where):
            bench = backend.Bench(network, steps, where, run.batch, run.dtype, settings)
            whole, graph = bench.whole(seconds)
            told.step()
            return whole, graph, _layers(backend, bench, steps, seconds, told) if layers else {}

    try:
        whole, graph, spans = clock()
    except (RuntimeError, MemoryError) as error:
        failed = backend.failure(error)
        if not failed:
            raise
        return run._replace(failed=failed)
    rows = tuple(
        layer._replace(measured=spans.get(step.number)) for layer, step in zip(run.layers, steps, strict=True)
    )
    return run._replace(layers=rows, measured=whole, graph=graph)


def _layers(
    backend: Any, bench: Bench, steps: Sequence[Step], seconds: float, told: _Told
) -> Mapping[int, TimeSpan]:
    """The time of every layer that has something to do; the same work is timed once."""
    known: dict[tuple[str, str, bool], TimeSpan] = {}
    found = {}
    for step in steps:
        if is_nothing(step):
            continue
        key = backend.same_work(step)
        if key not in known:
            known[key] = bench.layer(step, seconds)
            told.step()
        found[step.number] = known[key]
    return found


def _lacking(network: Network, steps: Sequence[Step], run: TimedRun, where: str) -> str:
    """Why a pass cannot fit into the memory there is, in a sentence; an operating system may not survive the trial."""
    from archcalc.backends.pytorch import free_memory

    free = free_memory(where)
    needed = inference(network, steps, DTYPES[run.dtype]).at(run.batch)
    if free is None or needed <= free:
        return ""
    return f"out of memory: weights and activations take {needed / 2**30:,.1f} GiB, {free / 2**30:,.1f} GiB are free"
