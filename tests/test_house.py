"""The rules of the code: which part imports which, what is loaded only when needed, how long things are."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "archcalc"
FILES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# Each part and the parts that it imports. It may also import whatever these may import.
# docs/architecture.md has the same table.
MAY_IMPORT = {
    "errors": set(),
    "dims": set(),
    "dims.*": {"dims"},
    "ops": {"dims", "errors"},
    "network": {"ops"},
    "conventions": {"dims"},
    "engine": {"network", "conventions"},
    "results": {"engine"},
    "importers": {"network"},
    "exporters": {"network"},
    "language": {"importers", "files"},
    "files": {"errors"},
    "backends": {"engine", "results"},
    "studies": {"backends", "language", "exporters", "dims.*"},
    "timing": {"backends", "language"},
    "classroom": {"studies"},
    "render": {"results", "engine"},
    "guard": {"studies", "files", "render"},
    "pictures": {"studies", "timing", "render"},
    "__init__": {"studies", "classroom", "guard", "pictures", "timing", "render"},
    "cli": {"__init__", "render", "files"},
    "__main__": {"cli"},
    "testing": {"__init__", "render"},
}

# What a command may import itself: the library does the work, and the rest prints.
COMMANDS_MAY_IMPORT = {"__init__", "cli", "render", "results", "conventions", "files", "errors"}

MAX_FILE = 300
MAX_FUNCTION = 50
MAX_COLUMNS = 110
MAX_NAMES = 23


# --- reading the code ------------------------------------------------------------------------------------


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def part_of(module: str) -> str:
    """The part to which a module belongs: its folder or file. The kinds of dimensions are a part too."""
    parts = module.split(".")
    if parts[1:2] == ["dims"] and len(parts) > 2:
        return "dims.*"
    return parts[1] if len(parts) > 1 else "__init__"


def modules_of(node: ast.AST) -> Iterator[str]:
    """The modules of archcalc that a statement imports; for a name of a package, the package."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        names = [name if name in MODULES else node.module for name in inner]
    else:
        return
    yield from (name for name in dict.fromkeys(names) if name.split(".")[0] == "archcalc")


def imports_of(path: Path) -> list[tuple[int, str]]:
    """Every module of archcalc that a file imports, at its top or inside a function, with the line."""
    return [(node.lineno, name) for node in ast.walk(tree(path)) for name in modules_of(node)]


# --- which part imports which ----------------------------------------------------------------------------


def allowed(part: str) -> set[str]:
    """The parts that a part may import, and itself."""
    parts, todo = {part}, [part]
    while todo:
        new = MAY_IMPORT[todo.pop()] - parts
        parts |= new
        todo += new
    return parts


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    part = part_of(module_of(path))
    wrong = [
        f"{path}:{line}: {part} imports {name}"
        for line, name in imports_of(path)
        if part_of(name) not in allowed(part)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.parent.name == "cli"], ids=lambda path: path.name
)
def test_commands_call_the_library_and_nothing_below(path: Path) -> None:
    wrong = [
        f"{path}:{line}: {name}"
        for line, name in imports_of(path)
        if part_of(name) not in COMMANDS_MAY_IMPORT
    ]
    assert not wrong, "\n".join(wrong)


RAISE_NOTHING = {
    "compare_timings",
    "list_columns",
    "list_conventions",
    "mistakes",
    "names",
    "plot_kinds",
    "quiz_columns",
    "schema",
    "sweep_columns",
    "table_columns",
    "totals_columns",
}


def test_the_docstring_of_a_public_function_is_whole() -> None:
    """It has an example, all parameters, and the errors."""
    import archcalc

    for name in archcalc.__all__:
        function = getattr(archcalc, name)
        text = function.__doc__ or ""
        # An example that writes files or needs PyTorch is shown, and not run.
        assert ">>>" in text or "Example" in text, name
        assert set(function.__annotations__) - {"return"} <= set(re.findall(r"\w+", text)), name
        assert "Raises:" in text or name in RAISE_NOTHING, name


def test_only_results_load_a_part_above_them() -> None:
    """A module named by a text is an import that the rules above do not see."""
    named = [
        (module, node.args[0].value)
        for module, path in MODULES.items()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
        if getattr(node.func, "id", "") == "import_module" and "archcalc" in str(node.args[0].value)
    ]
    assert named == [("archcalc.results.printable", "archcalc.render")]


