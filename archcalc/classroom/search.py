"""What probably went wrong: which known mistake, or which two together, lead to a wrong figure.

If no mistake fits, no diagnosis is made; if several fit, all are named. The work for a figure is bounded:

- Pairs of mistakes are tried only if no single mistake fits, and only for figures that can tell a pair.
- The results of all mistakes are tabulated once for a question. A figure is looked up.
- A layer that is left out of a sum, or counted twice, changes the sum by the part of this layer. So the table
  of pairs needs no new sum for any of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple, TypeAlias

from archcalc.classroom.calculation import Calculation, ImpossibleError, Result
from archcalc.classroom.lookup import ByFigure
from archcalc.classroom.mistakes import ADDING, ALWAYS_NEAR, LAST, MISTAKES
from archcalc.classroom.mistakes.base import Mistake
from archcalc.language.printed import Figure, Shape, figure_agreement

MOST_NAMED = 4
FEWEST_DIGITS, FEWEST_DIGITS_OF_PAIRS = 2, 3
"""Significant digits that a figure needs before it can identify a mistake, or a pair.

A total needs one more for pairs.

In a total each layer can be missing or counted twice. So some pair often fits by chance: it explained 28 of
150 random figures with three digits.
"""

NEAR, DIGITS_NEARBY = 5, 4
"""Fewer than DIGITS_NEARBY digits say little if the figure is within NEAR steps of the right one."""

MOST_TERMS = 60
"""Pairs of mistakes are tried only for sums of at most this many layers."""

Lead: TypeAlias = tuple[int, int]
"""A pair that may lead to a figure: the place of the first mistake in the singles, of the second in MISTAKES.

