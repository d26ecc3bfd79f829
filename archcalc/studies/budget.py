"""A network held against budgets: limits of its figures, in numbers or relative to another network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from archcalc.errors import ArchcalcError
from archcalc.results import Analysis
from archcalc.results.check import Budgeted, Place
from archcalc.studies.figures import Analyses, Figures


class Budget(Protocol):
    """A parsed budget (``archcalc.spec.budget``)."""

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


def budgeted(analysis: Analysis, budget: Budget, others: Analyses, place: Place, source: str) -> Budgeted:
    """How a network stands to a budget; ``source`` says where the budget is set. Raises ArchcalcError."""
    quantity = next(iter(budget.names), "")
    value, limit = budget.sides(_Relative(analysis, quantity, others))
    ok = budget.holds(value, limit)
    return Budgeted(analysis.network, budget.text, value, budget.symbol, limit, ok, place, source)


def is_about(analysis: Analysis, budget: Budget) -> bool:
    """Whether a network has the layer that a budget is about; one about the whole network is about any."""
    owner = next(iter(budget.names), "").rpartition(".")[0]
    return not owner or f"{owner}.params" in Figures(analysis)


class _Relative(Figures):
    """Figures, where the name of another network stands for its figure that the budget is about."""

    def __init__(self, analysis: Analysis, quantity: str, others: Analyses) -> None:
        super().__init__(analysis, "", others)
        self.quantity = quantity

    def __getitem__(self, name: str) -> Any:
        try:
            return super().__getitem__(name)
        except (KeyError, ArchcalcError):
            if name == self.quantity or self.others is None or "." in name:
                raise
        return Figures(self.others(name, False))[self.quantity]
