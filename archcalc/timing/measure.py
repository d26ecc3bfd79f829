"""How long a network takes on this machine: random inputs, warm-up, many passes, and their quartiles.

On the CPU ``torch.utils.benchmark`` times; on a GPU pairs of CUDA events do, and what is too short for the launches of
its kernels is also replayed as a CUDA graph. A layer's inputs rotate among up to 16 copies, so
that no cache holds them unless they are small; its weights may stay in one.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache, partial
from itertools import cycle
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils import benchmark

from archcalc.backends.pytorch import build, out_of_memory, tensor_of
from archcalc.engine.walk import Step
from archcalc.network import Network
from archcalc.results.time import Device, TimeSpan

SHORT = 0.001
"""Seconds below which a call on a GPU is timed as a CUDA graph: launching its kernels takes as long as running them."""
WARM_UP, LEAST, MOST = 3, 5, 1000
"""Calls before anything is timed; the fewest that are timed, and on a GPU the most."""
CACHE = 128 * 2**20
"""Bytes that no cache is larger than, for CPUs; GPUs tell the size of theirs."""
COPIES = 16
"""The most copies of an input: what is smaller than a sixteenth of a cache stays in it."""
PRODUCTS = {"cpu": 1024, "cuda": 8192}
"""The most rows of the square matrices that calibrate; fewer where one product would take longer than LONG seconds."""
LONG = 0.25
COPIED = {"cpu": 2**28, "cuda": 2**31}
"""Bytes that calibrate by being copied."""
CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
"""By the number of a tensor's axes; PyTorch has none for one spatial axis."""
CALIBRATED = ("float64", "float32", "float16", "bfloat16")

NO_KERNEL = ("not implemented for", "unable to find an engine", "STATUS_NOT_SUPPORTED")
"""What PyTorch, cuDNN and cuBLAS say of a layer that they have no kernel for in a dtype."""

Call = Callable[[], object]


class Settings(NamedTuple):
    """What changes how fast PyTorch runs: each is stated beside the times."""

    tf32: bool = False
    cudnn_benchmark: bool = True
    channels_last: bool = False
    threads: int | None = None
    """Of the CPU; None: as many as PyTorch takes."""


@contextmanager
def applied(settings: Settings, where: str) -> Iterator[None]:
    """PyTorch with these settings on a device, as for inference, and as it was before at the end."""
    cudnn, matmul = torch.backends.cudnn, torch.get_float32_matmul_precision()
    before, threads = (cudnn.benchmark, cudnn.allow_tf32), torch.get_num_threads()
    cudnn.benchmark, cudnn.allow_tf32 = settings.cudnn_benchmark, settings.tf32
    torch.set_float32_matmul_precision("high" if settings.tf32 else "highest")
    torch.set_num_threads(settings.threads or threads)
    # Without trained weights values may fade from layer to layer, and denormal numbers are slow on a CPU.
    torch.set_flush_denormal(True)
    try:
        # Events and graphs belong to the current GPU.
        with torch.inference_mode(), torch.cuda.device(where) if where.startswith("cuda") else nullcontext():
            yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(matmul)
        cudnn.benchmark, cudnn.allow_tf32 = before


def environment(where: str, settings: Settings) -> dict[str, Any]:
    """What the times depend on: the device, versions and settings."""
    on_gpu = where.startswith("cuda")
    found: dict[str, Any] = {
        "device": device_name(where),
        "where": where,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "driver": _driver() if on_gpu else None,
        "load": None if on_gpu else round(os.getloadavg()[0], 2),
        "capability": _capability(where),
        **settings._asdict(),
        "threads": settings.threads or torch.get_num_threads(),
        "flush_denormal": not on_gpu,
        "inputs": "random, standard normal",
        "weights": "PyTorch's random initialisation",
    }
    return found


def device_name(where: str) -> str:
    """What the device calls itself."""
    return torch.cuda.get_device_name(where) if where.startswith("cuda") else _cpu_name()


def _capability(where: str) -> str:
    if not where.startswith("cuda"):
        return torch.backends.cpu.get_cpu_capability()
    return ".".join(map(str, torch.cuda.get_device_capability(where)))


