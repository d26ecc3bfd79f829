"""The verdict of every answer of a sheet: right, carried forward from an earlier error, or wrong, and why."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from archcalc.classroom.accepted import AcceptedFigures, BiasCounting, best_verdict
from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.calculation import BYTES_OF, in_unit
from archcalc.classroom.commas import with_decimal_commas
from archcalc.classroom.match import MatchedAnswer
from archcalc.classroom.rubric import GradingOptions, Rubric
from archcalc.classroom.submission import Answer
from archcalc.engine.quantities import BY_KEY
from archcalc.language.printed import Figure, Shape, figure_agreement
from archcalc.results.grade import Diagnosis, GradedCell, Verdict

if TYPE_CHECKING:
    from archcalc.classroom.carried import CarriedErrors
    from archcalc.classroom.search import WrongResult

SLIPS = {
    "arithmetic-slip": "The calculation next to it is right, but its result is another number.",
    "arithmetic-differs": "The calculation next to it gives another number.",
    "wrong-unit": "The number is right, but the unit is wrong.",
    "rounded": "The figure is right to its last printed digit, but the question asks for every digit.",
}
"""Diagnoses of how a figure is written; all others are mistakes in its calculation."""


MOST_LINES = 5
"""Line numbers that a note lists."""


class Grader:
    """Grades the answers of one sheet."""

    def __init__(
        self,
        key: AnswerKey,
        answers: Sequence[MatchedAnswer],
        options: GradingOptions,
        biases: BiasCounting,
        tool: str = "",
    ) -> None:
        self.key = key
        self.exact = options.exact
        self.rubric = options.rubric or Rubric()
        self.accepted = AcceptedFigures(key, biases, tool)
        self.answers, self._said = with_decimal_commas(answers, self._is_right)
        self.by_rule: dict[str, list[int]] = {}  # the lines that are right by a rule of the tool
        self.suspects: set[str] = set()  # mistakes that this student has surely made

    @cached_property
    def carried(self) -> CarriedErrors:
        """What follows from the errors of the sheet; a sheet without errors does not need it."""
        from archcalc.classroom.carried import CarriedErrors

        return CarriedErrors(self.answers, self.accepted)

    def cells(self) -> list[GradedCell]:
        """The graded answers. A word for nothing (-, N/A) answers 0, and no other question."""
        return [
            self._cell(matched)
            for matched in self.answers
            if not matched.answer.is_nothing or self._is_0(matched)
        ]

    def _is_0(self, matched: MatchedAnswer) -> bool:
        return 0 in self.accepted.figures(matched.path, matched.quantity)

    def _is_right(self, matched: MatchedAnswer) -> bool:
        path, quantity, answer = matched
        rights = self.accepted.figures(path, in_unit(quantity, answer.unit))
        return answer.given is not None and best_verdict(answer.given, rights) != "wrong"

    def notes(self) -> list[str]:
        """How commas are read; the rules of the tool by which figures are right, and their lines."""
        return [*self._said, *self._by_rules()]

    def _by_rules(self) -> list[str]:
        return [
            f"right by the rule of the tool (line {_some(lines)}): {says}"
            for says, lines in self.by_rule.items()
        ]

    def _cell(self, matched: MatchedAnswer) -> GradedCell:
        path, quantity, answer = matched
        asked = in_unit(quantity, answer.unit)
        rights = self.accepted.figures(path, asked)
        verdict, diagnosis = self._verdict(path, asked, answer, rights)
        rule = answer.given is not None and self.accepted.rule_of(path, asked, answer.given)
        if rule and verdict != "wrong":
            self.by_rule.setdefault(rule.says, []).append(answer.line)
        max_points = self.rubric.worth(path, quantity)
        share = self.rubric.share(verdict, [candidate.mistake for candidate in diagnosis])
        return GradedCell(
            path,
            quantity,
            answer.line,
            answer.text,
            expected=rights[0] if rights else None,
            verdict=verdict,
            points=share * max_points,
            max_points=max_points,
            diagnosis=diagnosis,
            derivation=self.key.derivation(path, self.accepted.quantities(path, asked)[0])
            if verdict == "wrong"
            else (),
            why=answer.why,
        )

    def _verdict(
        self, path: str, quantity: str, answer: Answer, rights: Sequence[Any]
    ) -> tuple[Verdict, tuple[Diagnosis, ...]]:
        given = answer.given
        if given is None:
            return ("right" if answer.is_nothing else "unreadable" if answer.text else "missing"), ()
        best = best_verdict(given, rights)
        # A right figure needs no earlier error to follow from; ``carried`` is then False.
        carried = best == "wrong" and best_verdict(given, list(self.carried.figures(path, quantity)))
        if carried == "wrong":
            return self._wrong(path, quantity, answer, rights)
        if _is_other_unit(quantity, answer.unit):
            return "wrong", (_slip("wrong-unit"),)
        if self.exact and (carried or best) != "right":
            return "wrong", (_slip("rounded"),)
        if carried:
            return "carried", ()
        differs = answer.computed is not None and not _is_result(answer.computed, given, rights)
        # Next to bytes, the arithmetic may count the values: 24M * 4 bytes.
        return best, ((_slip("arithmetic-differs"),) if differs and quantity not in BYTES_OF else ())

    def _wrong(
        self, path: str, quantity: str, answer: Answer, rights: Sequence[Any]
    ) -> tuple[Verdict, tuple[Diagnosis, ...]]:
        given = answer.given
        assert given is not None
        if answer.computed is not None and best_verdict(Figure(answer.computed), rights) == "right":
            return "wrong", (_slip("arithmetic-slip"),)
        candidates = self._explained(path, quantity, given)
        # Several candidates are possible explanations, so none of them is sure.
        if len(candidates) == 1:
            self.suspects.update(mistake.id for mistake in candidates[0].mistakes)
        diagnosis = tuple(
            dict.fromkeys(Diagnosis(wrong.id, " ".join(wrong.sentences)) for wrong in candidates)
        )
        differs = answer.computed is not None and figure_agreement(given, answer.computed) == "disagrees"
        return "wrong", (*diagnosis, _slip("arithmetic-differs")) if differs else diagnosis

    def _explained(self, path: str, quantity: str, given: Figure | Shape) -> list[WrongResult]:
        """The mistakes that lead to a figure. If it may be several quantities, the fewest mistakes win."""
        searches = [self.key.search(path, name) for name in self.accepted.quantities(path, quantity)]
        explained = [search.explain(given, self.suspects) for search in searches if search]
        return min(filter(None, explained), key=lambda wrongs: len(wrongs[0].mistakes), default=[])


def _is_result(computed: Fraction, given: Figure | Shape, rights: Sequence[Any]) -> bool:
    """Whether the arithmetic beside a figure leads to it; beside a volume stands its number of values."""
    if not isinstance(given, Figure):
        return computed == prod(given)
    return best_verdict(Figure(computed), rights) == "right"


def _some(lines: Sequence[int]) -> str:
    """A few line numbers.

    >>> _some([3, 5]), _some(range(1, 9))
    ('3, 5', '1, 2, 3, 4, 5, ...')
    """
    numbers = list(dict.fromkeys(lines))
    return ", ".join(map(str, numbers[:MOST_LINES])) + (", ..." if len(numbers) > MOST_LINES else "")


def _slip(name: str) -> Diagnosis:
    return Diagnosis(name, SLIPS[name])


COUNTED = ("params", "weights", "values", "neurons", "units")
"""Words for what a count counts."""


def _is_other_unit(quantity: str, unit: str) -> bool:
    """Whether a unit belongs to another quantity.

    >>> _is_other_unit("macs", "flops"), _is_other_unit("params", "params"), _is_other_unit("params", "bytes")
    (True, False, True)
    """
    if not unit or quantity in BYTES_OF:
        return unit not in ("", "bytes")
    if quantity in BY_KEY and BY_KEY[quantity].group == "operations":
        return unit not in (quantity, "ops")
    # A volume has no unit. Students use the words for counts as they like.
    return quantity == "output" or unit not in (quantity, *COUNTED)
