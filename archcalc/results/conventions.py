"""What the commands ``conventions`` and ``reconcile`` answer."""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """A named part of a count: ``factor`` times ``count``. ``op`` is empty for a part of several ops."""

    term: str
    factor: int
    count: int
    op: str = ""

    @property
    def value(self) -> int:
        """What it adds to the sum."""
        return self.factor * self.count
