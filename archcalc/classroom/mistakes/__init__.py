"""What probably went wrong: which known mistake, or which two together, lead to a wrong figure.

Each mistake is one record in the file of its family; MISTAKES lists them all. If no mistake fits, no
diagnosis is made; if several fit, all are named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from archcalc.classroom.calculation import Calculation, ImpossibleError, Result
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
"""All mistakes; a diagnosis names them in this order."""

LAST = {"unit-slip", "swapped-digits", "dropped-digit", "off-by-batch", "1024-for-1000"}
"""Mistakes that say nothing about the network. They are named only if no other fits, and never in pairs."""

MOST_NAMED = 4
FEWEST_DIGITS, FEWEST_DIGITS_OF_PAIRS = 2, 3
"""Significant digits that a figure needs before it can identify a mistake, or a pair.

A total needs one more for pairs.

In a total each layer can be missing or counted twice. So some pair often fits by chance: it explained 28 of
150 random figures with three digits.
"""

NEAR, DIGITS_NEARBY = 5, 4
"""Fewer than DIGITS_NEARBY digits say little if the figure is within NEAR steps of the right one."""

ALWAYS_NEAR = {mistake.id for mistake in units.WRONG_UNITS}
"""Mistakes that never lead far from the right figure; they are named there too."""

MOST_TERMS = 60
"""Pairs of mistakes are tried only for sums of at most this many layers."""


class WrongResult(NamedTuple):
    """A wrong figure, and the mistakes that lead to it with their sentences."""

    mistakes: tuple[Mistake, ...]
    sentences: tuple[str, ...]
    result: Result

    @property
    def id(self) -> str:
        """The ids of its mistakes, joined by a plus."""
        return "+".join(mistake.id for mistake in self.mistakes)


class Search:
    """Finds the mistakes that lead from one right calculation to a wrong figure.

    The figures of all mistakes, and of all pairs, are computed when they are first needed.
    """

    def __init__(self, right: Calculation, total: bool) -> None:
        self.right = right
        self.total = total
        self._singles: list[tuple[WrongResult, Calculation]] | None = None
        self._pairs: list[WrongResult] | None = None

    def explain(self, given: Figure | Shape, suspects: Collection[str] = ()) -> list[WrongResult]:
        """The mistakes that lead to a printed figure, at most MOST_NAMED.

        Pairs are tried if no single one fits.

        ``suspects`` are the ids of mistakes that the student has made before: a pair with one of them needs
        fewer digits as evidence.
        """
        digits = significant_digits(given)
        singles = [wrong for wrong, _ in self.singles() if _fits(given, wrong)]
        # Rounding, or one wrong digit, leads to a figure near the right one more often than a mistake does.
        if digits < DIGITS_NEARBY and self._is_near(given):
            return [wrong for wrong in singles if wrong.id in ALWAYS_NEAR]
        # Many figures round to the same single digit, so only an exact figure is evidence.
        if digits < FEWEST_DIGITS:
            singles = [wrong for wrong in singles if figure_agreement(given, wrong.result) == "exact"]
        if singles:
            about_network = [wrong for wrong in singles if self._is_about_network(wrong)]
            return _likeliest(about_network or singles)
        return _likeliest(self._fitting_pairs(given, digits, suspects))

    def _fitting_pairs(
        self, given: Figure | Shape, digits: int, suspects: Collection[str]
    ) -> list[WrongResult]:
        """The pairs of mistakes that fit, if the figure has enough digits to be evidence for a pair."""
        pairs = [wrong for wrong in self.pairs() if _fits(given, wrong)]
        if digits >= FEWEST_DIGITS_OF_PAIRS + self.total:
            return pairs
        if digits < FEWEST_DIGITS:
            return []
        # A student repeats mistakes, so a mistake seen before makes a pair likelier than chance does.
        return [wrong for wrong in pairs if wrong.mistakes[0].id in suspects]

    def _is_about_network(self, wrong: WrongResult) -> bool:
        """Whether a mistake says something about the network.

        A mistake of the batch does if there is a batch.
        """
        return wrong.id not in LAST or (self.right.batch > 1 and wrong.id == "off-by-batch")

    def _is_near(self, given: Figure | Shape) -> bool:
        right = _result(self.right)
        if not isinstance(given, Figure) or right is None or isinstance(right, tuple):
            return False
        return given.steps[0] != 1 and abs(given.value - right) < NEAR * given.steps[0]

    def singles(self) -> list[tuple[WrongResult, Calculation]]:
        """Every single mistake, with its wrong figure and the calculation that leads to it."""
        if self._singles is None:
            self._singles = list(self._wrong_results(self.right, None))
        return self._singles

    def pairs(self) -> list[WrongResult]:
        """Every pair of mistakes, in either order.

        The same figure of the same two mistakes is listed once.
        """
        if self._pairs is None:
            self._pairs = []
            seen = {(wrong.id, wrong.result) for wrong, _ in self.singles()}
            # The time for pairs grows with the square of the number of layers.
            firsts = self.singles() if len(self.right.terms) <= MOST_TERMS else []
            for first, calculation in firsts:
                if first.id in LAST:
                    continue
                for wrong, _ in self._wrong_results(calculation, first):
                    ids = frozenset(mistake.id for mistake in wrong.mistakes)
                    pair = ("+".join(sorted(ids)), wrong.result)
                    if len(ids) == 2 and pair not in seen:
                        seen.add(pair)
                        self._pairs.append(wrong)
        return self._pairs

    def _wrong_results(
        self, start: Calculation, first: WrongResult | None
    ) -> Iterator[tuple[WrongResult, Calculation]]:
        """Every wrong figure that one mistake makes of a calculation.

        ``first`` is the mistake made before.
        """
        # A second mistake that takes back the first, or changes nothing, explains no new figure.
        earlier = {_result(self.right), *([first.result] if first else ())}
        mistakes, sentences = (first.mistakes, first.sentences) if first else ((), ())
        for mistake in MISTAKES:
            if not self._concerns(mistake, start) or (first and mistake.id in LAST):
                continue
            for calculation in _changed(mistake, start):
                result = _result(calculation)
                if result is not None and result not in earlier:
                    sentence = mistake.sentence.format(about=calculation.about)
                    yield WrongResult((*mistakes, mistake), (*sentences, sentence), result), calculation

    def _concerns(self, mistake: Mistake, calculation: Calculation) -> bool:
        """Whether a mistake affects the quantity that is asked, and the one that the calculation now has."""
        quantities = {self.right.quantity, calculation.quantity}
        return quantities <= set(mistake.quantities) and mistake.total in (None, self.total)


def _likeliest(results: list[WrongResult]) -> list[WrongResult]:
    """At most MOST_NAMED results in their order.

    Of more, those whose mistakes affect the fewest quantities are kept: they are the least likely to fit by
    chance.
    """
    affected = [sum(len(mistake.quantities) for mistake in wrong.mistakes) for wrong in results]
    kept = sorted(sorted(range(len(results)), key=affected.__getitem__)[:MOST_NAMED])
    return [results[place] for place in kept]


def significant_digits(given: Figure | Shape) -> int:
    """The significant digits of a printed figure; for a volume, the number of its sizes.

    >>> from archcalc.language.printed import read_figure
    >>> [significant_digits(read_figure(text)) for text in ("35K", "1,728", "55x55x96")]
    [2, 4, 3]
    """
    if isinstance(given, Figure):
        return len(str(abs(int(given.value / given.steps[0]))))
    return len(given)


def _changed(mistake: Mistake, calculation: Calculation) -> Iterator[Calculation]:
    """The calculations of a student who makes this mistake; none if it makes the calculation impossible."""
    try:
        yield from mistake.change(calculation)
    except (ImpossibleError, ValueError):
        return


def _result(calculation: Calculation) -> Result | None:
    try:
        return calculation.result()
    except (ImpossibleError, ValueError):
        return None


def _fits(given: Figure | Shape, wrong: WrongResult) -> bool:
    is_equal = figure_agreement(given, wrong.result) != "disagrees"
    return is_equal and all(mistake.applies_to(given) for mistake in wrong.mistakes)