Leads are sorted like the pairs that they lead to.
"""

_PLACES = {mistake.id: place for place, mistake in enumerate(MISTAKES)}


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

    The figures of all mistakes, and of all pairs, are tabulated when they are first needed.
    """

    def __init__(self, right: Calculation, total: bool) -> None:
        self.right = right
        self.total = total
        self._concerning: dict[str, list[Mistake]] = {}

    def explain(self, given: Figure | Shape, suspects: Collection[str] = ()) -> list[WrongResult]:
        """The mistakes that lead to a printed figure, at most MOST_NAMED.

        Pairs are tried if no single one fits.

        ``suspects`` are the ids of mistakes that the student has made before: a pair with one of them needs
        fewer digits as evidence.
        """
        digits = significant_digits(given)
        places = sorted(self._singles_by_figure.near(given))
        singles = [wrong for place in places if _fits(given, wrong := self._singles[place][0])]
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
        enough = digits >= FEWEST_DIGITS_OF_PAIRS + self.total
        if digits < FEWEST_DIGITS or not (enough or suspects):
            return []
        leads = sorted(set(self._leads_by_figure.near(given)))
        pairs = [wrong for wrong in self._worked_out(leads) if _fits(given, wrong)]
        # A student repeats mistakes, so a mistake seen before makes a pair likelier than chance does.
        return pairs if enough else [wrong for wrong in pairs if wrong.mistakes[0].id in suspects]

    def _is_about_network(self, wrong: WrongResult) -> bool:
        """Whether a mistake says something about the network.

        A mistake of the batch does if there is a batch.
        """
        return wrong.id not in LAST or (self.right.batch > 1 and wrong.id == "off-by-batch")

    def _is_near(self, given: Figure | Shape) -> bool:
        right = self._right_result
        if not isinstance(given, Figure) or right is None or isinstance(right, tuple):
            return False
        return given.steps[0] != 1 and abs(given.value - right) < NEAR * given.steps[0]

    @cached_property
    def _right_result(self) -> Result | None:
        return _result(self.right)

    # --- single mistakes ----------------------------------------------------------------------------

    def singles(self) -> list[tuple[WrongResult, Calculation]]:
        """Every single mistake, with its wrong figure and the calculation that leads to it."""
        return self._singles

    @cached_property
    def _singles(self) -> list[tuple[WrongResult, Calculation]]:
        return [
            found
            for mistake in self._concerning_mistakes(self.right)
            for found in self._wrong_results(mistake, self.right)
        ]

    @cached_property
    def _singles_by_figure(self) -> ByFigure[int]:
        return ByFigure((wrong.result, place) for place, (wrong, _) in enumerate(self._singles))

    def _concerning_mistakes(self, calculation: Calculation) -> list[Mistake]:
        """The mistakes that affect the quantity that is asked, and the one that the calculation now has."""
        quantity = calculation.quantity
        if quantity not in self._concerning:
            self._concerning[quantity] = [
                mistake
                for mistake in MISTAKES
                if {self.right.quantity, quantity} <= set(mistake.quantities)
                and mistake.total in (None, self.total)
            ]
        return self._concerning[quantity]

    def _wrong_results(
        self, mistake: Mistake, start: Calculation, first: WrongResult | None = None
    ) -> Iterator[tuple[WrongResult, Calculation]]:
        """Every wrong figure that a mistake makes of a calculation; ``first`` is the mistake made before."""
        mistakes, sentences = (first.mistakes, first.sentences) if first else ((), ())
        for calculation, result in _outcomes(mistake, start):
            # A second mistake that takes back the first, or changes nothing, explains no new figure.
            if result == self._right_result or (first and result == first.result):
                continue
            sentence = mistake.sentence.format(about=calculation.about)
            yield WrongResult((*mistakes, mistake), (*sentences, sentence), result), calculation

    # --- pairs --------------------------------------------------------------------------------------

    def pairs(self) -> list[WrongResult]:
        """Every pair of mistakes, in either order. ``explain`` works out only those that may fit."""
        leads = (
            (place, _PLACES[mistake.id])
            for place, first, calculation in self._firsts()
            for mistake in self._seconds(first, calculation)
        )
        return list(self._worked_out(leads))

    def _worked_out(self, leads: Iterable[Lead]) -> Iterator[WrongResult]:
        """The pairs of some leads. The same figure of the same two mistakes is listed once."""
        seen: set[tuple[frozenset[str], Result]] = set()
        for place, second in leads:
            first, calculation = self._singles[place]
            for wrong, _ in self._wrong_results(MISTAKES[second], calculation, first):
                pair = (frozenset(mistake.id for mistake in wrong.mistakes), wrong.result)
                if pair not in seen:
                    seen.add(pair)
                    yield wrong

    def _firsts(self) -> Iterator[tuple[int, WrongResult, Calculation]]:
        """The mistakes that may be the first of a pair, with their places in the singles."""
        # The table of pairs grows with the square of the number of layers.
        for place, (wrong, calculation) in enumerate(self._singles):
            if len(self.right.terms) <= MOST_TERMS and wrong.id not in LAST:
                yield place, wrong, calculation

    def _seconds(self, first: WrongResult, calculation: Calculation) -> Iterator[Mistake]:
        """The mistakes that may follow another one."""
        for mistake in self._concerning_mistakes(calculation):
            if mistake.id not in LAST and mistake is not first.mistakes[0]:
                yield mistake

    @cached_property
    def _leads_by_figure(self) -> ByFigure[Lead]:
        return ByFigure(self._leads())

    def _leads(self) -> Iterator[tuple[Result, Lead]]:
        """Every figure that a pair may lead to, and this pair."""
        for place, first, calculation in self._firsts():
            for mistake in self._seconds(first, calculation):
                lead = place, _PLACES[mistake.id]
                if mistake.recounts:
                    for term, result in zip(calculation.terms, _recounts(mistake, calculation), strict=True):
                        yield result, lead
                        # In the other order the figure is the same. If not, that order is tried below.
                        other = self._recounted.get((mistake.id, term.path))
                        if other is not None:
                            yield result, (other, _PLACES[first.mistakes[0].id])
                elif not first.mistakes[0].recounts or mistake.id in ADDING:
                    yield from ((result, lead) for _, result in _outcomes(mistake, calculation))

    @cached_property
    def _recounted(self) -> dict[tuple[str, str], int]:
        """The places in the singles of the layers that are left out or counted twice."""
        return {
            (wrong.id, calculation.about): place
            for place, (wrong, calculation) in enumerate(self._singles)
            if wrong.mistakes[0].recounts
        }


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


def _outcomes(mistake: Mistake, start: Calculation) -> Iterator[tuple[Calculation, Result]]:
    """The calculations of a student who makes this mistake, and their results."""
    if mistake.recounts:
        yield from zip(mistake.change(start), _recounts(mistake, start), strict=True)
        return
    try:
        for calculation in mistake.change(start):
            if (result := _result(calculation)) is not None:
                yield calculation, result
    except (ImpossibleError, ValueError):
        return


def _recounts(mistake: Mistake, start: Calculation) -> Iterator[Result]:
    """The results if each layer in turn is left out or counted twice: one sum serves them all."""
    parts = start.parts()
    whole = start.sum_of(parts)
    return (start.finished(whole + mistake.recounts * part) for part in parts)


def _result(calculation: Calculation) -> Result | None:
    try:
        return calculation.result()
    except (ImpossibleError, ValueError):
        return None


def _fits(given: Figure | Shape, wrong: WrongResult) -> bool:
    is_equal = figure_agreement(given, wrong.result) != "disagrees"
    return is_equal and all(mistake.applies_to(given) for mistake in wrong.mistakes)