def _cpu_name() -> str:
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = next(
                (line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), name
            )
    except OSError:
        pass
    return f"{name}, {os.cpu_count()} cores"


@cache
def _driver() -> str | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-gpu=driver_version", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=20)
    return done.stdout.partition("\n")[0].strip() or None


def is_there(where: str) -> bool:
    """Whether PyTorch can run there: ``cpu``, ``cuda`` or ``cuda:1``."""
    name, _, number = where.partition(":")
    there = name == "cuda" and torch.cuda.is_available()
    return where == "cpu" or (there and int(number or 0) < torch.cuda.device_count())


def span_of(seconds: Sequence[float]) -> TimeSpan:
    """Median and quartiles, in milliseconds.

    >>> span_of([0.004, 0.001, 0.002, 0.003, 0.005])
    Span(median=3.0, low=2.0, high=4.0)
    """
    if len(seconds) == 1:
        return TimeSpan(*[1000 * seconds[0]] * 3)
    low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return TimeSpan(1000 * median, 1000 * low, 1000 * high)


def timed(call: Call, where: str, seconds: float) -> TimeSpan:
    """The times of a call that was warmed up."""
    return span_of(_sampled(call, where, seconds))


def _sampled(call: Call, where: str, seconds: float) -> list[float]:
    for _ in range(WARM_UP):
        call()
    return _by_events(call, seconds) if where.startswith("cuda") else _by_timer(call, seconds)


def _by_timer(call: Call, seconds: float) -> list[float]:
    timer = benchmark.Timer("call()", globals={"call": call}, num_threads=torch.get_num_threads())
    times = timer.blocked_autorange(min_run_time=seconds).times
    return [*times, *(timer.timeit(1).times[0] for _ in range(LEAST - len(times)))]


def _by_events(call: Call, seconds: float) -> list[float]:
    once = _between(call)
    events = [
        (torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True))
        for _ in range(min(MOST, max(LEAST, int(seconds / max(once, 1e-6)))))
    ]
    for start, end in events:
        start.record()
        call()
        end.record()
    torch.cuda.synchronize()
    return [start.elapsed_time(end) / 1000 for start, end in events]


def _between(call: Call) -> float:
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    call()
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end)) / 1000


