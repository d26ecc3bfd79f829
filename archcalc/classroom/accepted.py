"""The figures that are accepted as right: with or without biases, and rounded to the printed digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.classroom.answer_key import AnswerKey
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
    """The accepted figures of a key."""

    key: AnswerKey
    biases: BiasCounting

    def quantities(self, path: str, quantity: str) -> tuple[str, ...]:
        """The quantities that a figure of a layer, or of the network (an empty path), may be."""
        return accepted_quantities(quantity, self.biases.layers if path else self.biases.total)

    def figures(self, path: str, quantity: str) -> list[Any]:
        """All figures that answer a question rightly."""
        return [right for name in self.quantities(path, quantity) for right in self.key.rights(path, name)]


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
