"""One sheet of lecture notation while its lines are read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archcalc.answers.names import kernel_of
from archcalc.answers.noise import Line
from archcalc.answers.rows import Found
from archcalc.sheet import Answer, Row, Sheet, Unread

_SIZED_NAME = re.compile(r"conv[0-9x]+-[0-9]+\Z", re.IGNORECASE)
_POOL_SIZE = re.compile(r"(?:(?:max|avg|average)[ -]?)?pool([0-9]{1,3}(?:x[0-9]{1,3})?)\Z", re.IGNORECASE)


class Draft:
    """A sheet while it is read."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.rows: list[Row] = []
        self.names: set[str] = set()
        self.answers: list[Answer] = []
        self.unread: list[Unread] = []
        self.repairs: list[Unread] = []
        self.biases = True
        self.has_totals = False

    def note(self, line: Line, found: Found) -> None:
        """What a line that was read says beside its figures."""
        self.unread += found.unread
        self.repairs += line.repairs
        self.biases = self.biases and line.counts_biases

    def sheet(self, name: str) -> Sheet:
        return Sheet(
            name,
            "",
            _with_pools_sized(self.rows),
            tuple(self.answers),
            by_line(self.unread),
            tuple(self.repairs),
            self.biases,
            self.line,
        )


def _with_pools_sized(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Beside CONV3-64, the number of POOL2 is its size and not its place; 2x2 is at stride 2."""
    if any(_SIZED_NAME.match(row.name) for row in rows):
        return tuple(map(_pool_sized, rows))
    return tuple(rows)


def _pool_sized(row: Row) -> Row:
    match = _POOL_SIZE.match(row.name)
    if match is None or "kernel" in row.options:
        return row
    kernel = kernel_of(match[1])
    implied = {"stride": 2} if kernel == (2, 2) and "stride" not in row.options else {}
    return row._replace(options={**row.options, "kernel": kernel}, implied={**row.implied, **implied})


def by_line(unread: Sequence[Unread]) -> tuple[Unread, ...]:
    """What was not read, in the order of the text."""
    return tuple(sorted(unread, key=lambda one: one.line))