def replayed(call: Call, calls: int, seconds: float) -> TimeSpan | None:
    """The time of one of so many calls captured in a CUDA graph and replayed; None for what cannot be captured."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # capturing wants its warm-up on another stream
        for _ in range(WARM_UP):
            call()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            for _ in range(calls):
                call()
    except RuntimeError:  # no memory for a second set of activations is no reason to lose the time there is
        return None
    found = timed(graph.replay, "cuda", seconds)
    return TimeSpan(*(part / calls for part in found))


def failure(error: Exception) -> str:
    """Why a run has no times, if that is an answer; "" for an error that is none."""
    if out_of_memory(error):
        return "out of memory"
    says = str(error)
    if isinstance(error, NotImplementedError) or any(text in says for text in NO_KERNEL):
        return f"PyTorch cannot run it: {says.splitlines()[0] if says else 'not implemented'}"
    return ""


class Bench:
    """A network built on a device for one dtype and batch, ready to be timed."""

    def __init__(
        self, network: Network, steps: Sequence[Step], where: str, batch: int, dtype: str, settings: Settings
    ) -> None:
        self.where, self.batch, self.steps = where, batch, steps
        self.dtype: torch.dtype = getattr(torch, dtype)
        self.axes = 2 + network.input.rank
        self.format = CHANNELS_LAST.get(self.axes) if settings.channels_last else None
        module = build(network, steps, where, in_place=True).eval().to(self.dtype)
        for array in module.parameters():
            array.data = self._formatted(array.data)
        self.module: nn.Module = module
        self.layers: Mapping[str, nn.Module] = module.layers
        self.input = self._tensor(network.input)

    def whole(self, seconds: float) -> tuple[TimeSpan, TimeSpan | None]:
        """The time of a pass, and on a GPU that of its replay as a CUDA graph."""

        def call() -> object:
            return self.module(self.input)

        found = timed(call, self.where, seconds)
        return found, replayed(call, 1, seconds) if self.where.startswith("cuda") else None

    def layer(self, step: Step, seconds: float) -> TimeSpan:
        """The time of one layer on inputs that rotate."""
        module = self.layers[str(step.number)]
        size = self.batch * sum(x.size for x in step.xs) * self.dtype.itemsize
        copies = min(COPIES, 1 + _cache(self.where) // max(1, size))
        inputs = [tuple(self._tensor(x) for x in step.xs) for _ in range(copies)]
        turn = cycle(inputs)

        def call() -> object:
            return module(*next(turn))

        found = timed(call, self.where, seconds)
        if self.where.startswith("cuda") and found.median < 1000 * SHORT:
            return replayed(call, copies, seconds) or found
        return found

    def _tensor(self, volume: Any) -> Tensor:
        return self._formatted(tensor_of(volume, self.batch, self.where, dtype=self.dtype))

    def _formatted(self, array: Tensor) -> Tensor:
        """In the memory format asked for; only maps, and filters over them, have one."""
        return (
            array.contiguous(memory_format=self.format) if self.format and array.ndim == self.axes else array
        )


def _cache(where: str) -> int:
    if not where.startswith("cuda"):
        return CACHE
    return 4 * int(getattr(torch.cuda.get_device_properties(where), "L2_cache_size", CACHE))


def same_work(step: Step) -> tuple[str, str, bool]:
    """What two layers have in common that need not both be timed: the op with its options, and the input."""
    return repr(step.node.op), str(step.xs), step.node.op.in_place


def calibrated(where: str, seconds: float = 0.5, threads: int | None = None) -> Device:
    """The ceilings of this machine, measured: one large product for every dtype, one large copy.

    The best of many counts: a ceiling is what can be reached, and other work only takes away from it.
    """
    kind = where.partition(":")[0]
    vector: dict[str, int] = {}
    matrix: dict[str, int] = {}
    with applied(Settings(threads=threads), where):
        for dtype in CALIBRATED:
            rate = _product_rate(where, PRODUCTS[kind], dtype, seconds)
            (vector if dtype in ("float64", "float32") else matrix)[dtype] = rate
        bandwidth = _copy_rate(where, COPIED[kind], seconds)
    if kind == "cuda":
        with applied(Settings(tf32=True), where):
            matrix["tf32"] = _product_rate(where, PRODUCTS[kind], "float32", seconds)
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    rows, used = PRODUCTS[kind], "" if kind == "cuda" else f", threads: {threads or torch.get_num_threads()}"
    return Device(
        name="here",
        title=device_name(where),
        year=None,
        vector=vector,
        matrix=matrix,
        bandwidth=bandwidth,
        memory=_all_memory(where),
        source=f"measured by archcalc device --calibrate on {when} with PyTorch {torch.__version__}{used}",
        seen=f"a product of matrices of up to {rows} rows for every dtype, a copy of {COPIED[kind] // 2**20} MiB",
    )


def _product_rate(where: str, most: int, dtype: str, seconds: float) -> int:
    """FLOP/s of the largest product of square matrices that is no long wait; a dtype without kernels is slow."""
    rows, found = 128, 0
    while True:
        rows *= 2
        a, b = (torch.randn(rows, rows, device=where).to(getattr(torch, dtype)) for _ in range(2))
        last = rows == most or 8 * rows**3 * 2 > found * LONG > 0
        took = min(_sampled(partial(torch.matmul, a, b), where, seconds if last else 0.01))
        found = int(2 * rows**3 / took)
        if last:
            return found


def _copy_rate(where: str, size: int, seconds: float) -> int:
    """Bytes per second, read and written, of a copy."""
    source = torch.randn(size // 4, device=where)
    target = torch.empty_like(source)
    return int(2 * size / min(_sampled(lambda: target.copy_(source), where, seconds)))


def _all_memory(where: str) -> int:
    if where.startswith("cuda"):
        return int(torch.cuda.mem_get_info(where)[1])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
