"""Evaluators: functions that take a scope and give the value of a parsed expression in it.

The parser makes one for every part of an expression; a spec is parsed once and evaluated for many settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from archcalc.language.arithmetic import ARITHMETIC, calculate, call, compare, shown, truth
from archcalc.language.tokens import ExprError, Token

Scope: TypeAlias = Mapping[str, Any]
"""The values of the names that an expression can read."""

Evaluate: TypeAlias = Callable[[Scope], Any]


class Read(NamedTuple):
    """A part of an expression whose value alone matters: a name, or an item of a list such as ``depths[0]``.

    ``names`` are the names in it.
    """

    text: str
    names: tuple[str, ...]
    evaluate: Evaluate


Step: TypeAlias = Callable[[Any, Scope], Any]
"""An operator with its right side, applied to the value on its left."""


def constant(value: Any) -> Evaluate:
    """The same value in every scope."""
    return lambda scope: value


def lookup(token: Token) -> Evaluate:
    """The value of a name."""

    name = token.text

    def evaluate(scope: Scope) -> Any:
        # A spec checks its names when it is read; other texts (--assume, --where) only here.
        if name not in scope:
            raise ExprError(f"unknown name '{name}'", token.column)
        return scope[name]

    return evaluate


def list_of(items: Sequence[Evaluate]) -> Evaluate:
    """``[a, b]``."""
    return lambda scope: [item(scope) for item in items]


def choose(if_true: Evaluate, test: Evaluate, if_false: Evaluate, column: int) -> Evaluate:
    """``a if test else b``: only the side that is chosen is evaluated."""
    return lambda scope: if_true(scope) if truth(test(scope), "if", column) else if_false(scope)


def negate(value: Evaluate, column: int, flip: bool) -> Evaluate:
    """``not a``; with ``flip`` false a double negation, which still needs a flag."""
    return lambda scope: truth(value(scope), "not", column) != flip


def index(items_of: Evaluate, place: Evaluate, column: int) -> Evaluate:
    """``list[place]``, counted from 0."""

    def evaluate(scope: Scope) -> Any:
        items, number = items_of(scope), place(scope)
        if not isinstance(items, list | tuple):
            raise ExprError(f"only a list can be indexed, not {shown(items)}", column)
        if type(number) is not int:  # not isinstance: in Python true is an int too
            raise ExprError(f"the index of a list must be a whole number, not {shown(number)}", column)
        if not 0 <= number < len(items):
            hint = f"count from 0 to {len(items) - 1}" if items else ""
            raise ExprError(f"a list of {len(items)} has no item {number}", column, hint)
        return items[number]

    return evaluate


def chain(first: Evaluate, steps: Sequence[Step]) -> Evaluate:
    """``a + b - c``, from left to right in a loop: a long sum must not recurse."""

    if len(steps) == 1:  # most chains
        only = steps[0]
        return lambda scope: only(first(scope), scope)

    def evaluate(scope: Scope) -> Any:
        value = first(scope)
        for step in steps:
            value = step(value, scope)
        return value

    return evaluate


def step(operator: Token, right: Evaluate, most: int) -> Step:
    """One operator of a chain; ``and`` and ``or`` evaluate their right side only if it decides.

    ``most`` is the largest result.
    """
    symbol, column = operator.text, operator.column
    # `k > 0 and 8 // k > 2` must not divide if k is 0.
    if symbol == "and":
        return lambda left, scope: truth(left, symbol, column) and truth(right(scope), symbol, column)
    if symbol == "or":
        return lambda left, scope: truth(left, symbol, column) or truth(right(scope), symbol, column)
    if symbol in ARITHMETIC:
        return lambda left, scope: calculate(symbol, left, right(scope), column, most)
    return lambda left, scope: compare(symbol, left, right(scope), column)


def call_of(function: Token, arguments: Sequence[Evaluate], most: int) -> Evaluate:
    """``function(a, b)``; ``most`` is the largest result."""
    name, column = function.text, function.column
    return lambda scope: call(name, [argument(scope) for argument in arguments], column, most)


class UserFunction(NamedTuple):
    """A function of a spec: its arguments, its body, and how many functions a call of it calls."""

    names: tuple[str, ...]
    evaluate: Evaluate
    calls: int


def call_of_own(name: Token, function: UserFunction, arguments: Sequence[Evaluate]) -> Evaluate:
    """A call of a function of the spec, whose body reads its arguments only."""

    def evaluate(scope: Scope) -> Any:
        given = [argument(scope) for argument in arguments]
        try:
            return function.evaluate(dict(zip(function.names, given, strict=True)))
        except ExprError as error:
            raise ExprError(f"{name.text}: {error.message}", name.column, error.hint) from None

    return evaluate
