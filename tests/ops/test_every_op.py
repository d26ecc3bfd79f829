"""What holds of every op, whichever it is: a new op is tested before its author writes a test."""

from __future__ import annotations

import ast
import doctest
import inspect
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from helpers.examples import examples
from helpers.formulas import worked_out
from helpers.strategies import Case, NoStrategy, cases, claims_of, holds, misfits, with_dims
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import archcalc.ops
from archcalc.dims.traced import Traced
from archcalc.ops import OPS
from archcalc.ops.base import Claim, Inputs, Op, Volume, operation
from archcalc.ops.costs import OPERATIONS, summed
from archcalc.ops.option_types import Flag, Number, OptionType
from archcalc.ops.options import SameAs, option, options_of

every_op = pytest.mark.parametrize("op", OPS.values(), ids=OPS)

FOLDER = Path(archcalc.ops.__file__).parent
FORMULA_FILES = sorted(
    path
    for path in FOLDER.glob("*.py")
    if path.name
    not in (
        "__init__.py",
        "options.py",
        "option_types.py",
        "frozen.py",
        "remember.py",
        "collector.py",
        "costs.py",
    )
)
"""The files of the ops; the others are about options or memory and hold no formula."""

READING_ORDER = [
    "claims",
    "shape",
    "weights",
    "parts",
    "cost",
    "reach",
    "depth",
    "connections",
    "kept",
    "torch",
]


# --- the manual ----------------------------------------------------------------------------------


@every_op
def test_the_docstring_is_a_manual_with_an_example(op):
    summary = (inspect.getdoc(op) or "").splitlines()[0]
    assert summary.endswith((".", ":"))
    examples = doctest.DocTestFinder(recurse=False).find(op, op.name, module=sys.modules[op.__module__])
    assert any(test.examples for test in examples)
    assert doctest.DocTestRunner(verbose=False).run(examples[0]).failed == 0


@every_op
def test_name_and_source_are_told(op):
    assert "name" in vars(op)
    assert OPS[op.name] is op
    assert op.source


@every_op
def test_every_option_is_told(op):
    options = options_of(op)
    assert [item.name for item in options.values() if item.main] == list(options)[:1] * any(
        item.main for item in options.values()
    ), "at most one main option, and it comes first"
    for item in options.values():
        assert item.says
        assert not item.says.endswith(".")
        assert item.type.accepts()
        jsonschema.Draft202012Validator.check_schema(item.type.schema())
        if isinstance(item.default, SameAs):
            assert item.default.option in options
            assert item.type.read(item.default.otherwise) == item.default.otherwise
        elif item.default is not None:
            assert item.type.read(item.default) == item.default


@every_op
def test_the_class_reads_in_the_order_of_every_op(op):
    (tree,) = ast.parse(inspect.getsource(op)).body
    names = []
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.target.id in options_of(op):
            names.append("options")
        elif isinstance(node, ast.FunctionDef) and node.name in READING_ORDER:
            names.append(node.name)
    order = ["options", *READING_ORDER]
    assert names == sorted(names, key=order.index)


# --- the purity of the formulas --------------------------------------------------------------------

# A formula works with anything that adds, multiplies and floor-divides. So in the files of the ops:
#  - nothing divides by "/", and nothing calls int, float, round, abs, divmod, pow, max, min, sorted or math;
#  - a comparison has a text or None on one side, or compares a Number option (it changes no count);
#  - asking which object something is ("is") asks nothing of its size;
#  - what "if", "and", "or", "not", "while" and "assert" ask is such a comparison, isinstance(), a Flag or
#    Number option, a property or method that is declared "-> bool", a ClassVar[bool], a parameter declared
#    "str", or whether a volume has spatial axes (the truth of a tuple).
# Three kinds of functions are free: those that make text ("-> str": they are asked of one false claim),
# those for PyTorch ("torch...": plain ints by contract), and the two of ALLOWED.
FORBIDDEN_CALLS = {"int", "float", "round", "abs", "divmod", "pow", "max", "min", "sorted", "bool"}
ALLOWED = {
    ("axes.py", "resolved"),  # asks about names of options
    ("conv.py", "_table_fits"),  # a connection table holds plain ints (Lists)
}
IMPORTS = {"__future__", "collections.abc", "dataclasses", "functools", "typing", "fractions", "inspect"}


