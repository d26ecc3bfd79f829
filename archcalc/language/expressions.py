"""Expressions: ``64*width``, ``size//32``, ``4*k if bottleneck else k``; a small grammar of our own, never eval.

Values are ints, exact fractions (decimals), words, flags, lists, and dimensions of any kind. Results are
bounded, so that no file can make the machine count to 9**9**9.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from archcalc import dims
from archcalc.errors import did_you_mean, short
from archcalc.ops.options import whole

MAX_LENGTH = 300
MAX_NESTING = 30
MAX_VALUE = 1_000_000_000_000_000_000
MAX_ITEMS = 10_000

Scope: TypeAlias = Mapping[str, Any]
Evaluate: TypeAlias = Callable[[Scope], Any]


class ExprError(Exception):
    """A mistake in an expression, at a column of its text (from 0)."""

    def __init__(self, says: str, column: int = 0, hint: str = "") -> None:
        super().__init__(says)
        self.says = says
        self.column = column
        self.hint = hint


class Expression(NamedTuple):
    """A parsed expression: its value in a scope, and the names it reads with their columns."""

    evaluate: Evaluate
    names: tuple[tuple[str, int], ...]


def parse(text: str) -> Expression:
    """Parse an expression. Raises ExprError.

    >>> parse("4*k if wide else k // 2").evaluate({"k": 64, "wide": True})
    256
    >>> parse("depths[1] + 2**3").evaluate({"depths": [3, 4, 6]})
    12
    >>> parse("1.5*64").evaluate({})
    96
    """
    if len(text) > MAX_LENGTH:
        raise ExprError(f"an expression may have at most {MAX_LENGTH} characters")
    if _SIZES.match(text.strip()):
        raise ExprError(
            f"'{text.strip()}' is no number", 0, f"sizes are a list: [{', '.join(text.strip().split('x'))}]"
        )
    parser = Parser(text)
    evaluate = parser.ternary()
    if parser.token.kind != "end":
        raise parser.surprise("an operator")
    return Expression(evaluate, tuple(parser.names))


class Token(NamedTuple):
    kind: str
    text: str
    column: int


_SIZES = re.compile(r"[1-9][0-9]*(x[1-9][0-9]*)+\Z")
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<word>'[^'\n]*'|"[^"\n]*")
  | (?P<symbol>\*\*|//|==|!=|<=|>=|[-+*/%()\[\],<>.])
)""",
    re.VERBOSE,
)
_KEYWORDS = {"if", "else", "and", "or", "not"}
_LITERALS = {"true": True, "false": False}
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
_OTHER_SYMBOLS = {
    "=": "equality is ==",
    "^": "a power is **",
    "&": "both is and",
    "|": "either is or",
    "!": "the opposite is not",
    "{": "a name stands in an expression without braces",
}
"""What other languages write."""


def _tokens(text: str, dots: bool) -> list[Token]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or (match["symbol"] == "." and not dots):
            column = at + len(text[at:]) - len(text[at:].lstrip())
            raise ExprError(f"unexpected '{text[column]}'", column, _OTHER_SYMBOLS.get(text[column], ""))
        kind = match.lastgroup or ""
        word = match.group(kind)
        if not word.isprintable():
            raise ExprError(f"a control character in {word}", match.start(kind))
        found.append(Token("keyword" if word in _KEYWORDS else kind, word, match.start(kind)))
        at = match.end()
    return [*found, Token("end", "end of the expression", end)]


