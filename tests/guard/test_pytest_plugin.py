"""The pytest plugin: what it collects, what a failure shows, and that it costs nothing without its flag."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import archcalc

SMALL = """\
name: small
input: [32, 32, 3]
layers:
  - {conv: 16, kernel: 3, pad: 1, name: stem}
  - {fc: 10, name: head}
"""
TINY = "name: tiny\ninput: [28, 28, 1]\nlayers:\n  - {fc: 10}\n"
SPECS = {"specs/small.yaml": SMALL, "specs/tiny.yaml": TINY}
TEST = "def test_something(): pass\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two networks, locked."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, SPECS)
    archcalc.lock()
    return tmp_path


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def run(folder: Path, *args: str, bare: bool = True) -> tuple[int, str]:
    """The exit code and the output of pytest; ``bare`` loads no other plugin, because that takes longest."""
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if bare else {}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            *["-p", "archcalc.guard.pytest_plugin"] * bare,
            *args,
        ],
        cwd=folder,
        env={**os.environ, **alone},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout


def collected(folder: Path, *args: str) -> list[str]:
    code, text = run(folder, "--collect-only", "-q", *args)
    assert code == 0, text
    return [line for line in text.splitlines() if "::" in line]


LOCKED = [f"specs/archcalc.lock::{name}" for name in ("lock", "small", "tiny")]
BUDGETS = '[tool.archcalc.budget]\n"*" = {params = "1M"}\nsmall = ["macs <= 1G", "head.params <= 164K"]\n'
BUDGETED = [
    f"pyproject.toml::{name}"
    for name in ("*: params <= 1M", "small: macs <= 1G", "small: head.params <= 164K")
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "args", "expected"),
    [
        pytest.param({}, ["--archcalc"], LOCKED, id="a test for every network, one for the rest"),
        pytest.param({"test_a.py": TEST}, [], ["test_a.py::test_something"], id="nothing if not asked for"),
        pytest.param({"pyproject.toml": BUDGETS}, ["--archcalc"], [*BUDGETED, *LOCKED], id="every budget"),
        pytest.param(
            {"pyproject.toml": BUDGETS}, ["--archcalc", "specs"], LOCKED, id="what is among the arguments"
        ),
        pytest.param({}, ["--archcalc", LOCKED[1]], [LOCKED[1]], id="one by its name"),
        pytest.param({}, ["--archcalc", "-k", "tiny"], [LOCKED[2]], id="with -k"),
        pytest.param(
            {"tests/test_a.py": TEST, "pyproject.toml": '[tool.pytest]\ntestpaths = ["tests"]\n' + BUDGETS},
            ["--archcalc"],
            ["tests/test_a.py::test_something", *LOCKED, *BUDGETED],
            id="outside of testpaths",
        ),
        pytest.param(
            {"test_a.py": TEST, "pytest.ini": "[pytest]\naddopts = --archcalc\n"},
            ["test_a.py"],
            ["test_a.py::test_something"],
            id="always on, and a file of tests alone",
        ),
        pytest.param(
            {"pyproject.toml": '[tool.archcalc]\nspecs = ["specs/tiny.yaml"]\n'},
            ["--archcalc"],
            LOCKED,
            id="entries of a lock, whatever the project names",
        ),
    ],
)
def test_what_is_collected(folder: Path, files: dict[str, str], args: list[str], expected: list[str]) -> None:
    write(folder, files)
    assert sorted(collected(folder, *args)) == sorted(expected)


def test_a_locked_project_passes(folder: Path) -> None:
    write(folder, {"pyproject.toml": BUDGETS, "test_a.py": TEST})
    code, text = run(folder, "--archcalc", "-q")
    assert (code, "7 passed" in text) == (0, True), text


@pytest.mark.slow
def test_locks_in_several_folders_below(folder: Path) -> None:
    write(folder, {"more/other.yaml": TINY.replace("tiny", "other")})
    archcalc.lock("more")
    code, text = run(folder, "--archcalc", "-q")
    assert (code, "5 passed" in text) == (0, True), text


CHANGES = {
    "a wider layer": (
        {"specs/small.yaml": SMALL.replace("conv: 16", "conv: 24")},
        ["specs/archcalc.lock::small - small total: params 164,298 -> 246,442 (+82,144, +50.0%) and "],
        ["small (specs/small.yaml)", "+224", "specs/small.yaml:4:6"],
    ),
    "a new network": (
        {"specs/new.yaml": TINY.replace("tiny", "new")},
        ["specs/archcalc.lock::lock - new: not in the lock"],
        ["new: in a spec, but not in the lock"],
    ),
    "a network that is gone": (
        {"specs/tiny.yaml": ""},
        ["specs/archcalc.lock::tiny - tiny: not in any spec"],
        ["tiny: in the lock, but in no spec"],
    ),
    "a spec that is broken": (
        {"specs/tiny.yaml": TINY.replace("fc", "fx")},
        [f"{name} - specs/tiny.yaml:4:6: unknown op or block 'fx'" for name in LOCKED],
        ["   4 |   - {fx: 10}", "(more in specs/archcalc.lock::lock)"],
    ),
    "a budget": (
        {"pyproject.toml": '[tool.archcalc.budget]\n"*" = {params = "100K"}\ntiny = ["params <= 8K"]\n'},
        ["pyproject.toml::*: params <= 100K - small: params <= 100K: 164,298, 64,298 (64.3%) over 100,000"],
        ["small    params <= 100K  164,298  100,000  -64,298   -64.3%  exceeded  pyproject.toml *"],
    ),
    "a budget about nothing": (
        {"pyproject.toml": '[tool.archcalc.budget]\nsmal = ["params <= 8K"]\n'},
        ["pyproject.toml::smal: params <= 8K - pyproject.toml smal: the budget 'params <= 8K' matches no"],
        [],
    ),
    "a lock that is missing": (
        {"pyproject.toml": '[tool.archcalc]\nspecs = ["specs", "more"]\n', "more/new.yaml": TINY},
        ["more/archcalc.lock - more/archcalc.lock: the lock is missing; run 'archcalc lock' to write it"],
        [],
    ),
    "another convention": (
        {"specs/archcalc.lock": "archcalc/1=archcalc/0"},
        ["specs/archcalc.lock::lock - the lock: convention archcalc/0 -> archcalc/1"],
        ["the lock was made by another convention; run 'archcalc lock' for all specs"],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_what_a_failure_shows(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")  # pytest shortens no line of its summary
    files, failed, shown = CHANGES[name]
    for path, text in files.items():
        old, equals, new = text.partition("=") if path.endswith(".lock") else ("", "", text)
        if equals:
            text = (folder / path).read_text(encoding="utf-8").replace(old, new)
        (folder / path).unlink() if not text else write(folder, {path: text})
    code, text = run(folder, "--archcalc", "-q", "--tb=short", "-rf")
    assert code == 1, text
    summary = [line for line in text.splitlines() if line.startswith("FAILED ")]
    assert len(summary) == len(failed), text
    for line, start in zip(summary, failed, strict=True):
        assert line.startswith(f"FAILED {start}"), line
    for part in shown:
        assert part in text
    assert "Traceback" not in text
    assert ".py:" not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "code", "says"),
    [
        pytest.param(
            {"specs/archcalc.lock": "<<<<<<< ours\n"}, 2, "it has a merge conflict", id="merge conflict"
        ),
        pytest.param(
            {"pyproject.toml": "[tool.archcalc]\nspec = 1\n"}, 4, "has no key 'spec' (did you", id="config"
        ),
        pytest.param(
            {"pyproject.toml": '[tool.archcalc]\nspecs = ["nets"]\n'}, 4, "no such file or folder", id="specs"
        ),
    ],
)
def test_what_cannot_be_read_ends_the_run(folder: Path, files: dict[str, str], code: int, says: str) -> None:
    write(folder, files)
    found, text = run(folder, "--archcalc")
    assert (found, says in text) == (code, True), text
    assert "Traceback" not in text


def test_a_run_that_finds_no_lock_fails(tmp_path: Path) -> None:
    write(tmp_path, {"test_a.py": TEST})
    code, text = run(tmp_path, "--archcalc", "-q")
    assert (code, "archcalc.lock: the lock is missing; run 'archcalc lock' to write it" in text) == (
        1,
        True,
    ), text


@pytest.mark.slow
@pytest.mark.parametrize("ci", ["", "true"])  # pytest shortens its summary only where CI is not set
def test_a_mistake_of_our_own_is_told_once_and_without_the_frames_of_pytest(
    folder: Path, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)
    write(folder, {"conftest.py": "import archcalc.guard.check\narchcalc.guard.check.check_group = None\n"})
    code, text = run(folder, "--archcalc", "-q")
    assert (code, text.count("Traceback"), "please report it" in text) == (1, 1, True), text
    assert len(text.splitlines()) < 60


@pytest.mark.slow
def test_the_tests_are_the_same_for_several_workers(folder: Path) -> None:
    pytest.importorskip("xdist")
    write(
        folder, {"pyproject.toml": BUDGETS, "test_a.py": TEST, "specs/small.yaml": SMALL.replace("16", "24")}
    )
    code, text = run(folder, "--archcalc", "-q", "-n", "2", bare=False)
    assert (code, "FAILED specs/archcalc.lock::small" in text) == (1, True), text
    assert "2 failed, 5 passed" in text


def test_pytest_can_do_without_it(folder: Path) -> None:
    code, text = run(folder, "-p", "no:archcalc", "--archcalc", bare=False)
    assert (code, "unrecognized arguments: --archcalc" in text) == (4, True)


def test_it_is_found_by_pytest() -> None:
    (found,) = entry_points(group="pytest11", name="archcalc")
    assert found.value == "archcalc.guard.pytest_plugin"


LOADED = """\
import atexit
import sys

atexit.register(lambda: print("loaded:", *sys.modules))
"""


@pytest.mark.slow
@pytest.mark.parametrize("args", [["--help"], ["-q"], ["-q", "--archcalc"]])
def test_nothing_is_loaded_that_is_not_asked_for(folder: Path, args: list[str]) -> None:
    write(folder, {"probe.py": LOADED, "test_a.py": TEST})
    _, text = run(folder, "-p", "probe", "-s", *args, bare=False)
    (line,) = [line for line in text.splitlines() if "loaded:" in line]
    loaded = {
        name for name in line.split() if name.partition(".")[0] in ("archcalc", "yaml", "click", "rich")
    }
    if "--archcalc" in args:
        assert {"archcalc.guard.specs", "yaml"} <= loaded
    else:
        assert loaded == {"archcalc", "archcalc.guard", "archcalc.guard.pytest_plugin"}
