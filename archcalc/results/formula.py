"""Closed forms: the figures of a network as formulas in its free settings, without layout."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from archcalc.results import FORMAT, plain
from archcalc.results.printable import Printable

Tree: TypeAlias = Any
"""An int, the name of a symbol, or (operator, operand, ...); see dims/symbolic/export.py."""


class Dialect(NamedTuple):
    """How formulas are written."""

    forms: Mapping[str, tuple[str, int, tuple[int, int]]]
    """By operator: its text, how tightly it binds, and how tightly each operand must bind."""

    joined: Mapping[str, tuple[str, int, int]]
    """Operators with any number of operands: the text between operands, and how tightly both bind."""

    alone: Mapping[str, str]
    """The text of a rounding without a division."""

    power: Callable[[str, int], str]
    symbol: Callable[[str], str] = str


def written(tree: Tree, dialect: Dialect, level: int = 0) -> str:
    """A tree as text, in brackets if it binds less tightly than ``level``."""
    # Level 3 is a product: there a negative number needs brackets, 2*(-3).
    if isinstance(tree, int):
        return str(tree) if tree >= 0 or level < 3 else f"({tree})"
    if isinstance(tree, str):
        return dialect.symbol(tree)
    sign, *parts = tree
    if sign in dialect.joined:
        between, binding, inner = dialect.joined[sign]
        # The first factor may be a negative number: -3·k.
        first = min(inner, 2) if isinstance(parts[0], int) else inner
        texts = [written(part, dialect, inner if place else first) for place, part in enumerate(parts)]
        minus = sign == "*" and parts[0] == -1
        shown = f"-{between.join(texts[1:])}" if minus else between.join(texts).replace(" + -", " - ")
    elif sign == "**":
        shown, binding = dialect.power(written(parts[0], dialect, 5), parts[1]), 4
    elif sign in dialect.alone and parts[1] == 1:
        shown, binding = dialect.alone[sign].format(written(parts[0], dialect)), 5
    else:
        form, binding, sides = dialect.forms[sign]
        # max and min have two operands in Python's text: max(max(a, b), c).
        while len(parts) > 2:
            parts = [(sign, parts[0], parts[1]), *parts[2:]]
        shown = form.format(*(written(part, dialect, side) for part, side in zip(parts, sides, strict=True)))
    return f"({shown})" if binding < level else shown


# Levels of binding: 1 sums, 2 negative numbers, 3 products and quotients, 4 powers, 5 names and calls.
# A quotient in a product has brackets: 2*s//2 is not 2*(s//2).
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
        """A Python expression, exact in ints; ``gcd`` is math.gcd."""
        return written(self.tree, PYTHON)

    def as_json(self) -> int | str:
        """The expression, or the number if it has no symbols."""
        return self.tree if isinstance(self.tree, int) else str(self)

    def at(self, **values: Any) -> Any:
        """The value for these values of the symbols. Raises KeyError for a symbol without a value."""
        return _value(self.tree, values)


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "**": lambda a, b: a**b,
    "/": lambda a, b: a // b,  # a quotient without a remainder, under the assumptions
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
    result = _value(first, values)
    for operand in rest:
        result = _OPERATORS[sign](result, _value(operand, values))
    return result


class Condition(NamedTuple):
    """A condition of closed forms: ``left sign right``.

    The sign is ``>=``, ``==``, ``!=`` or ``divides``; or ``=`` for the form of a free setting, with its name
    on the left.
    """

    left: Formula
    sign: str
    right: Formula

    def __str__(self) -> str:
        # Python has no sign for "divides".
        if self.sign == "divides":
            return f"{written(self.right.tree, PYTHON, 4)} % {written(self.left.tree, PYTHON, 4)} == 0"
        return f"{self.left} {self.sign} {self.right}"

    def holds(self, **values: Any) -> bool:
        """Whether the condition holds for these values; the form of a setting always holds."""
        if self.sign == "=":
            return True
        left, right = self.left.at(**values), self.right.at(**values)
        if self.sign == "divides":
            return bool(right % left == 0)
        if self.sign == ">=":
            return bool(left >= right)
        return bool((left == right) is (self.sign == "=="))


class FormulaRow(NamedTuple):
    """One layer, or several folded into one row; ``output`` has the sizes in the order H, W, C."""

    path: str
    op: str
    output: tuple[Formula, ...]
    figures: Mapping[str, Formula]

    def as_json(self) -> dict[str, Any]:
        """An item of ``layers``; here numbers are texts too."""
        return {
            "name": self.path.rpartition("/")[2],
            "path": self.path,
            "op": self.op,
            "output": [str(side) for side in self.output],
            **{name: str(formula) for name, formula in self.figures.items()},
        }


class SquareOfTokens(NamedTuple):
    """The ``macs`` of the scores and weighted sums of attention over all positions, ``tokens`` of them."""

    tokens: Formula
    macs: Formula

    def as_json(self) -> dict[str, str]:
        """An item of ``attention``."""
        return {"tokens": str(self.tokens), "macs": str(self.macs)}


@dataclass(frozen=True, slots=True, repr=False)
class ClosedForm(Printable):
    """The figures of a network as formulas. They hold under all ``assumptions``."""

    network: str
    title: str

    free: Mapping[str, str]
    """The symbol of every free setting."""

    settings: Mapping[str, Any]
    """The value of every setting, a Formula if it depends on a symbol.

    H and W are included if they are separate symbols, and the batch if it is free.
    """

    input: tuple[Formula, ...]
    batch: Formula
    assumptions: tuple[Condition, ...]
    totals: Mapping[str, Formula]
    layers: tuple[FormulaRow, ...]

    fractions: tuple[str, ...]
    """The symbols that stand for fractions; all others stand for positive integers."""

    notes: tuple[str, ...]

    attention: tuple[SquareOfTokens, ...] = ()
    """The part of the MACs that grows with the square of the tokens, for each symbolic number of tokens."""

    inputs: Mapping[str, tuple[Formula, ...]] = field(default_factory=dict)
    """The sizes of all inputs, if they have names; ``input`` is the first."""

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
            "settings": plain(self.settings),
            "input": plain(self.input),
            "batch": plain(self.batch),
            "assumptions": [str(condition) for condition in self.assumptions],
            "totals": {name: str(formula) for name, formula in self.totals.items()},
            "layers": plain(self.layers),
            "attention": [one.as_json() for one in self.attention],
            **({"inputs": plain(self.inputs)} if self.inputs else {}),
        }
