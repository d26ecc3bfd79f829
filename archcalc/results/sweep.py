"""What ``archcalc sweep`` answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.results import FORMAT, plain


class Reason(NamedTuple):
    """Why so many ``points`` are no networks: the mistake that they make first, as the first of them, ``example``."""

    reason: str
    points: int
    example: Mapping[str, Any]


class Sweep(NamedTuple):
    """Many networks of one family: ``data`` has an array for each of ``columns``, a row for each network.

    ``free`` are the settings with the values they took; ``points`` all combinations of them. Those that
    are no networks are counted in ``invalid``, those that a filter let through in ``matched``.
    ``structural`` are the free settings that change more than numbers, ``python_ints`` how many points
    int64 could have overflowed at.
    """

    network: str
    free: Mapping[str, Sequence[Any]]
    columns: tuple[str, ...]
    data: Mapping[str, Any]
    points: int
    invalid: int
    matched: int
    reasons: tuple[Reason, ...]
    structural: tuple[str, ...]
    python_ints: int
    batch: int
    dtype: str

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.data[self.columns[0]]) if self.columns else 0

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows, in plain Python values."""
        return zip(*(self.data[column].tolist() for column in self.columns), strict=True)

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc sweep``."""
        return {
            "format": FORMAT,
            "network": self.network,
            "free": {name: [plain(value) for value in values] for name, values in self.free.items()},
            "batch": self.batch,
            "dtype": self.dtype,
            "points": self.points,
            "matched": self.matched,
            "structural": list(self.structural),
            "python_ints": self.python_ints,
            "columns": list(self.columns),
            "rows": [[plain(value) for value in row] for row in self.rows()],
            "invalid": {
                "count": self.invalid,
                "reasons": [
                    {
                        "reason": reason.reason,
                        "count": reason.points,
                        "example": {name: plain(value) for name, value in reason.example.items()},
                    }
                    for reason in self.reasons
                ],
            },
        }
