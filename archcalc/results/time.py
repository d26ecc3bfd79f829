"""Devices, and the time of a network on a device: predicted by the roofline, and measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from archcalc.results import FORMAT, plain
from archcalc.results.printable import Printable

COMPUTE, MEMORY, LAUNCH = "compute", "memory", "launch"
"""What bounds a time: arithmetic, moving bytes, or, for a whole pass, launching its kernels."""

FLOAT32 = "float32"


@dataclass(frozen=True, slots=True, repr=False)
class Device(Printable):
    """The peak rates of a device: dense FLOP/s by unit and dtype, bytes per second, bytes of memory.

    ``matrix`` has the rates of units for multiply-accumulates (tensor cores); its ``tf32`` is float32 with
    fewer digits. ``vector`` has the rates of all other operations. ``source`` is the document with the
    figures. ``seen`` is the place where they were read; "" if they were not looked up.
    """

    name: str
    title: str
    year: int | None
    vector: Mapping[str, int]
    matrix: Mapping[str, int]
    bandwidth: int
    memory: int
    source: str
    seen: str = ""
    aliases: tuple[str, ...] = ()
    note: str = ""

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes with a rate."""
        return tuple(dict.fromkeys(name for name in (*self.vector, *self.matrix) if name != "tf32"))

    def mac_rate(self, dtype: str, tf32: bool = False) -> int:
        """FLOP/s of multiply-accumulates; float32 runs as TF32 only if that is allowed."""
        # TF32 has fewer digits than float32, so its rate counts only if it is allowed.
        if tf32 and dtype == FLOAT32 and "tf32" in self.matrix:
            return self.matrix["tf32"]
        return self.matrix.get(dtype) or self.vector[dtype]

    def other_rate(self, dtype: str) -> int:
        """FLOP/s of all other operations; a dtype without a rate is computed in float32."""
        return self.vector.get(dtype) or self.vector.get(FLOAT32) or self.matrix[dtype]

    def ridge(self, dtype: str, tf32: bool = False) -> float:
        """FLOPs per byte at the ridge: with more, multiply-accumulates are bound by arithmetic."""
        return self.mac_rate(dtype, tf32) / self.bandwidth

    def as_json(self) -> dict[str, Any]:
        """The record of ``archcalc device --format json``."""
        return {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "vector": dict(self.vector),
            "matrix": dict(self.matrix),
            "aliases": [*self.aliases],
        }


class Settings(NamedTuple):
    """The settings of PyTorch that change its speed; they are stored beside the times."""

    tf32: bool | None = None
    """TF32 for all float32 products, for none, or as PyTorch has it (None)."""
    cudnn_benchmark: bool = True
    channels_last: bool = False
    threads: int | None = None
    """Threads of the CPU; None: PyTorch's default."""


