"""Expressions: what they come to, how they bind, what is refused; held to Python's own grammar."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.language.arithmetic import FUNCTIONS, MAX_ITEMS, MAX_VALUE, bounded, shown
from archcalc.language.expressions import parse
from archcalc.language.tokens import ExprError

SCOPE: Mapping[str, Any] = {
    "k": 64,
    "half": Fraction(1, 2),
    "wide": True,
    "deep": False,
    "depths": [3, 4, 6, 3],
    "rows": [[1, 2], [3, 4]],
    "kind": "basic",
    "none": [],
}

ACCEPTED = {
    "3": 3,
    " 3 ": 3,
    "1.5": Fraction(3, 2),
    ".5": Fraction(1, 2),
    "5.": 5,
    "1e3": 1000,
    "1.5e1": 15,
    "25e-1": Fraction(5, 2),
    "k": 64,
    "4*k": 256,
    "k//3": 21,
    "k%3": 1,
    "-7//2": -4,
    "-7%3": 2,
    "7%-3": -2,
    "k/128": Fraction(1, 2),
    "k/2": 32,
    "half*k": 32,
    "1.5*64": 96,
    "2**10": 1024,
    "half**2": Fraction(1, 4),
    "0**0": 1,
    "(1 + 2)*3": 9,
    "1 + 2*3": 7,
    "10 - 3 - 2": 5,
    "64//4//2": 8,
    "64//4*2": 32,
    "2**3**2": 512,
    "-2**2": -4,
    "(-2)**2": 4,
    "2*-3": -6,
    "2 - -3": 5,
    "--3": 3,
    "+3": 3,
    "1 < 2": True,
    "2 <= 2": True,
    "1 > 2": False,
    "2 >= 3": False,
    "k == 64": True,
    "k != 64": False,
    "half < 1": True,
    "kind == 'basic'": True,
    'kind == "other"': False,
    "kind != 'other'": True,
    "wide == true": True,
    "wide == 1": False,
    "kind == 3": False,
    "depths == [3, 4, 6, 3]": True,
    "true": True,
    "false": False,
    "not wide": False,
    "not not wide": True,
    "not k == 3": True,
    "wide and deep": False,
    "wide or deep": True,
    "deep and 1 // 0 == 1": False,
    "wide or 1 // 0 == 1": True,
    "not deep and wide": True,
    "deep and deep or wide": True,
    "wide or deep and deep": True,
    "4*k if wide else k": 256,
    "4*k if deep else k": 64,
    "1 if deep else 2 if wide else 3": 2,
    "1 if wide else 1 // 0": 1,
    "1 // 0 if deep else 2": 2,
    "1 + (2 if wide else 3)": 3,
    "1 + 2 if deep else 3": 3,
    "depths[0]": 3,
    "depths[1 + 1]": 6,
    "depths[depths[0]]": 3,
    "rows[1][0]": 3,
    "[1, 2, 3][2]": 3,
    "[k, 2*k]": [64, 128],
    "[]": [],
    "[1.5*2]": [3],
    "min(3, 2)": 2,
    "max(3, half)": 3,
    "min(depths)": 3,
    "max(3, 1, 2)": 3,
    "ceil_div(7, 2)": 4,
    "ceil_div(-7, 2)": -3,
    "round_to(19.2, 1)": 19,
    "round_to(2.5, 1)": 3,
    "round_to(35, 8)": 32,
    "round_to(36, 8)": 40,
    "divisible(35, 8)": 32,
    "divisible(11, 8)": 16,  # 8 is below 90% of 11
    "divisible(1, 8)": 8,
    "divisible(20.5, 1)": 21,
    "len(depths)": 4,
    "len(none)": 0,
    "sum(depths)": 16,
    "sum([])": 0,
    "sum([half, half])": 1,
    "'a word'": "a word",
    "10**18": 10**18,
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted(text: str) -> None:
    value = parse(text).evaluate(SCOPE)
    assert value == ACCEPTED[text]
    assert type(value) is type(ACCEPTED[text])


REFUSED = {
    "": (0, "a number or a name is missing at the end"),
    "3 +": (3, "a number or a name is missing at the end"),
    "* 3": (0, "expected a number or a name, found '*'"),
    "3 4": (2, "expected an operator, found '4'"),
    "(3": (2, "')' is missing at the end"),
    "3)": (1, "expected an operator, found ')'"),
    "max(3": (5, "',' or ')' is missing at the end"),
    "max(3,": (6, "a number or a name is missing at the end"),
    "depths[0": (8, "']' is missing at the end"),
    "1 if wide": (9, "'else' is missing at the end"),
    "1 if wide 2": (10, "expected 'else', found '2'"),
    "1 < 2 < 3": (6, "expected an operator, found '<'"),
    "1 == 2 == 3": (7, "expected an operator, found '=='"),
    "k = 3": (2, "unexpected '='"),
    "2 ^ 3": (2, "unexpected '^'"),
    "k.real": (1, "unexpected '.'"),
    "k:3": (1, "unexpected ':'"),
    "lambda: 3": (6, "unexpected ':'"),
    "{k}": (0, "unexpected '{'"),
    "3x": (1, "expected an operator, found 'x'"),
    "3x3k": (1, "expected an operator, found 'x3k'"),
    "3 x 3": (2, "expected an operator, found 'x'"),
    "k + 0x10": (4, "'0x10' is ambiguous: is it a number in base 16?"),
    "2x010": (2, "'010' is ambiguous: is it a number in base 8?"),
    "3x3 + 1": (4, "'+' needs numbers, not [3, 3]"),
    "'open": (0, "unexpected '''"),
    "1_000": (1, "expected an operator, found '_000'"),
    "010": (0, "'010' is ambiguous: is it a number in base 8?"),
    "eval('1')": (0, "unknown function 'eval'"),
    "k(3)": (0, "unknown function 'k'"),
    "nope + 1": (0, "unknown name 'nope'"),
    "1 // 0": (2, "division by zero"),
    "1 / (k - 64)": (2, "division by zero"),
    "1 % 0": (2, "division by zero"),
    "ceil_div(1, 0)": (0, "division by zero"),
    "2**-1": (1, "an exponent must be a whole number of at least 0"),
    "2**half": (1, "an exponent must be a whole number of at least 0"),
    "9**9**9": (1, "the value grows beyond 10^18"),
    "10**18 + 1": (7, "the value grows beyond 10^18"),
    "half**61": (4, "the value grows beyond 10^18"),
    "1e19": (0, "the value grows beyond 10^18"),
    "1e9999999999": (0, "the value grows beyond 10^18"),
    "1" * 41: (0, "the value grows beyond 10^18"),
    "1 + kind": (2, "'+' needs numbers, not 'basic'"),
    "wide + 1": (5, "'+' needs numbers, not true"),
    "depths * 2": (7, "'*' needs numbers, not [3, 4, 6, 3]"),
    "-kind": (0, "'-' needs numbers, not 'basic'"),
    "kind < 3": (5, "'<' needs numbers, not 'basic'"),
    "not k": (0, "'not' needs true or false, not 64"),
    "k and wide": (2, "'and' needs true or false, not 64"),
    "wide and k": (5, "'and' needs true or false, not 64"),
    "1 if k else 2": (2, "'if' needs true or false, not 64"),
    "depths[4]": (6, "a list of 4 has no item 4"),
    "depths[-1]": (6, "a list of 4 has no item -1"),
    "none[0]": (4, "a list of 0 has no item 0"),
    "depths[half]": (6, "the index of a list must be a whole number, not 0.5"),
    "depths[wide]": (6, "the index of a list must be a whole number, not true"),
    "kind[0]": (4, "only a list can be indexed, not 'basic'"),
    "min()": (0, "min() has the wrong arguments"),
    "min([])": (0, "min([]) has the wrong arguments"),
    "min(kind, 3)": (0, "min('basic', 3) has the wrong arguments"),
    "max(wide, 3)": (0, "max(true, 3) has the wrong arguments"),
    "ceil_div(3)": (0, "ceil_div(3) has the wrong arguments"),
    "ceil_div(kind, 3)": (0, "ceil_div('basic', 3) has the wrong arguments"),
    "round_to(3, 0)": (0, "the step of round_to must be above 0, not 0"),
    "round_to(3, -half)": (0, "the step of round_to must be above 0, not -0.5"),
    "divisible(3, 0)": (0, "the step of divisible must be above 0, not 0"),
    "divisible(3)": (0, "divisible(3) has the wrong arguments"),
    "divisible(kind, 8)": (0, "divisible('basic', 8) has the wrong arguments"),
    "divisible(3, kind)": (0, "divisible(3, 'basic') has the wrong arguments"),
    "len(3)": (0, "len(3) has the wrong arguments"),
    "len(kind)": (0, "len('basic') has the wrong arguments"),
    "sum(3)": (0, "sum(3) has the wrong arguments"),
    "sum([wide])": (0, "sum([true]) has the wrong arguments"),
    "sum(rows)": (0, "sum([[1, 2], [3, 4]]) has the wrong arguments"),
    "'\x1b'": (0, "'\x1b' contains a control character"),
    "(" * 31 + "1" + ")" * 31: (30, "nested deeper than 30 levels"),
    "1" + "**1" * 31: (88, "nested deeper than 30 levels"),
    "1 + " * 100: (0, "an expression may have at most 300 characters"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(ExprError) as caught:
        parse(text).evaluate(SCOPE)
    assert (caught.value.column, caught.value.message) == REFUSED[text]


def test_names_are_told_with_their_columns() -> None:
    assert parse("a + max(b, a)*depths[c]").names == (
        ("a", 0),
        ("b", 8),
        ("a", 11),
        ("depths", 14),
        ("c", 21),
    )


SHOWN = {
    "nothing": None,
    "true": True,
    "19.2": Fraction(96, 5),
    "-0.5": Fraction(-1, 2),
    "1/3": Fraction(1, 3),
    "'word'": "word",
    "[1, [0.5, false]]": [1, [Fraction(1, 2), False]],
}


@pytest.mark.parametrize("text", SHOWN)
def test_values_are_shown_as_a_spec_writes_them(text: str) -> None:
    assert shown(SHOWN[text]) == text


def test_long_values_are_cut() -> None:
    assert len(shown(list(range(10**5)))) < 80
    assert len(shown("x" * 10**5)) < 80


def test_long_lists_are_refused() -> None:
    assert bounded([0] * MAX_ITEMS)
    with pytest.raises(ExprError, match="the list has more than 10000 items"):
        bounded([0] * (MAX_ITEMS + 1))


# --- the law: Python's grammar, and exact arithmetic ---------------------------------------------


class Exact:
    """Evaluates the syntax tree of Python's parser in exact fractions, and keeps the largest value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.largest = 0
        self.value = self.work_out(ast.parse(text, mode="eval").body)

    def work_out(self, node: ast.AST) -> Any:
        value = getattr(self, f"on_{type(node).__name__}")(node)
        if isinstance(value, Fraction):
            self.largest = max(self.largest, abs(value.numerator), value.denominator)
        return value

    def on_Constant(self, node: ast.Constant) -> Fraction:
        return Fraction(ast.get_source_segment(self.text, node) or "")

    def on_Name(self, node: ast.Name) -> Any:
        value = {"true": True, "false": False, **SCOPE}[node.id]
        return value if isinstance(value, bool | list) else Fraction(value)

    def on_UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.work_out(node.operand)
        return not value if isinstance(node.op, ast.Not) else -value

    def on_BinOp(self, node: ast.BinOp) -> Fraction:
        a, b = self.work_out(node.left), self.work_out(node.right)
        match node.op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.Div():
                return a / b
            case ast.FloorDiv():
                return Fraction(math.floor(a / b))
            case ast.Mod():
                return a - b * math.floor(a / b)
            case ast.Pow():
                if max(abs(a.numerator), a.denominator) > 1 and b > 64:
                    self.largest = max(self.largest, 2**64)
                    return Fraction(0)  # never looked at: the largest value decides
                return a ** int(b)
        raise AssertionError(node.op)

    def on_Compare(self, node: ast.Compare) -> bool:
        (op,), (right,) = node.ops, node.comparators
        a, b = self.work_out(node.left), self.work_out(right)
        names = {"Lt": a < b, "LtE": a <= b, "Gt": a > b, "GtE": a >= b, "Eq": a == b, "NotEq": a != b}
        return names[type(op).__name__]

    def on_BoolOp(self, node: ast.BoolOp) -> bool:
        decide = all if isinstance(node.op, ast.And) else any
        return decide(self.work_out(value) for value in node.values)

    def on_IfExp(self, node: ast.IfExp) -> Any:
        return self.work_out(node.body if self.work_out(node.test) else node.orelse)

    def on_List(self, node: ast.List) -> list[Any]:
        return [self.work_out(item) for item in node.elts]

    def on_Subscript(self, node: ast.Subscript) -> Any:
        return Fraction(self.work_out(node.value)[int(self.work_out(node.slice))])

    def on_Call(self, node: ast.Call) -> Fraction:
        args = [self.work_out(arg) for arg in node.args]
        match node.func:
            case ast.Name("min"):
                return min(args)
            case ast.Name("max"):
                return max(args)
            case ast.Name("sum"):
                return sum(args[0], Fraction(0))
            case ast.Name("len"):
                return Fraction(len(args[0]))
            case ast.Name("ceil_div"):
                return Fraction(math.ceil(args[0] / args[1]))
            case ast.Name("round_to"):
                return math.floor(args[0] / args[1] + Fraction(1, 2)) * args[1]
            case ast.Name("divisible"):
                return make_divisible(*args)
        raise AssertionError(ast.dump(node.func))


