"""A count as a sum of named parts: ``22,328,320 = 2 x 11,113,984 (batch norm outputs) + ...``."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.results.conventions import CountPart


def as_sum(parts: Sequence[CountPart]) -> str:
    """Parts as a sum; parts that are left out have a minus.

    >>> as_sum([CountPart("batch norm outputs", 2, 11_113_984), CountPart("biases", -1, 1000)])
    '2 x 11,113,984 (batch norm outputs) - 1,000 (biases)'
    """
    text = ""
    for number, part in enumerate(parts):
        sign = "-" if part.factor < 0 else "+"
        text += f" {sign} " if number else "-" * (part.factor < 0)
        factor = abs(part.factor)
        text += f"{f'{factor} x ' if factor != 1 else ''}{part.amount:,} ({part.term})"
    return text or "0"