@dataclass(frozen=True, slots=True, repr=False)
class DeviceList(Printable):
    """The known devices, in the order of their files."""

    devices: tuple[Device, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """The JSON of ``archcalc device``."""
        devices: list[dict[str, Any]] = plain(self.devices)
        return devices


class TimeSpan(NamedTuple):
    """Repeated measurements of one call, in milliseconds: the median, and the lower and upper quartile."""

    median: float
    low: float
    high: float


class TimedLayer(NamedTuple):
    """One layer of a run: its work, its predicted time, and its measured time (None: not measured)."""

    path: str
    op: str
    flops: int
    bytes: int
    predicted_ms: float
    bound: str
    measured: TimeSpan | None = None

    def as_json(self) -> dict[str, Any]:
        """An item of ``layers``."""
        record = self._asdict()
        span = record.pop("measured")
        return {**record, **_span_json(span)}


class HowRun(NamedTuple):
    """How a pass is expected to run: a framework's way, microseconds per launch, layout, optimizer if it
    trains."""

    framework: str = "eager"
    launch_us: float = 45.0
    layout: str = "nchw"
    train: str | None = None


class TimedRun(NamedTuple):
    """A pass of one batch in one dtype, layer by layer.

    ``lower_bound_ms`` is the least time that the device allows. ``expected_ms`` is the time that a framework
    is expected to take, ``bound_by`` what decides it, ``launches`` the number of its kernels, ``how`` its way
    of running. ``predicted_ms`` is the roofline, summed over the layers, and ``fused_ms`` the same with every
    follower (ReLU, BN) fused into its layer. ``measured`` is the time of the whole pass, ``graph`` the time
    of its replay as a CUDA graph. ``failed`` is the reason why nothing was measured, such as "out of memory".
    Results that older versions stored have no bound and no expected time (None).
    """

    batch: int
    dtype: str
    tf32: bool
    layers: tuple[TimedLayer, ...]
    predicted_ms: float
    fused_ms: float
    measured: TimeSpan | None = None
    graph: TimeSpan | None = None
    failed: str = ""
    lower_bound_ms: float | None = None
    expected_ms: float | None = None
    bound_by: str = ""
    launches: int | None = None
    computed: str = ""
    how: HowRun = HowRun()

    @property
    def computed_in(self) -> str:
        """The dtype that the device computes in: float16 for amp, float32 for halves on a device without
        them."""
        return self.computed or self.dtype

    @property
    def flops(self) -> int:
        return sum(layer.flops for layer in self.layers)

    @property
    def bytes(self) -> int:
        return sum(layer.bytes for layer in self.layers)

    @property
    def bound(self) -> str:
        """What bounds the larger part of the predicted time."""
        by_compute = sum(layer.predicted_ms for layer in self.layers if layer.bound == COMPUTE)
        # Layers differ: a network is bound by whatever bounds more of its time.
        return COMPUTE if 2 * by_compute >= self.predicted_ms else MEMORY

    @property
    def layers_ms(self) -> float | None:
        """The sum of the measured times of the layers; None if they were not measured."""
        # Some layers, such as an input, may have no measured time.
        medians = [layer.measured.median for layer in self.layers if layer.measured]
        return sum(medians) if medians else None

    def as_json(self) -> dict[str, Any]:
        """An item of ``runs``."""
        return {
            "batch": self.batch,
            "dtype": self.dtype,
            "tf32": self.tf32,
            **_span_json(self.measured),
            "graph_ms": self.graph.median if self.graph else None,
            "lower_bound_ms": self.lower_bound_ms,
            "expected_ms": self.expected_ms,
            "bound_by": self.bound_by,
            "launches": self.launches,
            "computed_in": self.computed_in,
            **self.how._asdict(),
            "predicted_ms": self.predicted_ms,
            "fused_ms": self.fused_ms,
            "bound": self.bound,
            "failed": self.failed,
            "layers": plain(self.layers),
        }


@dataclass(frozen=True, slots=True, repr=False)
class Timing(Printable):
    """The runs of a network on a device.

    ``device`` has the peak rates. ``environment`` has the conditions of the measurement; {} if nothing was
    measured.
    """

    network: str
    device: Device
    environment: Mapping[str, Any]
    runs: tuple[TimedRun, ...]

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc time``."""
        return {
            "format": FORMAT,
            "network": self.network,
            "environment": dict(self.environment),
            "device": self.device.as_json(),
            "runs": plain(self.runs),
        }


def _span_json(span: TimeSpan | None) -> dict[str, Any]:
    return {
        "measured_ms": span.median if span else None,
        "spread_ms": [span.low, span.high] if span else None,
    }


class Ratio(NamedTuple):
    """The predicted and the measured time of one run or layer."""

    name: str
    predicted_ms: float
    measured_ms: float

    @property
    def ratio(self) -> float:
        return self.measured_ms / self.predicted_ms


class ErrorSummary(NamedTuple):
    """Measured over predicted time of runs or layers: median, quartiles, rank correlation, largest."""

    name: str
    things: int
    median: float | None
    low: float | None
    high: float | None
    rank_correlation: float | None
    predicted_ms: float
    measured_ms: float
    worst: Ratio | None


class ModelError(NamedTuple):
    """How far the roofline is off: for whole passes, and for layers by op and by what bounds them."""

    networks: ErrorSummary
    ops: tuple[ErrorSummary, ...]
    bounds: tuple[ErrorSummary, ...]


@dataclass(frozen=True, slots=True, repr=False)
class TimingTable(Printable):
    """Several timings side by side, and the error of the roofline (None: nothing was measured)."""

    timings: tuple[Timing, ...]
    error: ModelError | None = None

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc time``; of several timings one document, which ``--from`` can read."""
        # One timing keeps the format of `archcalc time`, which has no list of times.
        if len(self.timings) == 1:
            return self.timings[0].as_json()
        error = {"judgement": plain(self.error)} if self.error else {}
        return {"format": FORMAT, "times": plain(self.timings), **error}
