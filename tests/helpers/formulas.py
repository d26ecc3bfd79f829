"""The value of a printed formula, by a separate reader: what ``explain`` prints must be right."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Mapping
from fractions import Fraction

_SIGNS = str.maketrans({"⌊": "floor(", "⌈": "ceil(", "⌋": ")", "⌉": ")", "·": "*"})
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
_FUNCTIONS = {
    "floor": math.floor,
    "ceil": math.ceil,
    "max": max,
    "min": min,
    "gcd": lambda a, b: math.gcd(*map(int, (a, b))),
}


def worked_out(formula: str, names: Mapping[str, int] | None = None) -> Fraction:
    """The value of a formula such as ``⌊(227 - 11)/4⌋ + 1``, in exact fractions."""
    known = names or {}

    def value(node: ast.expr) -> Fraction:
        match node:
            case ast.Constant(value=int() as number):
                return Fraction(number)
            case ast.Name(id=name):
                return Fraction(known[name])
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.BinOp(left=left, op=op, right=right):
                return _OPERATORS[type(op)](value(left), value(right))
            case ast.Call(func=ast.Name(id=name), args=args):
                return Fraction(_FUNCTIONS[name](*map(value, args)))
        raise ValueError(f"{ast.dump(node)} in {formula}")

    written_out = re.sub(r"(?<!\w)(\d+)(?=[A-Za-z])", r"\1*", formula)  # 2P is 2·P
    return value(ast.parse(written_out.translate(_SIGNS), mode="eval").body)
