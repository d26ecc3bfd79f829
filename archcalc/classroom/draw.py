"""Random draws from a seed: the same on every machine and in every version of Python."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Random draws; the seed is a sequence of words and numbers.

    Only ``Random.random`` is used: Python promises that its numbers never change for a seed that is a text.

    >>> draw = Draw("blanks", 7)
    >>> [draw.below(6) for _ in range(5)], Draw("blanks", 7).some("abcdef", 3)
    ([5, 0, 1, 3, 0], ['a', 'b', 'f'])
    """

    def __init__(self, *seed: object) -> None:
        # A text as the seed: Random takes the same numbers from it in every version of Python.
        self._random = Random("/".join(map(str, seed)))

    def below(self, count: int) -> int:
        """A whole number from 0 to ``count`` - 1."""
        return int(self._random.random() * count)

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """``count`` of the items, in their order."""
        left = list(range(len(items)))
        chosen = sorted(left.pop(self.below(len(left))) for _ in range(count))
        return [items[place] for place in chosen]
