"""The figures that are accepted as right: with or without biases, and rounded to the printed digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
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
