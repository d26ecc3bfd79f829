"""Filters over columns: ``macs < 600e6 and params < 5e6``, in the expressions of the spec language.

A filter tests all rows at once: its comparisons give masks, and ``and``, ``or`` and ``not`` combine them.
Calculated sides are compared exactly, also beyond 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.language.arithmetic import MAX_FIGURE, compare, is_number, shown
from archcalc.language.evaluators import Evaluate, Scope
from archcalc.language.expressions import COMPARISONS, Parser
from archcalc.language.tokens import ExprError

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
        parser = _MaskParser(text)
        test = parser.disjunction()
        if parser.token.kind != "end":
            raise parser.unexpected("a comparison, 'and' or 'or'")
    except ExprError as error:
        raise _refused(text, error) from None
    names = tuple(dict.fromkeys(name for name, _ in parser.names))

    def passes(rows: Rows) -> Any:
        for name in names:
            if name not in rows:
                raise ArchcalcError(f"--where: unknown column '{short(name)}' ({did_you_mean(name, rows)})")
        try:
            return _flag(test(rows), 0)
        except ExprError as error:
            raise _refused(text, error) from None
        except (TypeError, ZeroDivisionError) as error:
            raise ArchcalcError(f"--where '{short(text)}': {error}") from None

    return Filter(names, passes)


def _refused(text: str, error: ExprError) -> ArchcalcError:
    hint = f" ({error.hint})" if error.hint else ""
    return ArchcalcError(f"--where '{short(text)}': {error.message}{hint}")


def _flag(value: Any, column: int) -> Any:
    """The value if it is a mask or a bool. Raises ExprError."""
    # A mask is known by its dtype: numpy must not be imported here.
    if isinstance(value, bool) or str(getattr(value, "dtype", "")) == "bool":
        return value
    raise ExprError("a filter needs a comparison", column, "such as macs < 600e6")


class _MaskParser(Parser):
    """The grammar of expressions, whose conditions are masks over rows."""

    most = MAX_FIGURE

    def disjunction(self) -> Evaluate:
        return self._combined(self.conjunction, "or", lambda a, b: a | b)

    def conjunction(self) -> Evaluate:
        return self._combined(self.inversion, "and", lambda a, b: a & b)

    def _combined(
        self, operand: Callable[[], Evaluate], word: str, combine: Callable[[Any, Any], Any]
    ) -> Evaluate:
        value = operand()
        while token := self.take(word):
            value = _combine(value, operand(), combine, token.column)
        return value

    def inversion(self) -> Evaluate:
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
        # A condition may be in parentheses, and not only an expression.
        if self.token.kind == "symbol" and self.take("("):
            value = self.disjunction()
            self.expect(")")
            return value
        return super().atom()

    def _side(self) -> Evaluate:
        """One side of a comparison: a single column or number as it is, an expression calculated exactly."""
        start = self.position
        value = self.sum()
        # One token calculates nothing, so it cannot overflow, and stays a fast array of int64.
        return value if self.position == start + 1 else _exactly(value)


def _exactly(value: Evaluate) -> Evaluate:
    return lambda scope: value(_Exact(scope))


class _Exact(dict[str, Any]):
    """A scope whose arrays hold Python ints and fractions: a product of columns may be larger than int64."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if not hasattr(value, "dtype"):
            return value
        return value.astype(object).view(super().__getitem__("exact arrays"))


def _combine(left: Evaluate, right: Evaluate, combine: Callable[[Any, Any], Any], column: int) -> Evaluate:
    return lambda scope: combine(_flag(left(scope), column), _flag(right(scope), column))


def _opposite(value: Evaluate, column: int) -> Evaluate:
    def evaluate(scope: Scope) -> Any:
        flag = _flag(value(scope), column)
        # ``~`` of a bool is an int; ``not`` of an array is an error.
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
        # Arrays are known by their dtype: numpy must not be imported here.
        if not (hasattr(a, "dtype") or hasattr(b, "dtype")):
            return compare(symbol, a, b, column)
        for value in (a, b):
            if not is_number(value) or str(getattr(value, "dtype", "")) == "bool":
                raise ExprError(f"'{symbol}' needs numbers, not {shown(value)}", column)
        return _MASKS[symbol](a, b).astype(bool)

    return evaluate