def test_the_version_is_one() -> None:
    from archcalc import __version__
    from archcalc.results import VERSION

    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in pyproject
    assert __version__ == VERSION


def test_no_part_lists_an_import_that_it_does_not_use() -> None:
    used = defaultdict(set)
    for path in FILES:
        used[part_of(module_of(path))] |= {part_of(name) for _, name in imports_of(path)}
    assert used.keys() == MAY_IMPORT.keys()
    assert {part: listed - used[part] for part, listed in MAY_IMPORT.items() if listed - used[part]} == {}


def table_of(text: str) -> dict[str, set[str]]:
    """The first table of a page with the columns ``part | is | may import``; names stand in backticks."""
    rows = re.search(r"^\| *part *\| *is *\| *may import *\|\n\|[-|]+\|\n((?:\|.*\|\n)+)", text, re.MULTILINE)
    assert rows, "there is no table with the columns part, is, may import"
    table = {}
    for row in rows[1].splitlines():
        part, _, listed = row.strip("|").split("|")
        (name,) = re.findall(r"`([^`]+)`", part)
        table[name.removesuffix("/")] = {
            other.removesuffix("/") for other in re.findall(r"`([^`]+)`", listed)
        }
    return table


def test_the_table_in_the_docs_is_the_table_of_this_file() -> None:
    assert table_of((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")) == MAY_IMPORT


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import each other, directly or not."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            new = graph[todo.pop()] - seen
            seen |= new
            todo += new
        return seen

    reach = {module: reached(module) for module in graph}
    groups = {
        tuple(sorted(other for other in graph if other in reach[module] and module in reach[other]))
        for module in graph
        if module in reach[module]
    }
    return [list(group) for group in sorted(groups)]


def test_no_module_imports_itself_in_a_circle() -> None:
    """Imports inside functions count too: a late import must not hide a circle."""
    graph = {module: {name for _, name in imports_of(path)} for module, path in MODULES.items()}
    assert sum(map(len, graph.values())) > 300
    assert circles(graph) == []


def test_the_test_of_circles_can_fail() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d"}}) == [["b", "c"], ["d"]]


# --- names and lengths -----------------------------------------------------------------------------------


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 40
    assert len(TESTS) > 40


def test_the_package_has_few_names_at_its_top() -> None:
    names = [path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(names) <= MAX_NAMES, names


def defined_twice(classes: Iterable[tuple[str, str]]) -> set[str]:
    """Names that two classes have; the module of PyTorch that does what an op says has the name of the op."""
    parts = defaultdict(list)
    for module, name in classes:
        parts[name].append("ops" if module.startswith("archcalc.backends.modules") else part_of(module))
    return {name for name, where in parts.items() if len(where) > (2 if set(where) == {"ops"} else 1)}


def classes() -> Iterator[tuple[str, str]]:
    """Every class with its module, the classes in classes and functions among them."""
    for module, path in MODULES.items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                yield module, node.name


def test_no_class_name_is_defined_twice() -> None:
    assert defined_twice(classes()) == set()


def test_the_test_of_class_names_can_fail() -> None:
    pair = [("archcalc.ops.merge", "Add"), ("archcalc.backends.modules", "Add")]
    assert defined_twice(pair) == set()
    assert defined_twice([*pair, ("archcalc.results", "Add")]) == {"Add"}
    assert defined_twice([("archcalc.cli.a", "B"), ("archcalc.cli.c", "B")]) == {"B"}


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(PACKAGE)): count
        for path in FILES
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE
    }
    assert long == {}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """The functions of a file with their lines, from ``def`` to the end."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            yield node.name, node.end_lineno - node.lineno + 1


def test_functions_are_short() -> None:
    long = {
        f"{path.relative_to(ROOT)} {name}": count
        for path in (*FILES, *TESTS)
        for name, count in functions(path)
        if count > MAX_FUNCTION
    }
    assert long == {}


def test_lines_are_short() -> None:
    # ruff passes a line without a blank, such as a long pattern; here none is passed.
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (*FILES, *TESTS)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > MAX_COLUMNS
    ]
    assert long == []


def test_every_module_says_what_it_is() -> None:
    assert [str(path) for path in FILES if not ast.get_docstring(tree(path))] == []


def comments(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    return sum(
        token.type == tokenize.COMMENT for token in tokenize.generate_tokens(io.StringIO(text).readline)
    )


def test_comments_are_counted() -> None:
    """Comments in 100 lines, for every part: printed (``pytest -s``) and not judged."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path in FILES:
        count = counts[part_of(module_of(path))]
        count[0] += comments(path)
        count[1] += len(path.read_text(encoding="utf-8").splitlines())
    for part, (found, lines) in sorted(counts.items()):
        print(f"{part:12} {100 * found / lines:4.1f} comments in 100 lines")
    assert sum(found for found, _ in counts.values()) > 0


# --- what is loaded only when it is needed ---------------------------------------------------------------


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running some code."""
    script = (
        f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint(chr(10) + ' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def run_of(*args: str) -> str:
    return f"sys.argv = ['archcalc', *{list(args)!r}]; from archcalc.cli import main; main()"


HEAVY = {"numpy", "sympy", "torch", "matplotlib", "onnx"}
COMMANDS = {f"archcalc.cli.{path.stem}" for path in (PACKAGE / "cli").glob("[a-z]*.py")}


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        pytest.param("import archcalc", HEAVY | {"click", "rich", "yaml"}, id="import"),
        pytest.param("import archcalc; archcalc.analyze('vgg16')", HEAVY | {"click", "rich"}, id="library"),
        pytest.param(run_of("table", "vgg16", "--format", "table"), HEAVY, id="table"),
        pytest.param(run_of("table", "vgg16", "--format", "json"), HEAVY | {"rich"}, id="json"),
        pytest.param(run_of("table", "vgg16", "--format", "csv"), HEAVY | {"rich"}, id="csv"),
        pytest.param(run_of("table", "vgg16", "--format", "plain"), HEAVY | {"rich"}, id="plain"),
        pytest.param(
            run_of("time", "vgg16", "--device", "h100", "--format", "json"), HEAVY | {"rich"}, id="time"
        ),
        pytest.param(run_of("verify", "--help"), HEAVY | {"rich"}, id="verify-help"),
        pytest.param(
            "import archcalc.studies.verify, archcalc.render.verify", HEAVY | {"rich", "click"}, id="verify"
        ),
        pytest.param(
            run_of("list", "--format", "json"),
            HEAVY | {"rich", "yaml", "archcalc.language.family"},
            id="list",
        ),
        pytest.param(run_of("--help"), HEAVY | {"rich", "yaml"} | COMMANDS, id="help"),
        pytest.param(run_of("--version"), HEAVY | {"rich", "yaml"} | COMMANDS, id="version"),
    ],
)
def test_what_is_not_needed_is_not_loaded(code: str, absent: set[str]) -> None:
    assert not absent & loaded_by(code)


def test_the_test_of_loading_can_fail() -> None:
    assert "sympy" in loaded_by("import archcalc.dims.symbolic")
    assert "rich" in loaded_by(run_of("table", "vgg16", "--format", "table"))
    assert "archcalc.cli.table" in COMMANDS


def test_only_the_symbolic_kind_imports_sympy() -> None:
    users = {path.parent for path in FILES if "import sympy" in path.read_text(encoding="utf-8")}
    assert users == {PACKAGE / "dims" / "symbolic"}


def test_only_the_backends_and_the_importer_of_pytorch_import_torch() -> None:
    users = {PACKAGE / "backends", PACKAGE / "importers" / "torch"}
    for path in FILES:
        for node in ast.walk(tree(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "torch" for name in names):
                assert not users.isdisjoint(path.parents), f"{path}:{node.lineno}"


def sniffs_of(code: ast.AST) -> list[int]:
    """The lines that compare a type with ``int``: ``type(x) is int``."""
    return [
        node.lineno
        for node in ast.walk(code)
        if isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Call)
        and isinstance(node.left.func, ast.Name)
        and node.left.func.id == "type"
        and any(isinstance(right, ast.Name) and right.id == "int" for right in node.comparators)
    ]


def test_formulas_do_not_ask_for_the_kind_of_a_dimension() -> None:
    """The kinds answer in ``dims``; the engine and the closed forms work with every kind alike."""
    places = [PACKAGE / "engine", PACKAGE / "studies" / "formula"]
    files = [path for place in places for path in place.rglob("*.py")]
    assert len(files) > 10
    assert {str(path): sniffs_of(tree(path)) for path in files if sniffs_of(tree(path))} == {}


def test_the_test_of_kinds_can_fail() -> None:
    assert sniffs_of(ast.parse("a = 1\nif type(a) is int and a == 1: pass")) == [2]


def test_nothing_evaluates_text() -> None:
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile", "__import__"), f"{path}:{node.lineno}"
