"""One line of a derivation: a traced int as a step, and a step as a named number."""

from __future__ import annotations

from archcalc.dims.traced import Operand, Traced
from archcalc.engine.quantities import name_of
from archcalc.results.explain import DerivationStep


def line(quantity: str, dim: Operand, source: str, rule: str = "") -> DerivationStep:
    """One line of a derivation."""
    if not isinstance(dim, Traced):
        return DerivationStep(quantity, str(dim), str(dim), dim, source, rule)
    return DerivationStep(quantity, dim.formula(), dim.substituted(), dim.value, source, rule)


def known(step: DerivationStep) -> Traced:
    """The value of a line under the name of its quantity; the lines after it use this name."""
    # Only receptive fields and jumps can be fractions, and no line uses them.
    return Traced(step.value, name_of(step.quantity))  # type: ignore[arg-type]
