"""Expressions: ``64*width``, ``size//32``, ``4*k if bottleneck else k``; a small grammar, never eval.

``tokens`` cuts the text into tokens; the parser here makes ``evaluators`` of them; ``arithmetic`` calculates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from archcalc.errors import did_you_mean
from archcalc.language.arithmetic import FUNCTIONS, MAX_VALUE, bounded, too_large
from archcalc.language.evaluators import (
    Evaluate,
    Read,
    Step,
    UserFunction,
    call_of,
    call_of_own,
    chain,
    choose,
    constant,
    index,
    list_of,
    lookup,
    negate,
    step,
)
from archcalc.language.tokens import KEYWORDS, ExprError, Token, tokens_of

MAX_LENGTH = 300
MAX_NESTING = 30
MAX_CALLS = 200

COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")

_LITERALS = {"true": True, "false": False}
_SIZE = re.compile("[0-9]+")

RESERVED = frozenset((*FUNCTIONS, *KEYWORDS, *_LITERALS))
"""Words that cannot be the name of a setting."""


class Expression(NamedTuple):
    """A parsed expression: its value in a scope, the names it reads with their columns, and what it reads."""

    evaluate: Evaluate
    names: tuple[tuple[str, int], ...]
    reads: tuple[Read, ...] = ()


NO_FUNCTIONS: Mapping[str, UserFunction] = MappingProxyType({})


@lru_cache(maxsize=1000)  # a spec writes the same few expressions in many places
def parse(text: str) -> Expression:
    """Parse an expression. Raises ExprError.

    >>> parse("4*k if wide else k // 2").evaluate({"k": 64, "wide": True})
    256
    >>> parse("depths[1] + 2**3").evaluate({"depths": [3, 4, 6]})
    12
    >>> parse("1.5*64").evaluate({})
    96
    >>> parse("32x32x3").evaluate({})
    [32, 32, 3]
    """
    return Parser(text).whole_text()


class Parser:
    """Recursive descent: each method reads one rule, named as in Python's grammar, and gives an evaluator."""

    allows_owners = False
    """Whether a name may have an owner: owner.name."""

    most = MAX_VALUE
    """The largest value."""

    def __init__(self, text: str, functions: Mapping[str, UserFunction] = NO_FUNCTIONS) -> None:
        if len(text) > MAX_LENGTH:
            raise ExprError(f"an expression may have at most {MAX_LENGTH} characters")
        self.functions = functions
        self.calls = 0  # of functions of the spec, with those that they call
        self.tokens = tokens_of(text, self.allows_owners)
        self.position = 0
        self.nesting = 0
        self.names: list[tuple[str, int]] = []
        self.reads: list[Read] = []

    def whole_text(self) -> Expression:
        """The expression that the whole text is. Raises ExprError."""
        evaluate = self.expression()
        if self.token.kind != "end":
            raise self.unexpected("an operator")
        return Expression(evaluate, tuple(self.names), tuple(self.reads))

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def take(self, *texts: str) -> Token | None:
        """The next token if it is one of these symbols or keywords."""
        token = self.token
        if token.kind in ("symbol", "keyword") and token.text in texts:
            self.position += 1
            return token
        return None

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise self.unexpected(f"'{text}'")

    def unexpected(self, expected: str) -> ExprError:
        """The error of a token that the grammar does not allow here."""
        token, hint = self.token, ""
        if token.kind == "end":
            # A list in YAML ends at a comma, so the rest of the expression has become another item.
            is_cut = expected.endswith(("')'", "']'"))
            hint = "inside [...] and {...}, put an expression with a comma in quotes" if is_cut else ""
            return ExprError(f"{expected} is missing at the end", token.column, hint)
        if token.text in COMPARISONS:
            hint = "comparisons cannot be chained: write a < b and b < c"
        return ExprError(f"expected {expected}, found '{token.text}'", token.column, hint)

    def _enter(self, column: int) -> None:
        """Count one level of nesting: a deep text must not recurse without bound."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise ExprError(f"nested deeper than {MAX_NESTING} levels", column)

    def expression(self) -> Evaluate:
        self._enter(self.token.column)
        value = self.disjunction()
        if token := self.take("if"):
            test = self.disjunction()
            self.expect("else")
            value = choose(value, test, self.expression(), token.column)
        self.nesting -= 1
        return value

    def disjunction(self) -> Evaluate:
        return self._left_to_right(self.conjunction, "or")

    def conjunction(self) -> Evaluate:
        return self._left_to_right(self.inversion, "and")

    def inversion(self) -> Evaluate:
        column, nots = self.token.column, 0
        while self.take("not"):
            nots += 1  # a loop, because a thousand nots must not recurse
        value = self.comparison()
        return negate(value, column, nots % 2 == 1) if nots else value

    def comparison(self) -> Evaluate:
        value = self.sum()
        if token := self.take(*COMPARISONS):
            value = chain(value, [step(token, self.sum(), self.most)])
        return value

    def sum(self) -> Evaluate:
        return self._left_to_right(self.term, "+", "-")

    def term(self) -> Evaluate:
        return self._left_to_right(self.factor, "*", "//", "/", "%")

    def _left_to_right(self, operand: Callable[[], Evaluate], *symbols: str) -> Evaluate:
        # A flat list of steps: a sum of many terms is as deep as a sum of two.
        first = operand()
        steps: list[Step] = []
        while token := self.take(*symbols):
            steps.append(step(token, operand(), self.most))
        return chain(first, steps) if steps else first

    def factor(self) -> Evaluate:
        column, minuses = self.token.column, 0
        while token := self.take("-", "+"):
            minuses += token.text == "-"
        value = self.power()
        minus = Token("symbol", "-", column)
        return chain(constant(0), [step(minus, value, self.most)]) if minuses % 2 else value

    def power(self) -> Evaluate:
        value = self.primary()
        if token := self.take("**"):  # binds to the right, so it recurses
            self._enter(token.column)
            value = chain(value, [step(token, self.factor(), self.most)])
            self.nesting -= 1
        return value

    def primary(self) -> Evaluate:
        start, before = self.position, len(self.reads)
        value = self.atom()
        while token := self.take("["):
            value = index(value, self.expression(), token.column)
            self.expect("]")
            # Of a list in which an item is looked up, the expression reads this item only.
            text = " ".join(token.text for token in self.tokens[start : self.position])
            names = tuple(dict.fromkeys(name for read in self.reads[before:] for name in read.names))
            self.reads[before:] = [Read(text, names, value)]
        return value

    def atom(self) -> Evaluate:
        token = self.token
        self.position += 1
        if token.kind == "number":
            return constant(_number(token, self.most))
        if token.kind == "sizes":
            return list_of([constant(_number(size, self.most)) for size in sizes_of(token)])
        if token.kind == "word":
            return constant(token.text[1:-1])
        if token.kind == "name":
            if token.text in _LITERALS:
                return constant(_LITERALS[token.text])
            return self._call(token) if self.take("(") else self.name(token)
        if token.text == "(" and token.kind == "symbol":
            value = self.expression()
            self.expect(")")
            return value
        if token.text == "[" and token.kind == "symbol":
            return list_of(self._until("]"))
        self.position -= 1
        raise self.unexpected("a number or a name")

    def name(self, token: Token) -> Evaluate:
        self.names.append((token.text, token.column))
        evaluate = lookup(token)
        self.reads.append(Read(token.text, (token.text,), evaluate))
        return evaluate

    def _call(self, token: Token) -> Evaluate:
        if token.text in self.functions:
            return self._call_own(token, self.functions[token.text])
        if token.text not in FUNCTIONS:
            hint = did_you_mean(token.text, [*FUNCTIONS, *self.functions])
            raise ExprError(f"unknown function '{token.text}'", token.column, hint)
        return call_of(token, self._until(")"), self.most)

    def _call_own(self, token: Token, function: UserFunction) -> Evaluate:
        """A call of a function of the spec, whose body reads its arguments only."""
        name, arguments = token.text, self._until(")")
        if len(arguments) != len(function.names):
            hint = f"write {name}({', '.join(function.names)})"
            most = len(function.names)
            message = f"{name} takes {most} argument{'s' * (most > 1)}, not {len(arguments)}"
            raise ExprError(message, token.column, hint)
        self.calls += function.calls
        if self.calls > MAX_CALLS:  # functions that call each other twice and twice again grow without end
            raise ExprError(f"the functions call each other more than {MAX_CALLS} times", token.column)
        return call_of_own(token, function, arguments)

    def _until(self, end: str) -> list[Evaluate]:
        """Expressions with commas between them, up to the closing bracket."""
        items: list[Evaluate] = []
        if self.take(end):
            return items
        while True:
            items.append(self.expression())
            if self.take(end):
                return items
            if not self.take(","):
                raise self.unexpected(f"',' or '{end}'")


def sizes_of(token: Token) -> list[Token]:
    """The numbers of sizes as tables print them: ``32x32x3``. Raises ExprError."""
    found = _SIZE.finditer(token.text)
    numbers = [Token("number", size.group(), token.column + size.start()) for size in found]
    if numbers[0].text == "0" and token.text[1] == "x":
        listed = ", ".join(number.text for number in numbers)
        message = f"'{token.text}' is ambiguous: is it a number in base 16?"
        raise ExprError(message, token.column, f"write sizes as [{listed}]")
    return numbers


def _number(token: Token, most: int) -> int | Fraction:
    mantissa, _, exponent = token.text.lower().partition("e")
    # Refused before it is computed: 1e999999999 would be an int of a billion digits.
    digits = max(40, len(str(most)))  # a small number may have more digits than the largest: 0.0001
    if len(mantissa) > digits or len(exponent) > 4 or abs(int(exponent or 0)) > digits:
        raise ExprError(too_large(most), token.column)
    # 010 is 8 in YAML 1.1 and in C, and 10 for most readers.
    if re.match("0[0-9]", mantissa):
        hint = f"write {token.text.lstrip('0') or '0'}"
        raise ExprError(f"'{token.text}' is ambiguous: is it a number in base 8?", token.column, hint)
    value: int | Fraction = bounded(
        Fraction(token.text) if not token.text.isdigit() else int(token.text), token.column, most
    )
    return value
