"""What probably went wrong: a wrong figure, searched among the workings of known mistakes, alone and in pairs.

A mistake is data, one place each, in the file of its family; MISTAKES is the one list. Nothing is made up where
none fits, and where several do all are named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from archcalc.classroom.calculation import Calculation, Impossible, Result
from archcalc.classroom.mistakes import costs, shapes, totals, units
from archcalc.classroom.mistakes import weights as stored
from archcalc.classroom.mistakes.base import Mistake
from archcalc.language.printed import Figure, Shape, figure_agreement

MISTAKES: tuple[Mistake, ...] = (
    *shapes.MISTAKES,
    *stored.MISTAKES,
    *costs.MISTAKES,
    *totals.MISTAKES,
    *units.MISTAKES,
)
"""In the order in which they are thought of first."""

LAST = {"unit-slip", "swapped-digits", "dropped-digit", "off-by-batch", "1024-for-1000"}
"""Mistakes that say nothing of the network: they explain a figure only if no other does, and never in pairs."""

MOST_NAMED = 4
FEWEST_DIGITS, FEWEST_DIGITS_OF_PAIRS = 2, 3
"""Significant digits from which a figure tells one working from another; of a sum, pairs take one more.

Every layer of a sum can be missing or twice: of 150 figures to three digits, drawn at random, some pair led to 28.
"""

NEAR, DIGITS_NEARBY = 5, 4
"""So many steps of its last digit from the right figure, a printed one tells little unless it has so many digits."""

ALWAYS_NEAR = {mistake.id for mistake in units.WRONG_UNITS}
"""Mistakes that never lead far from the right figure, and are told all the same."""

MOST_PARTS = 60
"""Layers of a sum up to which pairs of mistakes are tried."""


class Wrong(NamedTuple):
    """A wrong figure, and the mistakes that lead to it."""

    mistakes: tuple[Mistake, ...]
    says: tuple[str, ...]
    result: Result

    @property
    def id(self) -> str:
        """The ids of its mistakes, joined by a plus."""
        return "+".join(mistake.id for mistake in self.mistakes)


class Search:
    """The figures to which mistakes lead from one right working; worked out when they are first asked for."""

    def __init__(self, right: Calculation, total: bool) -> None:
        self.right = right
        self.total = total
        self._single: list[tuple[Wrong, Calculation]] | None = None
        self._pairs: list[Wrong] | None = None

    def explain(self, given: Figure | Shape, suspects: Collection[str] = ()) -> list[Wrong]:
        """The mistakes that lead to a figure as it is printed: alone if any does, else in pairs; at most MOST_NAMED.

        ``suspects`` are ids of mistakes that the student has made before: a pair with one of them needs fewer digits.
        """
        digits = significant(given)
        near = digits < DIGITS_NEARBY and self._is_near(given)
        singles = [wrong for wrong, _ in self.single() if _fits(given, wrong)]
        if near:
            return [wrong for wrong in singles if wrong.id in ALWAYS_NEAR]
        if digits < FEWEST_DIGITS:
            singles = [wrong for wrong in singles if figure_agreement(given, wrong.result) == "exact"]
        if singles:
            return _likeliest([wrong for wrong in singles if self._tells(wrong)] or singles)
        pairs = [wrong for wrong in self.pairs() if _fits(given, wrong)]
        if digits < FEWEST_DIGITS_OF_PAIRS + self.total:
            pairs = [wrong for wrong in pairs if digits >= FEWEST_DIGITS and wrong.mistakes[0].id in suspects]
        return _likeliest(pairs)

    def _tells(self, wrong: Wrong) -> bool:
        """Whether a mistake says something of the network; that of a batch does where there is one."""
        return wrong.id not in LAST or (self.right.batch > 1 and wrong.id == "off-by-batch")

    def _is_near(self, given: Figure | Shape) -> bool:
        right = _result(self.right)
        if not isinstance(given, Figure) or right is None or isinstance(right, tuple):
            return False
        return given.steps[0] != 1 and abs(given.value - right) < NEAR * given.steps[0]

    def single(self) -> list[tuple[Wrong, Calculation]]:
        """Every single mistake with the figure it leads to."""
        if self._single is None:
            self._single = list(self._of(self.right, ()))
        return self._single

    def pairs(self) -> list[Wrong]:
        """Every pair of mistakes, in either order; a figure that one order gives is not given again by the other."""
        if self._pairs is None:
            self._pairs = []
            seen = {(wrong.id, wrong.result) for wrong, _ in self.single()}
            firsts = self.single() if len(self.right.parts) <= MOST_PARTS else []
            for first, working in firsts:
                if first.id in LAST:
                    continue
                for wrong, _ in self._of(working, (first,)):
                    ids = frozenset(mistake.id for mistake in wrong.mistakes)
                    key = ("+".join(sorted(ids)), wrong.result)
                    if len(ids) == 2 and key not in seen:
                        seen.add(key)
                        self._pairs.append(wrong)
        return self._pairs

    def _of(self, start: Calculation, before: Sequence[Wrong]) -> Iterator[tuple[Wrong, Calculation]]:
        known = {_result(self.right), *(wrong.result for wrong in before)}
        mistakes = tuple(mistake for wrong in before for mistake in wrong.mistakes)
        says = tuple(text for wrong in before for text in wrong.says)
        for mistake in MISTAKES:
            if not self._concerns(mistake, start) or (before and mistake.id in LAST):
                continue
            for working in _changed(mistake, start):
                result = _result(working)
                if result is not None and result not in known:
                    sentence = mistake.says.format(about=working.about)
                    yield Wrong((*mistakes, mistake), (*says, sentence), result), working

    def _concerns(self, mistake: Mistake, working: Calculation) -> bool:
        """Whether a mistake spoils what is asked, and what the working has come to be about."""
        about = {self.right.quantity, working.quantity}
        return about <= set(mistake.quantities) and mistake.total in (None, self.total)


def _likeliest(found: list[Wrong]) -> list[Wrong]:
    """At most MOST_NAMED: of more, those that spoil the fewest quantities, and so are least likely to fit by chance."""
    spoil = [sum(len(mistake.quantities) for mistake in wrong.mistakes) for wrong in found]
    kept = sorted(sorted(range(len(found)), key=spoil.__getitem__)[:MOST_NAMED])
    return [found[place] for place in kept]


def significant(given: Figure | Shape) -> int:
    """The digits of a printed figure that are meant; a volume tells as much as it has sizes.

    >>> from archcalc.language.printed import read_figure
    >>> significant(read("35K")), significant(read("1,728")), significant(read("55x55x96"))
    (2, 4, 3)
    """
    return (
        len(given)
        if isinstance(given, tuple) and not isinstance(given, Figure)
        else len(str(abs(int(given.value / given.steps[0]))))
    )


def _changed(mistake: Mistake, working: Calculation) -> Iterator[Calculation]:
    try:
        yield from mistake.change(working)
    except (Impossible, ValueError):
        return


def _result(working: Calculation) -> Result | None:
    try:
        return working.result()
    except (Impossible, ValueError):
        return None


def _fits(given: Figure | Shape, wrong: Wrong) -> bool:
    return figure_agreement(given, wrong.result) != "disagrees" and all(
        one.applies_to(given) for one in wrong.mistakes
    )
