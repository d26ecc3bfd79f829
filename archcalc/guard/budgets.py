"""Budgets, such as ``params <= 25M``, ``fc6.params <= 110M`` or ``macs <= 1.05 * resnet50``.

A budget compares two expressions over the figures of a network (``language/figure_expressions.py``). A number
may have a unit: K, M, G, T are powers of 1000 (as are KB, MB, ...), KiB, MiB, GiB, TiB powers of 1024. The
name of another network stands for its figure. A name with special characters needs quotes:
``macs <= 1.05 * 'resnet50-v1.5'``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.conventions.tools import tool_names
from archcalc.engine.quantities import BY_KEY, bytes_of
from archcalc.errors import ArchcalcError, SpecError, did_you_mean, short
from archcalc.language.arithmetic import compare, is_number, shown
from archcalc.language.evaluators import Evaluate
from archcalc.language.figure_expressions import FigureParser
from archcalc.language.tokens import ExprError, Token
from archcalc.results import Analysis
from archcalc.results.check import BudgetResult, Place
from archcalc.studies.audit.lookup import Analyses, FigureLookup

SYMBOLS = ("<=", "<", ">=", ">", "==")


class Budget(NamedTuple):
    """A parsed budget: the two sides of a comparison, and the names of the figures that they use."""

    text: str
    left: Evaluate
    symbol: str
    right: Evaluate
    names: tuple[str, ...]

    def sides(self, figures: Mapping[str, Any]) -> tuple[Any, Any]:
        """The values of both sides. Raises ArchcalcError for a figure that is missing or not a number."""
        try:
            sides = self.left(figures), self.right(figures)
            for side in sides:
                if not is_number(side):
                    raise ExprError(f"a budget compares numbers, not {shown(side)}")
        except ExprError as error:
            raise _budget_error(self.text, error) from None
        return sides

    def holds(self, value: Any, limit: Any) -> bool:
        """Whether the comparison is true for these values of its sides."""
        return compare(self.symbol, value, limit, 0)


# --- reading ------------------------------------------------------------------------------------------


def parse_budget(text: str) -> Budget:
    """Read a budget; ``params=25M`` stands for ``params <= 25M``. Raises ArchcalcError.

    >>> budget = parse_budget("params=25M")
    >>> budget.text, budget.names, budget.sides({"params": 11689512})
    ('params <= 25M', ('params',), (11689512, 25000000))
    """
    # On a command line "params=25M" needs no quotes, but "params <= 25M" does.
    name, equals, limit = text.partition("=")
    if equals and name.strip() and name[-1:] not in "<>=!" and not limit.startswith("="):
        text = f"{name.strip()} <= {limit.strip()}"
    try:
        parser = _BudgetParser(text)
        left = parser.sum()
        middle = parser.token.column
        symbol = parser.take(*SYMBOLS)
        if symbol is None:
            raise parser.unexpected("a comparison such as <=")
        right = parser.sum()
        if parser.token.kind != "end":
            raise parser.unexpected("the end")
        _check_units(parser, middle)
    except ExprError as error:
        raise _budget_error(text, error) from None
    return Budget(text, left, symbol.text, right, tuple(dict.fromkeys(name for name, _ in parser.names)))


class _BudgetParser(FigureParser):
    """The grammar of figures, in which a text in quotes is the name of another network."""

    def atom(self) -> Evaluate:
        token = self.token
        if token.kind != "word" or self.tokens[self.position + 1].text == ".":
            return super().atom()
        self.position += 1
        # The dot at the end marks a network's name: no figure has one there (see _BudgetFigures).
        return self.name(Token("name", f"{token.text[1:-1]}.", token.column))


def _check_units(parser: FigureParser, middle: int) -> None:
    """Refuse bytes for a figure that counts something else. Raises ExprError.

    ``middle`` is the column between the sides. A product may be in bytes: ``4 * params <= 1MB``.
    """
    if not parser.byte_units:
        return
    unit = parser.byte_units[0]
    products = {token.column < middle for token in parser.tokens if token.text in ("*", "/", "//")}
    for name, column in parser.names:
        quantity = BY_KEY.get(name.rpartition(".")[2])
        if quantity is None or quantity.unit == "bytes" or (column < middle) in products:
            continue
        letter, in_bytes = unit.text[0], bytes_of(quantity.key)
        ways = [f"write {letter} without B"] + [f"compare {in_bytes}"] * bool(in_bytes)
        message = f"{unit.text} are bytes, and {quantity.key} is not in bytes"
        raise ExprError(message, unit.column, " or ".join(ways))


def _budget_error(text: str, error: ExprError) -> ArchcalcError:
    hint = f" ({error.hint})" if error.hint else ""
    return ArchcalcError(f"the budget '{short(text)}': {error.message}{hint}")


# --- checking -----------------------------------------------------------------------------------------


def budget_result(
    analysis: Analysis, budget: Budget, others: Analyses, place: Place, source: str
) -> BudgetResult:
    """Compare a network with a budget; ``source`` says where the budget is set. Raises ArchcalcError.

    ``others`` analyses another network by its name.
    """
    lookup = FigureLookup(analysis)
    # In ``macs <= 1.05 * resnet50``, resnet50 means its macs: the first figure of this network in the budget.
    quantity = next((name for name in budget.names if name in lookup), "")
    figures = _BudgetFigures(analysis, quantity, others)
    for name in budget.names:
        layer = name.rpartition(".")[0]
        try:
            (lookup if layer and FigureLookup(analysis, layer).has_layer() else figures)[name]
        except KeyError:
            raise _unknown_figure(budget, name, lookup) from None
        except SpecError:  # the other network's own mistake, which names its place
            raise
        except ArchcalcError as error:
            raise ArchcalcError(f"the budget '{short(budget.text)}': {error}") from None
    value, limit = budget.sides(figures)
    is_ok = budget.holds(value, limit)
    return BudgetResult(analysis.network, budget.text, value, budget.symbol, limit, is_ok, place, source)


def applies_to(budget: Budget, analysis: Analysis) -> bool:
    """Whether a network has the layer that a budget names first; without a layer, a budget applies to all."""
    layer = next(iter(budget.names), "").rpartition(".")[0]
    return FigureLookup(analysis, layer).has_layer()


def _unknown_figure(budget: Budget, name: str, lookup: FigureLookup) -> ArchcalcError:
    counts = [key for key, count in lookup.analysis.totals.figures.items() if type(count) is int]
    figure = name.rpartition(".")[2]
    hint = did_you_mean(figure, counts)
    if figure.replace("_", "-") in tool_names():
        hint = f"--convention {figure.replace('_', '-')} adds it"
    says = f"unknown figure '{name}'{f' ({hint})' if hint else ''}"
    return ArchcalcError(f"the budget '{short(budget.text)}': {says}")


class _BudgetFigures(FigureLookup):
    """Figures of a network, in which the name of another network stands for that network's ``quantity``."""

    def __init__(self, analysis: Analysis, quantity: str, others: Analyses) -> None:
        super().__init__(analysis, "", others)
        self.quantity = quantity

    def __getitem__(self, name: str) -> Any:
        if not name.endswith("."):
            try:
                return super().__getitem__(name)
            except KeyError:
                if "." in name:
                    raise
        if not self.quantity or self.others is None:
            raise KeyError(name)
        return FigureLookup(self.others(name.removesuffix("."), False))[self.quantity]