class Purity(ast.NodeVisitor):
    """Collects every place of a file that asks or does what a dimension cannot."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[str] = []
        self.flags: set[str] = set()
        self.texts: set[str] = set()

    def fault(self, node: ast.AST, says: str) -> None:
        self.faults.append(f"{self.path.name}:{node.lineno}: {says}: {ast.unparse(node)}")

    def visit_Import(self, node: ast.Import) -> None:
        self._imports(node, [alias.name for alias in node.names])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = [node.module or ""]
        if node.module in ("archcalc", "archcalc.dims"):  # "from archcalc.dims import traced" is a kind too
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        self._imports(node, names)

    def _imports(self, node: ast.AST, modules: list[str]) -> None:
        for module in modules:
            function = module.removeprefix("archcalc.dims.")
            known = module in IMPORTS or module == "archcalc.dims" or module.startswith("archcalc.ops.")
            if not known and not (
                module != function and function in vars(archcalc.dims) and not _is_module(function)
            ):
                self.fault(node, f"imports {module}")

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        module = sys.modules[f"archcalc.ops.{self.path.stem}"]
        self.flags = _flags(getattr(module, node.name))
        self.generic_visit(node)
        self.flags = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        makes_text = isinstance(node.returns, ast.Name) and node.returns.id == "str"
        if makes_text or node.name.startswith("torch") or (self.path.name, node.name) in ALLOWED:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    self.visit(inner)
            return
        around, arguments = self.texts, [*node.args.args, *node.args.kwonlyargs]
        self.texts = around | {
            a.arg for a in arguments if isinstance(a.annotation, ast.Name) and a.annotation.id == "str"
        }
        self.generic_visit(node)
        self.texts = around

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Div | ast.Mod):
            self.fault(node, "divides")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            self.fault(node, "calls")
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in ("math", "numpy", "np", "sympy"):
            self.fault(node, "uses")

    def visit_Compare(self, node: ast.Compare) -> None:
        if not self._decided(node):
            self.fault(node, "compares")
        self.generic_visit(node)

    def _asks(self, node: ast.expr) -> None:
        if not self._decided(node):
            self.fault(node, "asks")

    def visit_If(self, node: ast.If | ast.IfExp | ast.While | ast.Assert) -> None:
        self._asks(node.test)
        self.generic_visit(node)

    visit_IfExp = visit_While = visit_Assert = visit_If

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._asks(test)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for value in node.values:
            self._asks(value)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._asks(node.operand)
        self.generic_visit(node)

    def _decided(self, node: ast.expr) -> bool:
        match node:
            case ast.Compare(left=left, comparators=[right]):
                identity = isinstance(
                    node.ops[0], ast.Is | ast.IsNot
                )  # asks which object it is, not how large
                return identity or any(_is_text(side) or self._is_flag(side) for side in (left, right))
            case ast.BoolOp(values=values):
                return all(map(self._decided, values))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._decided(operand)
            case ast.Call(func=ast.Name(id="isinstance")):
                return True
            case ast.Call(func=method, args=[]):
                return self._is_flag(method)
            case ast.Name(id=name):
                return name in self.texts
            case ast.Attribute(attr="spatial"):
                return True
        return self._is_flag(node)

    def _is_flag(self, node: ast.expr) -> bool:
        return (
            isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self" and node.attr in self.flags
        )


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str))


def _is_module(name: str) -> bool:
    return (Path(archcalc.dims.__file__).parent / f"{name}.py").exists()


def _flags(cls: type) -> set[str]:
    """What a class declares to be true or false, or a Number."""
    names = set()
    if issubclass(cls, Op):
        names |= {item.name for item in options_of(cls).values() if isinstance(item.type, Flag | Number)}
    for base in cls.__mro__:
        for name, value in vars(base).items():
            made = value.fget if isinstance(value, property) else value
            if isinstance(value, bool) or getattr(made, "__annotations__", {}).get("return") == "bool":
                names.add(name)
    return names


def impurities(path: Path, source: str) -> list[str]:
    purity = Purity(path)
    purity.visit(ast.parse(source))
    return purity.faults


@pytest.mark.parametrize("path", FORMULA_FILES, ids=lambda path: path.name)
def test_formulas_ask_nothing_of_a_dimension(path):
    assert impurities(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "return x.size / 2",
        "return x.size % 2",
        "return int(x.size)",
        "return max(x.spatial)",
        "import math",
        "from math import ceil",
        "import sympy",
        "from archcalc.dims import traced",
        "from archcalc.dims.traced import Traced",
        "from archcalc import engine",
        "return 1 if x.channels else 2",
        "return 1 if x.channels == 1 else 2",
        "return x.rank > 1",
        "return [side for side in x.spatial if side]",
        "return x.channels or 1",
        "return not x.channels",
        "return 1 if self.groups else 2",
        "assert x.channels",
    ],
)
def test_an_impurity_is_found(line):
    source = f"class Conv(WindowOp):\n    def cost(self, xs, y):\n        (x,) = xs\n        {line}\n"
    assert impurities(FOLDER / "conv.py", source)


@pytest.mark.parametrize(
    "line",
    [
        "return 1 if self.bias else 2",
        "return isinstance(self.filters, str) and not x.spatial",
        "return self.table is not None",
        "return self.pads_to_same or self.rounding == 'exact'",
        "from archcalc.dims import Dim, ceil_div",
        "from archcalc import dims",
    ],
)
def test_what_is_pure_is_let_through(line):
    source = f"class Conv(WindowOp):\n    def cost(self, xs, y):\n        (x,) = xs\n        {line}\n"
    assert impurities(FOLDER / "conv.py", source) == []


# --- the law of the kinds ----------------------------------------------------------------------------


def facts(case: Case) -> dict[str, Any]:
    """Every dimension that an op gives, by a name that says which."""
    op, xs = case
    y = op.shape(xs)
    found = {f"shape[{i}]": dim for i, dim in enumerate(y.dims)}
    for weight in op.weights(xs, y):
        found |= {f"{weight.role} {weight.name}[{i}]": dim for i, dim in enumerate(weight.shape)}
    found |= {f"cost {kind}": count for kind, count in op.cost(xs, y).items()}
    found |= {
        f"part {part.name} {kind}": count for part in op.parts(xs, y) for kind, count in part.cost.items()
    }
    for axis, reach in enumerate(op.reach(xs) or ()):
        found |= {f"reach {field}[{axis}]": dim for field, dim in zip(reach._fields, reach, strict=True)}
    found |= {f"kept {kept.name}, {kept.bytes}, {kept.per_batch}": kept.count for kept in op.kept(xs, y)}
    found["connections"] = op.connections(xs, y)
    found["depth"] = op.depth()
    return found


def claimed(case: Case) -> list[tuple[str, bool, Any]]:
    """What a claim is about, whether it is a note, and what the kind says of it."""
    return [(claim.option, claim.note, holds(claim)) for claim in claims_of(case)]


@every_op
@given(data=st.data())
@examples(40)
def test_an_op_that_fits_counts(op, data):
    case = data.draw(cases(op))
    found = facts(case)
    for what, dim in found.items():
        assert (type(dim) is int and dim >= 0) or (what == "connections" and dim is None), what
    parts = list(case.op.parts(case.xs, case.op.shape(case.xs)))
    assert not parts or summed(parts) == case.op.cost(case.xs, case.op.shape(case.xs))
    assert set(op_cost := case.op.cost(case.xs, case.op.shape(case.xs))) <= set(OPERATIONS), op_cost
    assert all(found[f"shape[{i}]"] >= 1 for i in range(len(case.op.shape(case.xs).dims)))
    for item in options_of(op).values():
        value = getattr(case.op, item.name)
        assert value is None or item.type.read(value) == value, "a spec could not say this option"


@every_op
@given(data=st.data())
@examples(60)
def test_traced_ints_are_the_ints_with_a_formula_that_is_right(op, data):
    case = data.draw(cases(op))
    names: dict[str, int] = {}

    def convert(value: int, name: str) -> Traced:
        names[name] = value
        return Traced(value, name)

    expected, found = facts(case), facts(with_dims(case, convert))
    assert found.keys() == expected.keys()
    for what, dim in found.items():
        if isinstance(dim, Traced):
            assert dim.value == expected[what], what
            assert worked_out(dim.substituted()) == dim.value, what
            assert worked_out(dim.formula(), names) == dim.value, what
        else:
            assert dim == expected[what], what


@every_op
@given(data=st.data())
@examples(60)
def test_every_kind_judges_a_claim_alike_and_tells_it_alike(op, data):
    case = data.draw(cases(op) | misfits(op))
    plain, traced = claims_of(case), claims_of(with_dims(case, Traced))
    assert [(c.option, c.note, holds(c)) for c in traced] == [(c.option, c.note, holds(c)) for c in plain]
    for mine, other in zip(plain, traced, strict=True):
        if not holds(mine):
            assert told(other) == told(mine)


def told(claim: Claim) -> tuple[str, str]:
    return claim.says(), claim.hint() if claim.hint else ""


@every_op
@given(data=st.data())
@settings(examples(8), phases=[Phase.explicit, Phase.reuse, Phase.generate])  # SymPy is slow to shrink
def test_sympy_symbols_give_closed_forms_of_the_same_numbers(op, data):
    sympy = pytest.importorskip("sympy")
    from archcalc.dims.symbolic import symbol

    case = data.draw(cases(op))
    values: dict[Any, Any] = {}

    def convert(value: int, name: str) -> Any:
        if value == 0:  # a symbol is a positive integer
            return 0
        values[symbol(name)] = sympy.Integer(value)
        return symbol(name)

    def number(dim: Any) -> Any:
        return dim.xreplace(values) if isinstance(dim, sympy.Basic) else dim

    symbolic = with_dims(case, convert)
    assert {what: number(dim) for what, dim in facts(symbolic).items()} == facts(case)
    truths = [(option, note, bool(number(truth))) for option, note, truth in claimed(symbolic)]
    assert truths == claimed(case)
    for claim in claims_of(symbolic):
        told(claim)  # can be told, whatever it is told of


# --- the tests of the tests ----------------------------------------------------------------------------


def _drawn(op: type[Op]) -> Case:
    return find(cases(op), lambda case: True, settings=settings(database=None, derandomize=True))


@operation
class Swish(Op):
    """A new op, unknown to the strategies."""

    name = "swish"
    beta: Any = option(Number(), "slope", default=1)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return x


@operation
class Mirror(Swish):
    """A new op with a kind of option that nobody drew before."""

    name = "mirror"
    edge: Any = option(OptionType(), "edge")


@operation
class Difference(Swish):
    """A new op with several inputs."""

    name = "difference"
    many = True


@operation
class Halve(Swish):
    """A new op that does not fit every input."""

    name = "halve"

    def claims(self, xs: Inputs) -> list[Claim]:
        (x,) = xs
        return [Claim(archcalc.dims.divides, 2, x.channels, lambda: "odd")]


@pytest.mark.slow
def test_a_new_op_is_drawn_or_told():
    assert vars(_drawn(Swish).op) == {"beta": 1}
    for op in (Mirror, Difference, Halve):
        with pytest.raises(NoStrategy, match=f"no strategy for op '{op.name}'"):
            _drawn(op)


def test_every_field_of_an_op_is_an_option():
    for op in OPS.values():
        assert {field.name for field in fields(op)} == set(options_of(op))


@every_op
@given(data=st.data())
@examples(5)
def test_an_op_and_a_volume_hold_nothing_but_what_they_declare(op, data):
    case = data.draw(cases(op))
    facts(case)
    assert set(vars(case.op)) == set(options_of(op))
    assert not any(hasattr(x, "__dict__") for x in case.xs)
