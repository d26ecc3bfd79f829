"""The operators and functions of expressions, on ints, fractions, words, flags, lists and dimensions.

Every result is bounded, so that no file can make the machine count to 9**9**9.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from archcalc import dims
from archcalc.errors import short
from archcalc.language.tokens import ExprError
from archcalc.ops.option_types import whole

MAX_VALUE = 1_000_000_000_000_000_000
"""The largest value of a spec."""

MAX_FIGURE = 10**300
"""The largest value of an expression over figures. Counts exceed 10^18; a float, as messages show it, does
not exceed 10^308."""

MAX_ITEMS = 10_000


def too_large(most: int) -> str:
    """What is said of a value above ``most``, a power of 10."""
    return f"the value grows beyond 10^{len(str(most)) - 1}"


def bounded(value: Any, column: int = 0, most: int = MAX_VALUE) -> Any:
    """The value if it is not too large; a decimal that is whole becomes an int. Raises ExprError."""
    if type(value) is int and -most <= value <= most:
        return value  # nearly every value is a small int
    value = whole(value)
    if isinstance(value, int | Fraction) and max(abs(value.numerator), value.denominator) > most:
        raise ExprError(too_large(most), column)
    if isinstance(value, list) and len(value) > MAX_ITEMS:
        raise ExprError(f"the list has more than {MAX_ITEMS} items", column)
    return value


def shown(value: Any) -> str:
    """The value as a spec would write it."""
    if type(value) is int:
        return str(value)  # nearly every value: names of layers have numbers in them
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


def truth(value: Any, keyword: str, column: int = 0) -> bool:
    """The flag that ``keyword`` needs: true or false, and no other value. Raises ExprError."""
    if isinstance(value, bool):
        return value
    hint = "write a comparison: x > 0, x == 'word'" if isinstance(value, int | Fraction | str) else ""
    raise ExprError(f"'{keyword}' needs true or false, not {shown(value)}", column, hint)


def is_number(value: Any) -> bool:
    """Whether the value is a number or a dimension."""
    return not isinstance(value, bool | str | list | tuple | dict) and value is not None


def _need_numbers(symbol: str, left: Any, right: Any, column: int) -> None:
    for value in (left, right):
        if type(value) is not int and not is_number(value):
            raise ExprError(f"'{symbol}' needs numbers, not {shown(value)}", column)


# --- operators --------------------------------------------------------------------------------------------


def _power(base: Any, exponent: Any, most: int = MAX_VALUE) -> Any:
    if type(exponent) is not int or exponent < 0:
        raise ExprError("an exponent must be a whole number of at least 0")
    if isinstance(base, int | Fraction):
        # Estimate the size first: the power itself might not fit into memory.
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if (bits - 1) * exponent > most.bit_length():
            raise ExprError(too_large(most))
    elif exponent > 64:
        raise ExprError("an exponent of a free setting must be 64 or less")
    return base**exponent


def _divide(dividend: Any, divisor: Any) -> Any:
    if isinstance(dividend, int | Fraction) and isinstance(divisor, int | Fraction):
        return Fraction(dividend) / Fraction(divisor)
    return dims.exact_div(dividend, divisor)


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "//": operator.floordiv,
    "%": lambda a, b: a - a // b * b,  # dimensions have no modulo of their own
    "**": _power,
}
_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# A dimension gives no bool for `<` but a claim that an analysis checks.
_DIM_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: dims.at_least(b, a + 1),
    "<=": lambda a, b: dims.at_least(b, a),
    ">": lambda a, b: dims.at_least(a, b + 1),
    ">=": dims.at_least,
}


def calculate(symbol: str, left: Any, right: Any, column: int, most: int = MAX_VALUE) -> Any:
    """The result of an arithmetic operator. Raises ExprError."""
    _need_numbers(symbol, left, right, column)
    if symbol in ("/", "//", "%") and isinstance(right, int | Fraction) and right == 0:
        raise ExprError("division by zero", column)
    try:
        if symbol == "**":
            return bounded(_power(left, right, most), column, most)
        return bounded(ARITHMETIC[symbol](left, right), column, most)
    except ExprError as error:
        raise ExprError(error.message, column, error.hint) from None
    except TypeError:  # dimensions refuse fractions
        message = f"'{symbol}' cannot combine {shown(left)} and {shown(right)}: a setting is free"
        raise ExprError(message, column) from None


def _is_plain(value: Any) -> bool:
    return type(value) is int or value is None or isinstance(value, int | Fraction | str | list | tuple)


def _equal(left: Any, right: Any) -> Any:
    if type(left) is type(right) and type(left) in (int, str, bool):
        return left == right
    if _is_plain(left) and _is_plain(right):
        # In Python true equals 1; here a flag equals only a flag.
        return left == right and isinstance(left, bool) == isinstance(right, bool)
    return dims.same(left, right) if is_number(left) and is_number(right) else False


def compare(symbol: str, left: Any, right: Any, column: int) -> bool:
    """The result of a comparison. Raises ExprError."""
    if symbol in ("==", "!="):
        result = _equal(left, right)
    else:
        _need_numbers(symbol, left, right, column)
        result = (_ORDER if _is_plain(left) and _is_plain(right) else _DIM_ORDER)[symbol](left, right)
    if not isinstance(result, bool):
        raise ExprError("a comparison with a free setting cannot be decided", column)
    return result == (symbol != "!=")


# --- functions --------------------------------------------------------------------------------------------
# A function raises TypeError for arguments of the wrong kind; `call` makes a sentence with its usage of it.


def _extreme(plain: Callable[[Any, Any], Any], of_dims: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def extreme(*values: Any) -> Any:
        is_one_list = len(values) == 1 and isinstance(values[0], list | tuple)
        best, *rest = _all_numbers(values[0] if is_one_list else values)
        for item in rest:
            are_plain = isinstance(best, int | Fraction) and isinstance(item, int | Fraction)
            best = plain(best, item) if are_plain else of_dims(best, item)
        return best

    return extreme


def _all_numbers(values: Sequence[Any]) -> Sequence[Any]:
    if all(is_number(value) for value in values):
        return values
    raise TypeError


def _round_to(value: Any, step: Any) -> Any:
    _all_numbers([value, step])
    if isinstance(step, int | Fraction) and step <= 0:
        raise ExprError(f"the step of round_to must be above 0, not {shown(step)}")
    return (2 * value + step) // (2 * step) * step


def _ceil_div(dividend: Any, divisor: Any) -> Any:
    _all_numbers([dividend, divisor])
    if isinstance(divisor, int | Fraction) and divisor == 0:
        raise ExprError("division by zero")
    are_plain = isinstance(dividend, int | Fraction) and isinstance(divisor, int | Fraction)
    return -(-dividend // divisor) if are_plain else dims.ceil_div(dividend, divisor)


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

_USAGE = {
    "min": "min(a, b, ...) of numbers, or min(list)",
    "max": "max(a, b, ...) of numbers, or max(list)",
    "ceil_div": "ceil_div(a, b) of two numbers",
    "round_to": "round_to(number, step)",
    "len": "len(list)",
    "sum": "sum(list) of numbers",
}


def call(name: str, arguments: Sequence[Any], column: int, most: int = MAX_VALUE) -> Any:
    """The result of a function. Raises ExprError."""
    try:
        return bounded(FUNCTIONS[name](*arguments), column, most)
    except ExprError as error:
        raise ExprError(error.message, column, error.hint) from None
    except (TypeError, ValueError):
        given = short(", ".join(shown(value) for value in arguments))
        raise ExprError(f"{name}({given}) has the wrong arguments", column, f"use {_USAGE[name]}") from None
