"""The memory that a network needs on a device, and whether it fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from archcalc.results import FORMAT
from archcalc.results.printable import Printable
from archcalc.results.time import Device


class MemoryPart(NamedTuple):
    """One part of the memory that is needed, in bytes: a fixed part, and a part for every image."""

    name: str
    fixed: int
    per_image: int

    # Memory is linear in the batch, so two numbers give the need of every batch.
    def at(self, batch: int) -> int:
        return self.fixed + batch * self.per_image


class Demand(NamedTuple):
    """One way to count the memory that is needed: its parts, and the largest batch that fits.

    A largest batch of 0 means that no batch fits, None that every batch fits.
    """

    name: str
    says: str
    parts: tuple[MemoryPart, ...]
    largest_batch: int | None

    def at(self, batch: int) -> int:
        """Bytes needed for a batch."""
        return sum(part.at(batch) for part in self.parts)


@dataclass(frozen=True, slots=True, repr=False)
class Fit(Printable):
    """Whether a network fits on a device, by each memory figure; with several ``gpus`` each holds a share.

    Of the device's memory ``reserve`` bytes and ``fragmentation`` percent are not there for the network.
    ``in_place``: activations such as ReLU write over their input.
    """

    network: str
    device: Device
    batch: int
    dtype: str
    train: str | None
    gpus: int
    demands: tuple[Demand, ...]
    reserve: int = 0
    fragmentation: int = 0
    in_place: bool = True

    @property
    def available(self) -> int:
        """The bytes that the network may use."""
        return self.device.memory * (100 - self.fragmentation) // 100 - self.reserve

    @property
    def ok(self) -> bool:
        """Whether the batch fits by the first figure."""
        return self.fits(self.demands[0])

    def fits(self, demand: Demand) -> bool:
        """Whether the batch fits by this figure."""
        return demand.at(self.batch) <= self.available

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
            "reserve": self.reserve,
            "fragmentation": self.fragmentation,
            "in_place": self.in_place,
            "available": self.available,
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
