"""Closed forms: what a network costs as formulas in its free settings, without layout."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from archcalc.results import FORMAT, plain

Tree: TypeAlias = Any
"""An int, the name of a symbol, or (operator, operand, ...), as dims/symbolic.py takes them out of SymPy."""

QUANTITIES = (
    "params",
    "weights",
    "biases",
    "norm_params",
    "buffers",
    "macs",
    "flops",
    "activations",
    "slide_activations",
)
"""What has a closed form: fields of Layer and Totals, of the whole batch."""


class Dialect(NamedTuple):
    """How formulas are written: for every operator its text, how tightly it binds, and how tightly its sides must.

    ``joined`` are the operators of any number of operands, by what stands between them; ``alone`` are forms of a
    rounding without a division.
    """

    forms: Mapping[str, tuple[str, int, tuple[int, int]]]
    joined: Mapping[str, tuple[str, int, int]]
    alone: Mapping[str, str]
    power: Callable[[str, int], str]
    symbol: Callable[[str], str] = str


def written(tree: Tree, dialect: Dialect, level: int = 0) -> str:
    """A tree as text; in brackets where it binds less tightly than ``level``."""
    if isinstance(tree, int):
        return str(tree) if tree >= 0 or level < 3 else f"({tree})"
    if isinstance(tree, str):
        return dialect.symbol(tree)
    sign, *parts = tree
    if sign in dialect.joined:
        between, own, inner = dialect.joined[sign]
        # The first factor may be a negative number: -3·k.
        first = min(inner, 2) if isinstance(parts[0], int) else inner
        texts = [written(part, dialect, inner if place else first) for place, part in enumerate(parts)]
        minus = sign == "*" and parts[0] == -1
        shown = f"-{between.join(texts[1:])}" if minus else between.join(texts).replace(" + -", " - ")
    elif sign == "**":
        shown, own = dialect.power(written(parts[0], dialect, 5), parts[1]), 4
    elif sign in dialect.alone and parts[1] == 1:
        shown, own = dialect.alone[sign].format(written(parts[0], dialect)), 5
    else:
        form, own, sides = dialect.forms[sign]
        while len(parts) > 2:  # max and min of many
            parts = [(sign, parts[0], parts[1]), *parts[2:]]
        shown = form.format(*(written(part, dialect, side) for part, side in zip(parts, sides, strict=True)))
    return f"({shown})" if own < level else shown


# 1: sums, 2: negative numbers, 3: products and quotients, 4: powers, 5: names and calls. A quotient stands in a
# product in brackets: 2*s//2 is not 2*(s//2).
PYTHON = Dialect(
    {
        "/": ("{}//{}", 3, (4, 4)),
        "//": ("{}//{}", 3, (4, 4)),
        "%": ("{} % {}", 3, (4, 4)),
        "ceil": ("-(-{}//{})", 2, (4, 4)),
        "max": ("max({}, {})", 5, (0, 0)),
        "min": ("min({}, {})", 5, (0, 0)),
        "gcd": ("gcd({}, {})", 5, (0, 0)),
    },
    {"+": (" + ", 1, 2), "*": ("*", 3, 4)},
    {},
    lambda base, exponent: f"{base}**{exponent}",
)


class Formula(NamedTuple):
    """One closed form.

    >>> double = Formula(("+", ("*", 2, ("//", "s", 2)), -1))
    >>> str(double), double.at(s=7)
    ('2*(s//2) - 1', 5)
    """

    tree: Tree

    def __str__(self) -> str:
        """As an expression of Python, exact in ints; ``gcd`` is that of math."""
        return written(self.tree, PYTHON)

    def at(self, **values: Any) -> Any:
        """The value for ints in place of the symbols (a fraction for a setting that is one). Raises KeyError."""
        return _value(self.tree, values)


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "**": lambda a, b: a**b,
    "/": lambda a, b: a // b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "ceil": lambda a, b: -(-a // b),
    "max": max,
    "min": min,
    "gcd": math.gcd,
}


def _value(tree: Tree, values: Mapping[str, Any]) -> Any:
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return values[tree]
    sign, first, *rest = tree
    found = _value(first, values)
    for part in rest:
        found = _OPERATORS[sign](found, _value(part, values))
    return found


class Condition(NamedTuple):
    """Something under which closed forms hold: ``left sign right``.

    The sign is ``=`` for the form of a free setting (its name on the left), ``>=``, ``==``, ``!=`` or ``divides``.
    """

    left: Formula
    sign: str
    right: Formula

    def __str__(self) -> str:
        if self.sign == "divides":
            return f"{written(self.right.tree, PYTHON, 4)} % {written(self.left.tree, PYTHON, 4)} == 0"
        return f"{self.left} {self.sign} {self.right}"

    def holds(self, **values: Any) -> bool:
        """Whether it holds of these values of the symbols; the form of a setting always does."""
        if self.sign == "=":
            return True
        left, right = self.left.at(**values), self.right.at(**values)
        if self.sign == "divides":
            return bool(right % left == 0)
        if self.sign == ">=":
            return bool(left >= right)
        return bool((left == right) is (self.sign == "=="))


class FormulaRow(NamedTuple):
    """One layer, or several folded into one; ``output`` are its sizes in the order H, W, C."""

    path: str
    op: str
    output: tuple[Formula, ...]
    figures: Mapping[str, Formula]


class ClosedForm(NamedTuple):
    """What a network costs as formulas.

    ``free`` maps every free setting to its symbol, ``settings`` every setting (and H, W where they are apart, and the
    batch if it is free) to its value: a Formula where it depends on a symbol. ``fractions`` are the symbols that stand
    for fractions, all others for positive integers. The formulas hold under all ``assumptions``.
    """

    network: str
    title: str
    free: Mapping[str, str]
    settings: Mapping[str, Any]
    input: tuple[Formula, ...]
    batch: Formula
    assumptions: tuple[Condition, ...]
    totals: Mapping[str, Formula]
    layers: tuple[FormulaRow, ...]
    fractions: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol once, in the order of the free settings."""
        return tuple(dict.fromkeys(self.free.values()))

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc formula``: expressions are strings that Python can evaluate."""
        return {
            "format": FORMAT,
            "network": self.network,
            "free": dict(self.free),
            "settings": {name: _plain(setting) for name, setting in self.settings.items()},
            "input": [_plain(side) for side in self.input],
            "batch": _plain(self.batch),
            "assumptions": [str(condition) for condition in self.assumptions],
            "totals": {name: str(formula) for name, formula in self.totals.items()},
            "layers": [
                {
                    "name": row.path.rpartition("/")[2],
                    "path": row.path,
                    "op": row.op,
                    "output": [str(side) for side in row.output],
                    **{name: str(formula) for name, formula in row.figures.items()},
                }
                for row in self.layers
            ],
        }


def _plain(value: Any) -> Any:
    """A plain value as JSON holds it: formulas as text unless they are numbers."""
    if isinstance(value, Formula):
        return value.tree if isinstance(value.tree, int) else str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return plain(value)
