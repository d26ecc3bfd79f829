"""SymPy expressions as dimensions: formulas come out as closed forms.

* ``kind.py`` is the arithmetic. A comparison that SymPy cannot decide comes back as a relation, which the
  engine records as an assumption of the closed form.
* ``floors.py`` brings nested floors into one form, so that equal sizes compare as equal.
* ``conditions.py`` finds the sizes for which no division is rounded.
* ``export.py`` turns a closed form into a tree of plain tuples. Code outside this folder needs no SymPy.
"""

from __future__ import annotations

from archcalc.dims.symbolic.conditions import least, periods, solved, whole_if
from archcalc.dims.symbolic.export import relation_tree, tree
from archcalc.dims.symbolic.expression import constant, gcd, is_symbolic, names_in, symbol
from archcalc.dims.symbolic.floors import canonical, total
from archcalc.dims.symbolic.kind import Choices

__all__ = [
    "Choices",
    "canonical",
    "constant",
    "gcd",
    "is_symbolic",
    "least",
    "names_in",
    "periods",
    "relation_tree",
    "solved",
    "symbol",
    "total",
    "tree",
    "whole_if",
]
