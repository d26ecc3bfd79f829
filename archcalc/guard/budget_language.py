"""Budgets: ``params <= 25M``, ``macs <= 1.05 * resnet50``, ``fc6.params <= 110M``, ``peak_activation_bytes <= 512MiB``.

Comparisons in the spec language's own expressions, over the figures of a network
(``language/figure_expressions.py``). A number may have a unit: K, M, G, T are powers of 1000 (as are KB, MB, ...),
KiB, MiB, GiB, TiB powers of 1024. A name that is no plain one stands in quotes, as in
``macs <= 1.05 * 'resnet50-v1.5'``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, short
from archcalc.language.expressions import Evaluate, ExprError, Token, compare, is_number, shown
from archcalc.language.figure_expressions import FigureParser

SYMBOLS = ("<=", "<", ">=", ">", "==")


class Budget(NamedTuple):
    """A parsed budget: both sides of its comparison, and the figures that it reads."""

    text: str
    left: Evaluate
    symbol: str
    right: Evaluate
    names: tuple[str, ...]

    def sides(self, figures: Mapping[str, Any]) -> tuple[Any, Any]:
        """What both sides come to. Raises ArchcalcError for a figure that does not exist or is no number."""
        try:
            sides = self.left(figures), self.right(figures)
            for side in sides:
                if not is_number(side):
                    raise ExprError(f"a budget compares numbers, not {shown(side)}")
        except ExprError as error:
            raise refused(self.text, error) from None
        return sides

    def holds(self, value: Any, limit: Any) -> bool:
        """Whether one side stands to the other as it should."""
        return compare(self.symbol, value, limit, 0)


def parse_budget(text: str) -> Budget:
    """Read a budget; ``params=25M`` stands for ``params <= 25M``. Raises ArchcalcError.

    >>> budget = parse_budget("params=25M")
    >>> budget.text, budget.names, budget.sides({"params": 11689512})
    ('params <= 25M', ('params',), (11689512, 25000000))
    """
    name, equals, limit = text.partition("=")
    if equals and name.strip() and name[-1:] not in "<>=!" and not limit.startswith("="):
        text = f"{name.strip()} <= {limit.strip()}"
    try:
        parser = _Sides(text)
        left = parser.sum()
        symbol = parser.take(*SYMBOLS)
        if symbol is None:
            raise parser.surprise("a comparison such as <=")
        right = parser.sum()
        if parser.token.kind != "end":
            raise parser.surprise("the end")
    except ExprError as error:
        raise refused(text, error) from None
    return Budget(text, left, symbol.text, right, tuple(dict.fromkeys(name for name, _ in parser.names)))


class _Sides(FigureParser):
    """The grammar of figures, where a name in quotes is a network; it is looked up with a dot behind."""

    def atom(self) -> Evaluate:
        word = self.token
        if word.kind != "word" or self.tokens[self.at + 1].text == ".":
            return super().atom()
        self.at += 1
        return self.lookup(Token("name", f"{word.text[1:-1]}.", word.column))


def refused(text: str, error: ExprError) -> ArchcalcError:
    """A budget that is none, in a sentence."""
    hint = f" ({error.hint})" if error.hint else ""
    return ArchcalcError(f"the budget '{short(text)}': {error.says}{hint}")
