"""Closed forms as plain functions of Python."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc.render.formula import break_between_terms
from archcalc.results.formula import ClosedForm

ENDINGS = (".py",)
ACCEPTS = (ClosedForm,)

LINE = 100


def render(closed: ClosedForm, **options: Any) -> str:
    """The totals as plain functions of Python that need no library."""
    keys = list(closed.totals)
    texts = {key: str(closed.totals[key]) for key in keys}
    arguments = ", ".join(closed.symbols)
    imports = ["", "from math import gcd"] if any("gcd(" in text for text in texts.values()) else []
    free = ", ".join(f"{name}: {symbol}" for name, symbol in closed.free.items())
    about = [
        f'"""Closed forms of {closed.network}, by archcalc formula.',
        "",
        f"Free: {free}; integers"
        + (f", {', '.join(closed.fractions)}: fractions.Fraction" if closed.fractions else "")
        + ".",
        "They hold for:",
        *(f"    {condition}" for condition in closed.assumptions),
        '"""',
        *imports,
    ]
    functions = [line for key in keys for line in _function(key, arguments, texts[key])]
    return "\n".join([*about, *functions]) + "\n"


def _function(name: str, arguments: str, text: str) -> Iterable[str]:
    yield from ("", "", f"def {name}({arguments}):")
    if len(text) + len("    return ") <= LINE:
        yield f"    return {text}"
        return
    yield "    return ("
    yield from (f"        {line}" for line in break_between_terms(text, LINE - 8))
    yield "    )"