def make_divisible(value: Fraction, divisor: Fraction) -> Fraction:
    """As torchvision writes it, with fractions in place of floats."""
    nearest = max(divisor, math.floor(value + divisor / 2) // divisor * divisor)
    if divisor.denominator > 1:  # torchvision's divisors are whole: int() would cut others too early
        nearest = max(divisor, (value + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < Fraction(9, 10) * value else nearest


ATOMS = ["0", "1", "2", "7", "16", "1.5", "0.25", "1e2", "k", "half", "depths[1]", "[k, 3][0]"]
EXPONENTS = ["0", "1", "2", "3", "2**2", "(1 + 2)"]
COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]


@st.composite
def numbers(draw: st.DrawFn, depth: int = 3) -> str:
    """The text of an expression that is a number, with brackets only where they are drawn."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(ATOMS))
    a, b = draw(numbers(depth - 1)), draw(numbers(depth - 1))
    text = draw(
        st.sampled_from(
            [
                *(f"{a} {sign} {b}" for sign in ("+", "-", "*", "/", "//", "%")),
                f"{a}**{draw(st.sampled_from(EXPONENTS))}",
                f"-{a}",
                f"min({a}, {b})",
                f"max({a}, {b})",
                f"ceil_div({a}, {b})",
                f"round_to({a}, {draw(st.sampled_from(['1', '8', 'half', '0.1']))})",
                f"divisible({a}, {draw(st.sampled_from(['1', '8', 'half', '0.1']))})",
                f"sum([{a}, {b}])",
                f"len([{a}, {b}])",
                f"({a} if {draw(flags(depth - 1))} else {b})",
            ]
        )
    )
    return draw(st.sampled_from([text, f"({text})"]))


@st.composite
def flags(draw: st.DrawFn, depth: int = 3) -> str:
    """The text of an expression that is true or false."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["wide", "deep", "true", "false"]))
    a, b = draw(flags(depth - 1)), draw(flags(depth - 1))
    x, y, sign = draw(numbers(depth - 1)), draw(numbers(depth - 1)), draw(st.sampled_from(COMPARISONS))
    text = draw(st.sampled_from([f"not {a}", f"{a} and {b}", f"{a} or {b}", f"{x} {sign} {y}"]))
    return draw(st.sampled_from([text, f"({text})"]))


@given(st.one_of(numbers(), flags()))
def test_it_binds_as_python_does_and_is_exact(text: str) -> None:
    value, error = outcome(text)
    if error is not None:
        is_right_to_refuse(text, error)
        return
    expected = Exact(text).value
    assert value == expected
    assert isinstance(value, bool) == isinstance(expected, bool)
    if isinstance(expected, Fraction):
        assert type(value) is (int if expected.denominator == 1 else Fraction)
        assert max(abs(expected.numerator), expected.denominator) <= MAX_VALUE


def outcome(text: str) -> tuple[Any, ExprError | None]:
    try:
        return parse(text).evaluate(SCOPE), None
    except ExprError as error:
        return None, error


def is_right_to_refuse(text: str, error: ExprError) -> None:
    assert 0 <= error.column <= len(text)
    match error.message:
        case "division by zero":
            with pytest.raises(ZeroDivisionError):
                Exact(text)
        case "the value grows beyond 10^18":
            assert largest_in(text) > MAX_VALUE
        case _:
            assert error.message in (
                "nested deeper than 30 levels",
                "an expression may have at most 300 characters",
            )


def largest_in(text: str) -> int:
    """The largest value met, also where a division by zero follows."""
    exact = Exact.__new__(Exact)
    exact.text, exact.largest = text, 0
    with suppress(ZeroDivisionError):
        exact.work_out(ast.parse(text, mode="eval").body)
    return exact.largest


TOKENS = [
    *FUNCTIONS,
    *SCOPE,
    *"+-*/%()[],<>=.'\"{}:;\\ \n\t",
    "**",
    "//",
    "==",
    "if",
    "else",
    "and",
    "not",
    "9",
    "1e9",
    "0.5",
]


@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(TOKENS), max_size=30).map(" ".join)))
def test_nothing_but_an_expression_error_comes_out(text: str) -> None:
    value, error = outcome(text)
    if error is None:
        assert value == bounded(value)
    else:
        assert error.message
        assert 0 <= error.column <= len(text)
