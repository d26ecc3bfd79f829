"""The house: which floor may import which, and what is never imported without need."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "archcalc"

# Each part and the parts it may import; whatever those may import is allowed too (docs/architecture.md).
MAY_IMPORT = {
    "errors": set(),
    "dims": set(),
    "dims.*": {"dims"},
    "ops": {"dims", "errors"},
    "network": {"ops"},
    "conventions": {"dims"},
    "engine": {"network", "conventions"},
    "results": {"conventions", "errors"},
    "language": {"network"},
    "files": {"errors"},
    "backends": {"engine", "results"},
    "studies": {"engine", "results", "backends", "language", "dims.*"},
    "timing": {"studies"},
    "classroom": {"studies"},
    "render": {"results", "ops"},
    "guard": {"studies", "files", "render"},
    "cli": {"studies", "classroom", "guard", "timing", "render", "files", "__init__"},
    "__init__": {"studies", "classroom", "guard", "timing"},
    "__main__": {"cli"},
    "testing": {"__init__", "render"},
}


def part_of(module: str) -> str:
    """The part of the house that a module is: its folder or file; the kinds of dimension are apart."""
    parts = module.split(".")
    if parts[1:2] == ["dims"] and len(parts) > 2:
        return "dims.*"
    return parts[1] if len(parts) > 1 else "__init__"


def allowed(part: str) -> set[str]:
    found, todo = {part}, [part]
    while todo:
        for other in MAY_IMPORT[todo.pop()]:
            if other not in found:
                found.add(other)
                todo.append(other)
    return found


def is_module(name: str) -> bool:
    path = PACKAGE.parent / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def imports_of(path: Path) -> list[tuple[int, str]]:
    """Every archcalc module that a file imports, at its top or inside a function."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [name for name in inner if is_module(name)]
            found += [(node.lineno, module) for module in modules or [node.module]]
    return [(line, module) for line, module in found if module.split(".")[0] == "archcalc"]


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    module = ".".join(("archcalc", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    )
    part = part_of(module)
    wrong = [
        f"{path}:{line}: {part} imports {name}"
        for line, name in imports_of(path)
        if part_of(name) not in allowed(part)
    ]
    assert not wrong, "\n".join(wrong)


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 40


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


def test_only_the_backends_import_torch() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "torch" for name in names):
                assert PACKAGE / "backends" in path.parents, f"{path}:{node.lineno}"


def test_nothing_evaluates_text() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile", "__import__"), f"{path}:{node.lineno}"
