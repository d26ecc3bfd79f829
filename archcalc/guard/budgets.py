"""A network held against budgets: limits of its figures, in numbers or relative to another network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from archcalc.errors import ArchcalcError, SpecError, did_you_mean, short
from archcalc.results import Analysis, Totals
from archcalc.results.check import Budgeted, Place
from archcalc.studies.audit.lookup import Analyses, FigureLookup


class ParsedBudget(Protocol):
    """A parsed budget (``archcalc.guard.budget_language``)."""

    @property
    def text(self) -> str: ...
    @property
    def symbol(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def sides(self) -> Callable[[Mapping[str, Any]], tuple[Any, Any]]: ...
    @property
    def holds(self) -> Callable[[Any, Any], bool]: ...


def budgeted(
    analysis: Analysis, budget: ParsedBudget, others: Analyses, place: Place, source: str
) -> Budgeted:
    """How a network stands to a budget; ``source`` says where the budget is set. Raises ArchcalcError."""
    own = FigureLookup(analysis)
    figures = _Relative(analysis, next((name for name in budget.names if name in own), ""), others)
    for name in budget.names:
        owner, _, figure = name.rpartition(".")
        try:
            (own if owner and FigureLookup(analysis, owner).has_layer() else figures)[name]
        except KeyError:
            hint = did_you_mean(
                figure, [known for known in Totals._fields if known in own and type(own[known]) is int]
            )
            says = f"there is no figure '{name}'{f' ({hint})' if hint else ''}"
            raise ArchcalcError(f"the budget '{short(budget.text)}': {says}") from None
        except SpecError:
            raise
        except ArchcalcError as error:
            raise ArchcalcError(f"the budget '{short(budget.text)}': {error}") from None
    value, limit = budget.sides(figures)
    ok = budget.holds(value, limit)
    return Budgeted(analysis.network, budget.text, value, budget.symbol, limit, ok, place, source)


def is_about(analysis: Analysis, budget: ParsedBudget) -> bool:
    """Whether a network has the layer that a budget is about; one about the whole network is about any."""
    owner = next(iter(budget.names), "").rpartition(".")[0]
    return FigureLookup(analysis, owner).has_layer()


class _Relative(FigureLookup):
    """Figures, where the name of another network stands for its figure that the budget is about."""

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