class Parser:
    """Recursive descent; each method reads one level of binding and gives back what evaluates it."""

    owners = False
    """Whether a name may have an owner: owner.name."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text, self.owners)
        self.at = 0
        self.nesting = 0
        self.names: list[tuple[str, int]] = []

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> Token | None:
        """The next token if it is one of these symbols or keywords."""
        token = self.token
        if token.kind in ("symbol", "keyword") and token.text in texts:
            self.at += 1
            return token
        return None

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise self.surprise(f"'{text}'")

    def surprise(self, expected: str) -> ExprError:
        """What stands here is not what must."""
        token, hint = self.token, ""
        if token.kind == "end":
            cut = expected.endswith(("')'", "']'"))
            hint = "inside [...] and {...} an expression with a comma needs quotes" if cut else ""
            return ExprError(f"{expected} is missing at the end", token.column, hint)
        if token.text in COMPARISONS:
            hint = "comparisons do not chain: write a < b and b < c"
        return ExprError(f"expected {expected}, found '{token.text}'", token.column, hint)

    def ternary(self) -> Evaluate:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise ExprError(f"nested deeper than {MAX_NESTING} levels", self.token.column)
        value = self.either()
        if token := self.take("if"):
            test = self.either()
            self.expect("else")
            value = _choose(value, test, self.ternary(), token.column)
        self.nesting -= 1
        return value

    def either(self) -> Evaluate:
        return self._left_to_right(self.both, "or")

    def both(self) -> Evaluate:
        return self._left_to_right(self.negation, "and")

    def negation(self) -> Evaluate:
        nots = 0
        column = self.token.column
        while self.take("not"):
            nots += 1
        value = self.comparison()
        return _negate(value, column, nots % 2 == 1) if nots else value

    def comparison(self) -> Evaluate:
        value = self.sum()
        if token := self.take(*COMPARISONS):
            value = _chain(value, [_step(token, self.sum())])
        return value

    def sum(self) -> Evaluate:
        return self._left_to_right(self.product, "+", "-")

    def product(self) -> Evaluate:
        return self._left_to_right(self.sign, "*", "//", "/", "%")

    def _left_to_right(self, side: Callable[[], Evaluate], *symbols: str) -> Evaluate:
        first = side()
        steps: list[_Step] = []
        while token := self.take(*symbols):
            steps.append(_step(token, side()))
        return _chain(first, steps) if steps else first

    def sign(self) -> Evaluate:
        minus = 0
        column = self.token.column
        while token := self.take("-", "+"):
            minus += token.text == "-"
        value = self.power()
        return _chain(_constant(0), [_step(Token("symbol", "-", column), value)]) if minus % 2 else value

    def power(self) -> Evaluate:
        value = self.indexed()
        if token := self.take("**"):
            self.nesting += 1
            if self.nesting > MAX_NESTING:
                raise ExprError(f"nested deeper than {MAX_NESTING} levels", token.column)
            value = _chain(value, [_step(token, self.sign())])
            self.nesting -= 1
        return value

    def indexed(self) -> Evaluate:
        value = self.atom()
        while token := self.take("["):
            value = _index(value, self.ternary(), token.column)
            self.expect("]")
        return value

    def atom(self) -> Evaluate:
        token = self.token
        self.at += 1
        if token.kind == "number":
            return _constant(_number(token))
        if token.kind == "word":
            return _constant(token.text[1:-1])
        if token.kind == "name":
            if token.text in _LITERALS:
                return _constant(_LITERALS[token.text])
            return self._call(token) if self.take("(") else self.lookup(token)
        if token.text == "(" and token.kind == "symbol":
            value = self.ternary()
            self.expect(")")
            return value
        if token.text == "[" and token.kind == "symbol":
            return _list(self._until("]"))
        self.at -= 1
        raise self.surprise("a number or a name")

    def lookup(self, token: Token) -> Evaluate:
        self.names.append((token.text, token.column))
        return _lookup(token)

    def _call(self, token: Token) -> Evaluate:
        if token.text not in FUNCTIONS:
            raise ExprError(
                f"there is no function '{token.text}'", token.column, did_you_mean(token.text, FUNCTIONS)
            )
        return _apply(token, self._until(")"))

    def _until(self, end: str) -> list[Evaluate]:
        items: list[Evaluate] = []
        if self.take(end):
            return items
        while True:
            items.append(self.ternary())
            if self.take(end):
                return items
            if not self.take(","):
                raise self.surprise(f"',' or '{end}'")


def _number(token: Token) -> Any:
    mantissa, _, exponent = token.text.lower().partition("e")
    if len(mantissa) > 40 or len(exponent) > 3 or abs(int(exponent or 0)) > 40:
        raise ExprError("the value grows beyond 10^18", token.column)
    if re.match("0[0-9]", mantissa):
        says = f"'{token.text}' means different things to different readers"
        raise ExprError(says, token.column, f"write {token.text.lstrip('0') or '0'}")
    return bounded(Fraction(token.text) if not token.text.isdigit() else int(token.text), token.column)


def bounded(value: Any, column: int = 0) -> Any:
    """A value of reasonable size, and a decimal that is whole as an int. Raises ExprError."""
    value = whole(value)
    if isinstance(value, int | Fraction) and max(abs(value.numerator), value.denominator) > MAX_VALUE:
        raise ExprError("the value grows beyond 10^18", column)
    if isinstance(value, list) and len(value) > MAX_ITEMS:
        raise ExprError(f"a list of more than {MAX_ITEMS} items", column)
    return value


def shown(value: Any) -> str:
    """A value as a spec would write it."""
    if isinstance(value, list | tuple):
        items = ", ".join(shown(item) for item in value[:20])
        return short(f"[{items}, ...]" if len(value) > 20 else f"[{items}]")
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Fraction):
        decimals = f"{float(value):.6f}".rstrip("0").rstrip(".")
        return decimals if Fraction(decimals) == value else f"{value.numerator}/{value.denominator}"
    return f"'{short(value)}'" if isinstance(value, str) else str(value)


def _constant(value: Any) -> Evaluate:
    return lambda scope: value


def _lookup(token: Token) -> Evaluate:
    def evaluate(scope: Scope) -> Any:
        if token.text not in scope:
            raise ExprError(f"unknown name '{token.text}'", token.column)
        return scope[token.text]

    return evaluate


def _list(items: Sequence[Evaluate]) -> Evaluate:
    return lambda scope: [item(scope) for item in items]


def _choose(yes: Evaluate, test: Evaluate, no: Evaluate, column: int) -> Evaluate:
    return lambda scope: yes(scope) if truth(test(scope), "if", column) else no(scope)


def _negate(value: Evaluate, column: int, flip: bool) -> Evaluate:
    return lambda scope: truth(value(scope), "not", column) != flip


def truth(value: Any, what: str, column: int = 0) -> bool:
    """A flag that decides something; only true and false do."""
    if isinstance(value, bool):
        return value
    hint = "compare it: x > 0, x == 'word'" if isinstance(value, int | Fraction | str) else ""
    raise ExprError(f"'{what}' needs true or false, not {shown(value)}", column, hint)


def _index(value: Evaluate, place: Evaluate, column: int) -> Evaluate:
    def evaluate(scope: Scope) -> Any:
        items, index = value(scope), place(scope)
        if not isinstance(items, list | tuple):
            raise ExprError(f"only a list has items to index, not {shown(items)}", column)
        if type(index) is not int:
            raise ExprError(f"a list is indexed by a whole number, not {shown(index)}", column)
        if not 0 <= index < len(items):
            last = len(items) - 1
            hint = f"they are counted from 0 to {last}" if items else ""
            raise ExprError(f"there is no item {index} in a list of {len(items)}", column, hint)
        return items[index]

    return evaluate


def is_number(value: Any) -> bool:
    return not isinstance(value, bool | str | list | tuple | dict) and value is not None


def _power(a: Any, b: Any) -> Any:
    if type(b) is not int or b < 0:
        raise ExprError("an exponent must be a whole number from 0 up")
    if isinstance(a, int | Fraction):
        bits = max(a.numerator.bit_length(), a.denominator.bit_length())
        if (bits - 1) * b > MAX_VALUE.bit_length():
            raise ExprError("the value grows beyond 10^18")
    elif b > 64:
        raise ExprError("an exponent of a free setting may be at most 64")
    return a**b


def _divide(a: Any, b: Any) -> Any:
    if isinstance(a, int | Fraction) and isinstance(b, int | Fraction):
        return Fraction(a) / Fraction(b)
    return dims.exact_div(a, b)


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "//": operator.floordiv,
    "%": lambda a, b: a - a // b * b,
    "**": _power,
}
_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DIM_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: dims.at_least(b, a + 1),
    "<=": lambda a, b: dims.at_least(b, a),
    ">": lambda a, b: dims.at_least(a, b + 1),
    ">=": dims.at_least,
}


_Step: TypeAlias = Callable[[Any, Scope], Any]
"""What an operator and its right side make of the value on its left."""


def _chain(first: Evaluate, steps: Sequence[_Step]) -> Evaluate:
    """``a + b - c``, from left to right in a loop: a long sum must not recurse."""

    def evaluate(scope: Scope) -> Any:
        value = first(scope)
        for step in steps:
            value = step(value, scope)
        return value

    return evaluate


def _step(token: Token, right: Evaluate) -> _Step:
    symbol, column = token.text, token.column
    if symbol == "and":
        return lambda left, scope: truth(left, symbol, column) and truth(right(scope), symbol, column)
    if symbol == "or":
        return lambda left, scope: truth(left, symbol, column) or truth(right(scope), symbol, column)
    if symbol in _ARITHMETIC:
        return lambda left, scope: _calculate(symbol, left, right(scope), column)
    return lambda left, scope: compare(symbol, left, right(scope), column)


def _numbers(symbol: str, a: Any, b: Any, column: int) -> None:
    for value in (a, b):
        if not is_number(value):
            raise ExprError(f"'{symbol}' needs numbers, not {shown(value)}", column)


def _calculate(symbol: str, a: Any, b: Any, column: int) -> Any:
    _numbers(symbol, a, b, column)
    if symbol in ("/", "//", "%") and isinstance(b, int | Fraction) and b == 0:
        raise ExprError("division by zero", column)
    try:
        return bounded(_ARITHMETIC[symbol](a, b), column)
    except ExprError as error:
        raise ExprError(error.says, column, error.hint) from None
    except TypeError:
        raise ExprError(
            f"'{symbol}' cannot join a free setting with {shown(a)} and {shown(b)}", column
        ) from None


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, int | Fraction | str | list | tuple)


def _equal(a: Any, b: Any) -> Any:
    if _is_plain(a) and _is_plain(b):
        return a == b and isinstance(a, bool) == isinstance(b, bool)
    return dims.same(a, b) if is_number(a) and is_number(b) else False


def compare(symbol: str, a: Any, b: Any, column: int) -> bool:
    if symbol in ("==", "!="):
        answer = _equal(a, b)
    else:
        _numbers(symbol, a, b, column)
        answer = (_ORDER if _is_plain(a) and _is_plain(b) else _DIM_ORDER)[symbol](a, b)
    if not isinstance(answer, bool):
        raise ExprError("a comparison with a free setting cannot be decided", column)
    return answer == (symbol != "!=")


def _extreme(pick: Callable[[Any, Any], Any], rule: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def of(*values: Any) -> Any:
        best, *rest = _all_numbers(
            values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values
        )
        for item in rest:
            plain = isinstance(best, int | Fraction) and isinstance(item, int | Fraction)
            best = pick(best, item) if plain else rule(best, item)
        return best

    return of


def _all_numbers(values: Sequence[Any]) -> Sequence[Any]:
    if all(is_number(value) for value in values):
        return values
    raise TypeError


def _round_to(value: Any, step: Any) -> Any:
    _all_numbers([value, step])
    if isinstance(step, int | Fraction) and step <= 0:
        raise ExprError(f"round_to needs a step above 0, not {shown(step)}")
    return (2 * value + step) // (2 * step) * step


def _ceil_div(a: Any, b: Any) -> Any:
    _all_numbers([a, b])
    if isinstance(b, int | Fraction) and b == 0:
        raise ExprError("division by zero")
    return (
        -(-a // b) if isinstance(a, int | Fraction) and isinstance(b, int | Fraction) else dims.ceil_div(a, b)
    )


def _length(items: Any) -> int:
    if isinstance(items, list | tuple):
        return len(items)
    raise TypeError


def _sum(items: Any) -> Any:
    _length(items)
    return sum(_all_numbers(items))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": _extreme(min, dims.smaller),
    "max": _extreme(max, dims.larger),
    "ceil_div": _ceil_div,
    "round_to": _round_to,
    "len": _length,
    "sum": _sum,
}
"""What an expression can call; ``round_to(x, m)`` is the multiple of m nearest to x (halves go up)."""

RESERVED = frozenset((*FUNCTIONS, *_KEYWORDS, *_LITERALS))
"""Words that no setting can be called."""

_USAGE = {
    "min": "min(a, b, ...) of numbers, or min(list)",
    "max": "max(a, b, ...) of numbers, or max(list)",
    "ceil_div": "ceil_div(a, b) of two numbers",
    "round_to": "round_to(number, step)",
    "len": "len(list)",
    "sum": "sum(list) of numbers",
}


def _apply(token: Token, items: Sequence[Evaluate]) -> Evaluate:
    function, column = FUNCTIONS[token.text], token.column

    def evaluate(scope: Scope) -> Any:
        values = [item(scope) for item in items]
        try:
            return bounded(function(*values), column)
        except ExprError as error:
            raise ExprError(error.says, column, error.hint) from None
        except (TypeError, ValueError):
            given = ", ".join(shown(value) for value in values)
            raise ExprError(
                f"{token.text}({short(given)}) cannot be", column, f"it is {_USAGE[token.text]}"
            ) from None

    return evaluate
