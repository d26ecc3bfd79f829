"""What a claim is about: ``params``, ``fc6.weights / params``, ``macs < vgg16.macs``; expressions over figures.

A name alone is a figure of the layer or network in question. ``owner.name`` is one of another layer or scope, of
another network, or the ``count`` of an op; an owner that is no plain name stands in quotes. A number may have a unit.
"""

from __future__ import annotations

from archcalc.errors import did_you_mean
from archcalc.language.expressions import Evaluate, ExprError, Expression, Parser, Token, bounded

UNITS = {
    **{letter: 1000**power for power, letter in enumerate("KMGT", 1)},
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", 1)},
}
"""Units of numbers: powers of 1000, and of 1024 for KiB and its kin."""


def parse_quantity(text: str) -> Expression:
    """Parse a quantity. Raises ExprError.

    >>> parse_quantity("'alexnet-2gpu'.params / params").evaluate({"params": 10, "alexnet-2gpu.params": 25})
    Fraction(5, 2)
    >>> parse_quantity("output[0] == 55").names
    (('output', 0),)
    >>> parse_quantity("4.2G + 2 * 512MiB").evaluate({})
    5273741824
    """
    parser = FigureParser(text)
    evaluate = parser.ternary()
    if parser.token.kind != "end":
        raise parser.surprise("an operator")
    return Expression(evaluate, tuple(parser.names))


class FigureParser(Parser):
    """The grammar of expressions, whose names may have an owner and whose numbers a unit."""

    owners = True

    def atom(self) -> Evaluate:
        owner, after = self.token, self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        if owner.kind == "number" and after.kind == "name" and after.column == owner.column + len(owner.text):
            return self._with_unit(after)
        if owner.kind in ("name", "word") and self.tokens[self.at + 1].text == ".":
            self.at += 2
            figure = self.token
            if figure.kind != "name":
                raise self.surprise("the name of a figure")
            self.at += 1
            word = owner.text[1:-1] if owner.kind == "word" else owner.text
            return self.lookup(Token("name", f"{word}.{figure.text}", owner.column))
        return super().atom()

    def _with_unit(self, unit: Token) -> Evaluate:
        """A number and the unit written right behind it."""
        number = super().atom()
        if unit.text not in UNITS:
            raise ExprError(f"there is no unit '{unit.text}'", unit.column, did_you_mean(unit.text, UNITS))
        self.at += 1
        scale = UNITS[unit.text]
        return lambda scope: bounded(number(scope) * scale, unit.column)
