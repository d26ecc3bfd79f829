"""Devices, and how long a network takes on one: what a roofline says, and what a clock said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.results import FORMAT

COMPUTE, MEMORY = "compute", "memory"
"""What bounds a layer: the arithmetic, or moving its bytes."""

FLOAT32 = "float32"


class Device(NamedTuple):
    """The ceilings of a device: dense FLOP/s by unit and dtype, bytes per second, bytes.

    ``matrix`` are the rates of units for multiply-accumulates (tensor cores), with ``tf32`` for float32 with fewer
    digits; ``vector`` those of everything else. ``source`` is the document that has the figures, ``seen`` where they
    were read ("": they were not looked up).
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
        """The dtypes that it has a rate for."""
        return tuple(dict.fromkeys(name for name in (*self.vector, *self.matrix) if name != "tf32"))

    def mac_rate(self, dtype: str, tf32: bool = False) -> int:
        """FLOP/s of multiply-accumulates; of float32 those of TF32 only if it is allowed."""
        if tf32 and dtype == FLOAT32 and "tf32" in self.matrix:
            return self.matrix["tf32"]
        return self.matrix.get(dtype) or self.vector[dtype]

    def other_rate(self, dtype: str) -> int:
        """FLOP/s of everything else; a dtype without a rate of its own is computed in float32."""
        return self.vector.get(dtype) or self.vector.get(FLOAT32) or self.matrix[dtype]

    def ridge(self, dtype: str, tf32: bool = False) -> float:
        """The FLOPs per byte from which multiply-accumulates are bound by arithmetic."""
        return self.mac_rate(dtype, tf32) / self.bandwidth

    def as_json(self) -> dict[str, Any]:
        """The record of ``archcalc device --format json``."""
        return {
            **self._asdict(),
            "vector": dict(self.vector),
            "matrix": dict(self.matrix),
            "aliases": [*self.aliases],
        }


class TimeSpan(NamedTuple):
    """Times of one thing measured many times, in milliseconds: the median, and the quartiles around it."""

    median: float
    low: float
    high: float


class TimedLayer(NamedTuple):
    """One layer of a run: what it does, what the roofline says of it, what was measured (None: nothing)."""

    path: str
    op: str
    flops: int
    bytes: int
    predicted_ms: float
    bound: str
    measured: TimeSpan | None = None


class TimedRun(NamedTuple):
    """A forward pass of one batch in one dtype, layer by layer.

    ``predicted_ms`` is the sum over the layers as they stand, ``fused_ms`` that with what follows a layer merged into
    it. ``measured`` is the time of the whole pass, ``graph`` that of its replay as a CUDA graph. ``failed`` says why
    nothing was measured: out of memory is an answer.
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
        return COMPUTE if 2 * by_compute >= self.predicted_ms else MEMORY

    @property
    def layers_ms(self) -> float | None:
        """The measured times of the layers added up; None where they were not measured."""
        found = [layer.measured.median for layer in self.layers if layer.measured]
        return sum(found) if found else None

    def as_json(self) -> dict[str, Any]:
        """One of ``runs``."""
        return {
            "batch": self.batch,
            "dtype": self.dtype,
            "tf32": self.tf32,
            **_span_json(self.measured),
            "graph_ms": self.graph.median if self.graph else None,
            "predicted_ms": self.predicted_ms,
            "fused_ms": self.fused_ms,
            "bound": self.bound,
            "failed": self.failed,
            "layers": [_layer_json(layer) for layer in self.layers],
        }


class Timing(NamedTuple):
    """A network on a device; ``environment`` says how it was measured ({}: it was not), ``device`` has the ceilings."""

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
            "runs": [run.as_json() for run in self.runs],
        }


def _span_json(span: TimeSpan | None) -> dict[str, Any]:
    return {
        "measured_ms": span.median if span else None,
        "spread_ms": [span.low, span.high] if span else None,
    }


def _layer_json(layer: TimedLayer) -> dict[str, Any]:
    found = layer._asdict()
    span = found.pop("measured")
    return {**found, **_span_json(span)}


class MemoryPart(NamedTuple):
    """One part of what a device must hold, in bytes: ``fixed``, and so many more for every image."""

    name: str
    fixed: int
    per_image: int

    def at(self, batch: int) -> int:
        return self.fixed + batch * self.per_image


class Demand(NamedTuple):
    """One figure of memory: its parts, and the largest batch for which they fit (0: none does; None: any does)."""

    name: str
    says: str
    parts: tuple[MemoryPart, ...]
    largest_batch: int | None

    def at(self, batch: int) -> int:
        """Bytes needed for a batch."""
        return sum(part.at(batch) for part in self.parts)


class Fit(NamedTuple):
    """Whether a network fits on a device, by each figure of memory; of several ``gpus`` each holds its share."""

    network: str
    device: Device
    batch: int
    dtype: str
    train: str | None
    gpus: int
    demands: tuple[Demand, ...]

    @property
    def ok(self) -> bool:
        """Whether the batch fits by the first figure."""
        return self.fits(self.demands[0])

    def fits(self, demand: Demand) -> bool:
        """Whether the batch fits by that figure."""
        return demand.at(self.batch) <= self.device.memory

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc fit``."""
        return {
            "format": FORMAT,
            "network": self.network,
            "device": self.device.as_json(),
            "batch": self.batch,
            "dtype": self.dtype,
            "train": self.train,
            "gpus": self.gpus,
            "ok": self.ok,
            "demands": [
                {
                    "name": demand.name,
                    "says": demand.says,
                    "parts": {part.name: part.at(self.batch) for part in demand.parts},
                    "bytes": demand.at(self.batch),
                    "fits": self.fits(demand),
                    "largest_batch": demand.largest_batch,
                }
                for demand in self.demands
            ],
        }


class Ratio(NamedTuple):
    """What was measured of one thing, and what was predicted."""

    name: str
    predicted_ms: float
    measured_ms: float

    @property
    def ratio(self) -> float:
        return self.measured_ms / self.predicted_ms


class ErrorSummary(NamedTuple):
    """Measured over predicted of several things: median, quartiles, rank correlation; the one that it misses most."""

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
    """The roofline judged: over whole passes, and over layers by op and by what bounds them."""

    networks: ErrorSummary
    ops: tuple[ErrorSummary, ...]
    bounds: tuple[ErrorSummary, ...]

    def as_json(self) -> dict[str, Any]:
        """The key ``judgement`` of the JSON of several timings."""
        return {
            "networks": _judged_json(self.networks),
            "ops": [_judged_json(one) for one in self.ops],
            "bounds": [_judged_json(one) for one in self.bounds],
        }


def _judged_json(one: ErrorSummary) -> dict[str, Any]:
    return {**one._asdict(), "worst": one.worst and one.worst._asdict()}
