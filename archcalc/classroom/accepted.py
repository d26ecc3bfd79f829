"""The figures that are accepted as right: with or without biases, and rounded to the printed digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    if quantity != "params" or biases is True:
        return (quantity,)
    return ("weights",) if biases is False else ("weights", "params")


def best_verdict(given: Figure | Shape, rights: Sequence[Any]) -> Verdict:
    """The best verdict among several right figures."""
    best: Verdict = "wrong"
    for right in rights:
        verdict = VERDICTS[figure_agreement(given, right)]
        if verdict == "right":
            return verdict  # most answers are: the other figures need no comparison
        # The verdicts in RIGHT stand in the order from best to worst.
        best = min(best, verdict, key=(*RIGHT, "wrong").index)
    return best
