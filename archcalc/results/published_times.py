"""Published times beside the lower bound and the expected time of their device."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Any, NamedTuple

from archcalc.results import FORMAT
from archcalc.results.printable import Printable


class CheckedTime(NamedTuple):
    """One published time. ``rate`` are the FLOP/s that it needs, ``peak`` those that the device has."""

    network: str
    device: str
    batch: int
    dtype: str
    train: bool
    published_ms: float
    lower_bound_ms: float
    expected_ms: float
    bound_by: str
    rate: float
    peak: int
    line: int

    @property
    def possible(self) -> bool:
        """Whether the device can be so fast."""
        return self.published_ms >= self.lower_bound_ms

    @property
    def ratio(self) -> float:
        """The published time, as a multiple of the expected one."""
        return self.published_ms / self.expected_ms

    def as_json(self) -> dict[str, Any]:
        """An item of ``times``."""
        return {**self._asdict(), "possible": self.possible, "ratio": self.ratio}


@dataclass(frozen=True, slots=True, repr=False)
class CheckedTimes(Printable):
    """A table of published times: which are impossible, and how the others compare with the expected time."""

    name: str
    times: tuple[CheckedTime, ...]

    @property
    def ok(self) -> bool:
        """Whether no time is below the lower bound."""
        return all(time.possible for time in self.times)

    @property
    def impossible(self) -> int:
        return sum(not time.possible for time in self.times)

    @property
    def median(self) -> float | None:
        """The median of the ratios of the possible times."""
        ratios = self._ratios()
        return statistics.median(ratios) if ratios else None

    @property
    def spread(self) -> float | None:
        """The standard deviation of ln(published / expected) of the possible times; 0.26 is a factor of
        1.3."""
        logs = list(map(math.log, self._ratios()))
        return statistics.pstdev(logs) if len(logs) > 1 else None

    def _ratios(self) -> list[float]:
        return [time.ratio for time in self.times if time.possible]

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc time --check``."""
        return {
            "format": FORMAT,
            "file": self.name,
            "impossible": self.impossible,
            "median": self.median,
            "spread": self.spread,
            "times": [time.as_json() for time in self.times],
        }
