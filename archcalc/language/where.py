"""Filters over columns: ``macs < 600e6 and params < 5e6``, in the spec language's own expressions.

A condition is asked of every row at once, so its comparisons give masks, and ``and``, ``or`` and ``not`` join
those. Numbers are compared exactly, whatever an expression makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.language.expressions import (
    COMPARISONS,
    Evaluate,
    ExprError,
    Parser,
    Scope,
    compare,
    is_number,
    shown,
)

Rows = Mapping[str, Any]


class Filter(NamedTuple):
    """A parsed filter: the columns that it reads, and which rows pass (a mask, or one bool for all)."""

    names: tuple[str, ...]
    passes: Callable[[Rows], Any]


def parse_filter(text: str) -> Filter:
    """Read a filter. Raises ArchcalcError.

    >>> parse_filter("macs < 600e6 and not width == 16").names
    ('macs', 'width')
    """
    try:
        parser = _Conditions(text)
        test = parser.either()
        if parser.token.kind != "end":
            raise parser.surprise("a comparison, 'and' or 'or'")
    except ExprError as error:
        raise _refused(text, error) from None
    names = tuple(dict.fromkeys(name for name, _ in parser.names))

    def passes(rows: Rows) -> Any:
        for name in names:
            if name not in rows:
                raise ArchcalcError(
                    f"--where: there is no column '{short(name)}' ({did_you_mean(name, rows)})"
                )
        try:
            return _flag(test(rows), 0)
        except ExprError as error:
            raise _refused(text, error) from None
        except (TypeError, ZeroDivisionError) as error:
            raise ArchcalcError(f"--where '{short(text)}': {error}") from None

    return Filter(names, passes)


def _refused(text: str, error: ExprError) -> ArchcalcError:
    hint = f" ({error.hint})" if error.hint else ""
    return ArchcalcError(f"--where '{short(text)}': {error.says}{hint}")


def _flag(value: Any, column: int) -> Any:
    """A mask or a bool; anything else decides nothing."""
    if isinstance(value, bool) or str(getattr(value, "dtype", "")) == "bool":
        return value
    raise ExprError("a filter needs a comparison", column, "as in macs < 600e6")


class _Conditions(Parser):
    """The grammar of expressions; what may be a mask is joined by masks."""

    def either(self) -> Evaluate:
        return self._joined(self.both, "or", lambda a, b: a | b)

    def both(self) -> Evaluate:
        return self._joined(self.negation, "and", lambda a, b: a & b)

    def _joined(self, side: Callable[[], Evaluate], word: str, join: Callable[[Any, Any], Any]) -> Evaluate:
        value = side()
        while token := self.take(word):
            value = _join(value, side(), join, token.column)
        return value

    def negation(self) -> Evaluate:
        column, nots = self.token.column, 0
        while self.take("not"):
            nots += 1
        value = self.comparison()
        return _opposite(value, column) if nots % 2 else value

    def comparison(self) -> Evaluate:
        left = self._side()
        if token := self.take(*COMPARISONS):
            return _compared(token.text, left, self._side(), token.column)
        return left

    def atom(self) -> Evaluate:
        # What stands in parentheses may be a condition of its own.
        if self.token.kind == "symbol" and self.take("("):
            value = self.either()
            self.expect(")")
            return value
        return super().atom()

    def _side(self) -> Evaluate:
        """One side of a comparison: a column or a number as it is, anything that is calculated exactly."""
        start = self.at
        value = self.sum()
        return value if self.at == start + 1 else _exactly(value)


def _exactly(value: Evaluate) -> Evaluate:
    return lambda scope: value(_Exact(scope))


class _Exact(dict[str, Any]):
    """A scope whose arrays hold Python ints and fractions: products of columns may be larger than int64."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if not hasattr(value, "dtype"):
            return value
        return value.astype(object).view(super().__getitem__("exact arrays"))


def _join(left: Evaluate, right: Evaluate, join: Callable[[Any, Any], Any], column: int) -> Evaluate:
    return lambda scope: join(_flag(left(scope), column), _flag(right(scope), column))


def _opposite(value: Evaluate, column: int) -> Evaluate:
    def evaluate(scope: Scope) -> Any:
        flag = _flag(value(scope), column)
        return not flag if isinstance(flag, bool) else ~flag

    return evaluate


_MASKS: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def _compared(symbol: str, left: Evaluate, right: Evaluate, column: int) -> Evaluate:
    def evaluate(scope: Scope) -> Any:
        a, b = left(scope), right(scope)
        if not (hasattr(a, "dtype") or hasattr(b, "dtype")):
            return compare(symbol, a, b, column)
        for value in (a, b):
            if not is_number(value) or str(getattr(value, "dtype", "")) == "bool":
                raise ExprError(f"'{symbol}' needs numbers, not {shown(value)}", column)
        return _MASKS[symbol](a, b).astype(bool)

    return evaluate
