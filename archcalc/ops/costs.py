"""The operations of a layer by kind, and the parts of a layer that has several steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from archcalc.dims import Dim

Cost: TypeAlias = dict[str, Dim]
"""Operations by kind for one image, forward; the names are those of OPERATIONS."""

OPERATIONS = {
    "macs": "multiply-accumulates",
    "adds": "additions and subtractions",
    "muls": "multiplications",
    "divs": "divisions",
    "compares": "comparisons",
    "exps": "exponentials",
    "pows": "powers and roots",
}


class Part(NamedTuple):
    """One step inside a layer, such as the scores of an attention, with its own cost.

    ``says`` is its formula in a phrase. A part that is ``per_batch`` does not read the input: its cost is
    that of one image, and a batch takes no more.
    """

    name: str
    cost: Cost
    says: str
    per_batch: bool = False


def summed(parts: Iterable[Part]) -> Cost:
    """The cost of all parts together.

    >>> summed([Part("Q", {"macs": 6}, "Q = X·Wq"), Part("out", {"macs": 4, "adds": 2}, "Y·Wo")])
    {'macs': 10, 'adds': 2}
    """
    total: Cost = {}
    for part in parts:
        for kind, count in part.cost.items():
            before = total.get(kind)
            total[kind] = count if before is None else before + count
    return total
