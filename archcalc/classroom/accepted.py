"""The figures that are accepted as right: with or without biases, and rounded to the printed digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.tool_rules import ToolRule, figures_by, rules_of
from archcalc.language.printed import Agreement, Figure, Shape, figure_agreement
from archcalc.results.grade import RIGHT, Verdict

VERDICTS: Mapping[Agreement, Verdict] = {
    "exact": "right",
    "rounded": "rounded",
    "truncated": "truncated",
    "disagrees": "wrong",
}


class BiasCounting(NamedTuple):
    """Whether params count biases, in layers and in totals; None accepts both."""

    layers: bool | None
    total: bool | None


class AcceptedFigures(NamedTuple):
    """The accepted figures of a key; ``tool`` is the program that printed the answers, if any."""

    key: AnswerKey
    biases: BiasCounting
    tool: str = ""

    def quantities(self, path: str, quantity: str) -> tuple[str, ...]:
        """The quantities that a figure of a layer, or of the network (an empty path), may be."""
        return accepted_quantities(quantity, self.biases.layers if path else self.biases.total)

    def figures(self, path: str, quantity: str) -> list[Any]:
        """All figures that answer a question rightly; those by the rules of a tool come last."""
        by_rule = [figure for rule in self.rules(quantity) for figure in figures_by(rule, self.key, path)]
        return [*self.own(path, quantity), *by_rule]

    def own(self, path: str, quantity: str) -> list[Any]:
        """The figures that are right as archcalc counts."""
        return [right for name in self.quantities(path, quantity) for right in self.key.rights(path, name)]

    def rules(self, quantity: str) -> list[ToolRule]:
        """The rules of the tool that printed the sheet, if any."""
        return rules_of(self.tool, quantity) if self.tool else []

    def rule_of(self, path: str, quantity: str, given: Figure | Shape) -> ToolRule | None:
        """The rule by which a figure is right that is wrong as archcalc counts."""
        if not self.tool or best_verdict(given, self.own(path, quantity)) != "wrong":
            return None
        rules = self.rules(quantity)
        return next(
            (
                rule
                for rule in rules
                if best_verdict(given, list(figures_by(rule, self.key, path))) != "wrong"
            ),
            None,
        )


def accepted_quantities(quantity: str, biases: bool | None) -> tuple[str, ...]:
    """The quantities that a figure may be: params that do not count biases are weights.

    >>> accepted_quantities("params", True), accepted_quantities("params", None)
    (('params',), ('weights', 'params'))
    >>> accepted_quantities("macs", False)
    ('macs',)
    """
    if biases is None and quantity in ("params", "weights"):
        return ("weights", "params")  # course notes write "weights:" where slides write "params:"
    return ("weights",) if quantity == "params" and biases is False else (quantity,)


def best_verdict(given: Figure | Shape, rights: Sequence[Any]) -> Verdict:
    """The best verdict among several right figures."""
    best: Verdict = "wrong"
    for right in rights:
        verdict = VERDICTS[_agreement(given, right)]
        if verdict == "right":
            return verdict  # most answers are: the other figures need no comparison
        # The verdicts in RIGHT stand in the order from best to worst.
        best = min(best, verdict, key=(*RIGHT, "wrong").index)
    return best


def _agreement(given: Figure | Shape, right: Any) -> Agreement:
    """As ``figure_agreement``; a zero may be rounded to, and a vector may be a column or a row.

    >>> from archcalc.language.printed import read_figure
    >>> _agreement(read_figure("0.0 G"), 24), _agreement(read_figure("0 K"), 24), _agreement((120, 1), (120,))
    ('rounded', 'disagrees', 'exact')
    """
    # A zero without decimals rounds to nothing: else 0 M would be right for every small number.
    is_zero = isinstance(given, Figure) and not given.value and given.steps[0] < given.unit
    if is_zero and isinstance(given, Figure) and isinstance(right, int | Fraction):
        return "rounded" if right and 2 * right < given.steps[0] else figure_agreement(given, right)
    if isinstance(right, tuple) and not isinstance(given, Figure) and _without_ones(right) == right[-1:]:
        return "exact" if _without_ones(given) == right[-1:] else figure_agreement(given, right)
    return figure_agreement(given, right)


def _without_ones(shape: Shape) -> Shape:
    return tuple(side for side in shape if side != 1)
