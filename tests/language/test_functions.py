"""Functions of a spec: expressions of their arguments, without recursion and without end."""

from __future__ import annotations

import pytest

from archcalc.errors import Source, SpecError
from archcalc.language.parse import parse
from archcalc.studies.analyze import analyze


def filters(functions: str, expression: str) -> int:
    text = (
        f"name: f\nfunctions:\n{functions}\nsettings: {{by: 0.5, n: 3}}\ninput: [8, 8, 3]\n"
        f"layers:\n  - {{conv: '{expression}', kernel: 1}}\n"
    )
    return analyze(parse(Source("f.yaml", text)).bind()).layers[0].output[-1]


WIDTH = "  width(c, m): divisible(c * m, 8)"


def test_a_function_is_its_expression() -> None:
    assert filters(WIDTH, "width(64, by)") == filters("  other(a): a", "divisible(64 * by, 8)") == 32


def test_a_function_may_call_those_above_it() -> None:
    assert filters(f"{WIDTH}\n  twice(c): 2 * width(c, 1)", "twice(16) + 1") == 33


def test_an_argument_hides_a_setting() -> None:
    assert filters("  inc(n): n + 1", "inc(9)") == 10


def test_a_block_knows_what_a_function_reads() -> None:
    text = """name: f
functions:
  double(c): 2 * c
settings: {wide: 4, double: 2}
input: [8, 8, 3]
blocks:
  unit: {layers: [{conv: double(wide) + double, kernel: 1}]}
layers: [unit, unit]
"""
    spec = parse(Source("f.yaml", text))
    widths = [analyze(spec.bind(settings={"wide": wide})).layers[0].output[-1] for wide in (4, 5, 4)]
    assert widths == [10, 12, 10]


BOMB = "\n".join(["  f0(x): x + 1", *(f"  f{i}(x): f{i - 1}(x) + f{i - 1}(x)" for i in range(1, 20))])

REFUSED = {
    ("  f(x): n + x", "f(1)"): "a function reads only its arguments",
    ("  f(x): f(x)", "f(1)"): "unknown function 'f'",
    ("  f(x): g(x)\n  g(x): x", "f(1)"): "unknown function 'g'",
    ("  f(x): x", "f(1, 2)"): "f takes 1 argument, not 2",
    ("  f(x): x // 0", "f(1)"): "f: division by zero",
    ("  f(x): 'x +'", "f(1)"): "is missing at the end",
    ("  f(x): [1, 2]", "f(1)"): "a function must be an expression of its arguments",
    ("  f: 3", "3"): "'f' is not a function with arguments",
    ("  f(): 3", "3"): "is not a function with arguments",
    ("  f(x, x): 3", "3"): "with different names between the brackets",
    ("  min(x): 3", "3"): "'min' cannot be an own function",
    ("  f(if): 3", "3"): "'if' cannot be a name here",
    ("  f(x): x\n  f(x, y): x", "f(1)"): "the function 'f' is defined twice",
    ("  f(x): x", "g(1)"): "unknown function 'g'",
    (BOMB, "f19(1)"): "the functions call each other more than 200 times",
}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: REFUSED[case])
def test_refused(case: tuple[str, str]) -> None:
    with pytest.raises(SpecError) as caught:
        filters(*case)
    assert REFUSED[case] in str(caught.value)
