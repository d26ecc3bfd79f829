"""Points in print: rounded to hundredths so that they still add up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from math import ceil, floor

from archcalc.results.grade import Grade


def points(value: Fraction) -> str:
    """Points: whole, or with at most two decimals.

    >>> points(Fraction(17)), points(Fraction(5, 2)), points(Fraction(1, 3))
    ('17', '2.5', '0.33')
    """
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


def rounded(grade: Grade) -> list[tuple[Fraction, Fraction]]:
    """The points of each cell and its maximum, in hundredths.

    They add up to the rounded score, and to the maximum of the grade if that has no more than two decimals.
    A cell with all of its points still has all of them. So 23 equal questions for 100 points are worth 4.35
    or 4.34 each.
    """
    # What is earned and what is lost are rounded each on its own: then neither is larger than the maximum.
    # Of two halves, one is rounded down and the other up, so that together they stay the same.
    earned = _hundredths((cell.points for cell in grade.cells), lambda value: ceil(value - _HALF))
    lost = _hundredths(
        (cell.max_points - cell.points for cell in grade.cells), lambda value: floor(value + _HALF)
    )
    return [(points, points + missed) for points, missed in zip(earned, lost, strict=True)]


def score(grade: Grade) -> Fraction:
    """The score of a grade in hundredths: the sum of its rounded points."""
    return sum((points for points, _ in rounded(grade)), Fraction(0))


_HALF = Fraction(1, 2)


def _hundredths(values: Iterable[Fraction], whole: Callable[[Fraction], int]) -> Iterator[Fraction]:
    """The values in hundredths; their sum up to any place is the rounded sum.

    >>> [str(value) for value in _hundredths([Fraction(100, 3)] * 3, round)]
    ['3333/100', '1667/50', '3333/100']
    """
    exact, before = Fraction(0), 0
    for value in values:
        exact += value
        total = whole(exact * 100)
        yield Fraction(total - before, 100)
        before = total
