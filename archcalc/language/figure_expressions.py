"""Expressions over figures, as claims use them: ``params``, ``fc6.weights / params``, ``macs < vgg16.macs``.

A name alone is a figure of the layer or network of the claim. ``owner.name`` is a figure of another layer,
scope or network, or the ``count`` of an op. An owner that is not a plain name is in quotes. A number may have
a unit.
"""

from __future__ import annotations

from functools import lru_cache

from archcalc.errors import did_you_mean
from archcalc.language.arithmetic import MAX_FIGURE, bounded
from archcalc.language.evaluators import Evaluate
from archcalc.language.expressions import Expression, Parser
from archcalc.language.tokens import ExprError, Token

UNITS = {
    **{letter: 1000**power for power, letter in enumerate("KMGT", 1)},
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", 1)},
}
"""Units of numbers: powers of 1000; powers of 1024 for KiB, MiB, GiB and TiB."""


@lru_cache(maxsize=1000)  # most claims are about the same few quantities
def parse_quantity(text: str) -> Expression:
    """Parse a quantity. Raises ExprError.

    >>> parse_quantity("'alexnet-2gpu'.params / params").evaluate({"params": 10, "alexnet-2gpu.params": 25})
    Fraction(5, 2)
    >>> parse_quantity("output[0] == 55").names
    (('output', 0),)
    >>> parse_quantity("4.2G + 2 * 512MiB").evaluate({})
    5273741824
    """
    return FigureParser(text).whole_text()


class FigureParser(Parser):
    """The grammar of expressions, with owners of names and units of numbers."""

    allows_owners = True
    most = MAX_FIGURE

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.byte_units: list[Token] = []

    def atom(self) -> Evaluate:
        owner, after = self.token, self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        # "2 GB" with a blank is a mistake, so the unit must touch the number.
        if owner.kind == "number" and after.kind == "name" and after.column == owner.column + len(owner.text):
            return self._with_unit(after)
        if owner.kind in ("name", "word") and self.tokens[self.position + 1].text == ".":
            self.position += 2
            figure = self.token
            if figure.kind != "name":
                raise self.unexpected("the name of a figure")
            self.position += 1
            word = owner.text[1:-1] if owner.kind == "word" else owner.text
            return self.name(Token("name", f"{word}.{figure.text}", owner.column))
        return super().atom()

    def _with_unit(self, unit: Token) -> Evaluate:
        """A number and the unit directly after it."""
        number = super().atom()
        if unit.text not in UNITS:
            raise ExprError(f"unknown unit '{unit.text}'", unit.column, did_you_mean(unit.text, UNITS))
        self.position += 1
        if unit.text.endswith("B"):
            self.byte_units.append(unit)
        scale = UNITS[unit.text]
        return lambda scope: bounded(number(scope) * scale, unit.column, self.most)
