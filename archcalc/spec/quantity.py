"""What a claim is about: ``params``, ``fc6.weights / params``, ``macs < vgg16.macs``; expressions over figures.

A name alone is a figure of the layer or network in question. ``owner.name`` is one of another layer or scope, of
another network, or the ``count`` of an op; an owner that is no plain name stands in quotes.
"""

from __future__ import annotations

from archcalc.spec.expr import Evaluate, Expression, Parser, Token


def parse_quantity(text: str) -> Expression:
    """Parse a quantity. Raises ExprError.

    >>> parse_quantity("'alexnet-2gpu'.params / params").evaluate({"params": 10, "alexnet-2gpu.params": 25})
    Fraction(5, 2)
    >>> parse_quantity("output[0] == 55").names
    (('output', 0),)
    """
    parser = _Figures(text)
    evaluate = parser.ternary()
    if parser.token.kind != "end":
        raise parser.surprise("an operator")
    return Expression(evaluate, tuple(parser.names))


class _Figures(Parser):
    """The grammar of expressions, whose names may have an owner."""

    owners = True

    def atom(self) -> Evaluate:
        owner = self.token
        if owner.kind in ("name", "word") and self.tokens[self.at + 1].text == ".":
            self.at += 2
            figure = self.token
            if figure.kind != "name":
                raise self.surprise("the name of a figure")
            self.at += 1
            word = owner.text[1:-1] if owner.kind == "word" else owner.text
            return self.lookup(Token("name", f"{word}.{figure.text}", owner.column))
        return super().atom()
