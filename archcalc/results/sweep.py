"""The result of ``archcalc sweep``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from archcalc.conventions.tool import ToolConvention
from archcalc.results import FORMAT, plain
from archcalc.results.printable import Printable


class Reason(NamedTuple):
    """A mistake, the number of combinations for which it is the first mistake, and the first of them."""

    reason: str
    points: int
    example: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """An item of ``reasons``."""
        return {"reason": self.reason, "count": self.points, "example": plain(self.example)}


@dataclass(frozen=True, slots=True, repr=False)
class Sweep(Printable):
    """Many networks of one family: ``data`` has an array for each column, with one row per network."""

    network: str

    free: Mapping[str, Sequence[Any]]
    """The settings that vary, with their values."""

    columns: tuple[str, ...]
    data: Mapping[str, Any]

    points: int
    """The number of combinations."""

    invalid: int
    """The number of invalid combinations."""

    matched: int
    """The number of valid combinations that pass the filter."""

    reasons: tuple[Reason, ...]

    structural: tuple[str, ...]
    """The settings that change how the network is built, and not only numbers in it."""

    python_ints: int
    """The number of combinations that were computed in Python ints, because int64 could overflow."""

    batch: int
    dtype: str

    tool: ToolConvention | None = None
    """The convention whose count is a column, under the name of the convention."""

    @property
    def size(self) -> int:
        """The number of rows."""
        # --top and --pareto shorten the columns, so ``matched`` may be larger.
        return len(self.data[self.columns[0]]) if self.columns else 0

    def tuples(self) -> Iterator[tuple[Any, ...]]:
        """The rows as tuples in the order of ``columns``, in Python values."""
        return zip(*(self.data[column].tolist() for column in self.columns), strict=True)

    def rows(self, **options: Any) -> list[dict[str, Any]]:
        """The rows as dicts from column to value."""
        return [dict(zip(self.columns, map(plain, row), strict=True)) for row in self.tuples()]

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc sweep``."""
        return {
            "format": FORMAT,
            "network": self.network,
            "free": {name: plain(list(values)) for name, values in self.free.items()},
            "batch": self.batch,
            "dtype": self.dtype,
            "points": self.points,
            "matched": self.matched,
            "structural": list(self.structural),
            "python_ints": self.python_ints,
            **({"convention": self._convention()} if self.tool else {}),
            "columns": list(self.columns),
            "rows": plain(list(self.tuples())),
            "invalid": {"count": self.invalid, "reasons": plain(self.reasons)},
        }

    def _convention(self) -> dict[str, str]:
        assert self.tool
        return {key: getattr(self.tool, key) for key in ("name", "version", "unit", "calls")}
