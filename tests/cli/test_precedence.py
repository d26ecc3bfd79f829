"""Where a setting comes from: a flag, then a variable, then pyproject.toml, then the default."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archcalc
from archcalc.cli import cli
from archcalc.errors import ArchcalcError, SpecError

FOLDERS = ("specs", "ofile", "ovariable", "oflag")
PYPROJECT = """\
[tool.archcalc]
specs = ["ofile"]
format = "markdown"

[tool.archcalc.budget]
"*" = {params = 100}
"""
SIGNS = {
    "text": "Budgets\n\n",
    "markdown": "### Budgets",
    "json": "{",
    "sarif": '{\n "$schema"',
    "github": "::",
}


def tiny(name: str) -> str:
    return f"name: {name}\ninput: [28, 28, 1]\nlayers:\n  - {{fc: 10}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a network in each of several folders."""
    monkeypatch.chdir(tmp_path)
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.yaml").write_text(tiny(f"{name}-net"), encoding="utf-8")
    archcalc.lock(FOLDERS)
    return tmp_path


def run(*args: str, **variables: str) -> Result:
    return CliRunner().invoke(cli, args, env=variables, catch_exceptions=False)


def checked(*args: str, **variables: str) -> Any:
    return json.loads(run("check", "--format", "json", *args, **variables).stdout)


@pytest.mark.parametrize(
    ("file", "variable", "flag", "found"),
    [
        ("", "", [], ["specs-net"]),
        (PYPROJECT, "", [], ["ofile-net"]),
        ("", "ovariable", [], ["ovariable-net"]),
        (PYPROJECT, "ovariable", [], ["ovariable-net"]),
        (PYPROJECT, "ovariable", ["oflag"], ["oflag-net"]),
        (PYPROJECT, "", ["oflag"], ["oflag-net"]),
        ("", " ovariable ; oflag/*.yaml ;\n specs\n", [], ["oflag-net", "ovariable-net", "specs-net"]),
    ],
)
def test_the_specs(folder: Path, file: str, variable: str, flag: list[str], found: list[str]) -> None:
    (folder / "pyproject.toml").write_text(file, encoding="utf-8")
    assert checked(*flag, ARCHCALC_SPECS=variable)["networks"] == found


@pytest.mark.parametrize(
    ("file", "variable", "flag", "found"),
    [
        ("", "", [], "text"),
        (PYPROJECT, "", [], "markdown"),
        ("", "sarif", [], "sarif"),
        (PYPROJECT, "sarif", [], "sarif"),
        (PYPROJECT, "sarif", ["--format", "github"], "github"),
        (PYPROJECT, "", ["--format", "json"], "json"),
        (PYPROJECT, "", ["--format", "text"], "text"),
    ],
)
def test_the_format(folder: Path, file: str, variable: str, flag: list[str], found: str) -> None:
    (folder / "pyproject.toml").write_text(file, encoding="utf-8")
    result = run("check", "--max", "params=99", *flag, ARCHCALC_FORMAT=variable)
    assert result.exit_code == 1
    assert result.stdout.startswith(SIGNS[found])


@pytest.mark.parametrize(
    ("file", "variable", "args", "found"),
    [
        ("", "", ["-o", "x.json"], "json"),
        ("", "", ["-o", "x.md"], "markdown"),
        ("", "", ["-o", "x.SARIF"], "sarif"),
        ("", "", ["-o", "x.txt"], "text"),
        ("", "", ["-o", "x"], "text"),
        ("", "", ["-o", "x.json", "--format", "github"], "github"),
        (PYPROJECT, "github", ["-o", "x.json"], "json"),
        (PYPROJECT, "github", ["-o", "x.log"], "github"),
        (PYPROJECT, "", ["-o", "x.log"], "markdown"),
    ],
)
def test_the_ending_of_a_file_picks_its_format(
    folder: Path, file: str, variable: str, args: list[str], found: str
) -> None:
    (folder / "pyproject.toml").write_text(file, encoding="utf-8")
    result = run("check", "--max", "params=99", *args, ARCHCALC_FORMAT=variable)
    assert (result.exit_code, result.stdout) == (1, "")
    assert (folder / args[1]).read_text(encoding="utf-8").startswith(SIGNS[found])


def test_an_ending_that_names_no_format_is_told(folder: Path) -> None:
    with pytest.raises(ArchcalcError, match=r"x.csv: unknown ending '.csv'; use .txt, .json, .md, "):
        run("check", "-o", "x.csv")
    assert not (folder / "x.csv").exists()


OWN = [("params <= 100", "pyproject.toml *")]


@pytest.mark.parametrize(
    ("file", "variable", "flag", "found"),
    [
        ("", "", [], []),
        (PYPROJECT, "", [], OWN),
        (
            "",
            "macs <= 1.5 * lenet5; params=3\n",
            [],
            [("macs <= 1.5 * lenet5", "--max"), ("params <= 3", "--max")],
        ),
        (PYPROJECT, "params=2", [], [("params <= 2", "--max"), *OWN]),
        (PYPROJECT, "params=2", ["--max", "params=1"], [("params <= 1", "--max"), *OWN]),
        (PYPROJECT, "", ["--max", "params=1"], [("params <= 1", "--max"), *OWN]),
    ],
)
def test_the_budgets_of_the_file_always_hold(
    folder: Path, file: str, variable: str, flag: list[str], found: list[tuple[str, str]]
) -> None:
    (folder / "pyproject.toml").write_text(file, encoding="utf-8")
    budgets = checked(*flag, ARCHCALC_MAX=variable)["budgets"]
    assert [(one["expression"], one["source"]) for one in budgets] == found


def test_the_file_is_found_upwards_from_the_specs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    monkeypatch.chdir("ovariable")
    assert checked()["networks"] == ["ofile-net"]
    monkeypatch.chdir("/")
    assert checked(str(folder / "oflag"))["budgets"][0]["source"] == "pyproject.toml *"


def test_without_a_list_of_specs_the_folder_beside_the_file_is_meant(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pyproject.toml").write_text("[tool.archcalc]\n", encoding="utf-8")
    (folder / "docs").mkdir()
    monkeypatch.chdir("docs")
    assert checked()["networks"] == ["specs-net"]


def test_lock_heeds_the_variable(folder: Path) -> None:
    result = run("lock", ARCHCALC_SPECS="ovariable;oflag")
    assert (
        result.stdout
        == "oflag/archcalc.lock: unchanged, 1 network\novariable/archcalc.lock: unchanged, 1 network\n"
    )


def test_lock_with_check_is_check(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    variables = {"ARCHCALC_MAX": "params=3", "ARCHCALC_FORMAT": "github", "ARCHCALC_SPECS": "oflag"}
    asked, meant = run("lock", "--check", **variables), run("check", **variables)
    assert (asked.stdout, asked.exit_code) == (meant.stdout, 1)
    assert asked.stdout.count("::error") == 2


def test_lock_with_check_takes_no_settings(folder: Path) -> None:
    result = run("lock", "--check", "--set", "size=3")
    assert result.exit_code == 2
    assert "it takes no --set" in result.stderr


# --- budgets of one folder among several -----------------------------------------------------------

TWO = '[tool.archcalc]\nspecs = ["specs", "oflag"]\n[tool.archcalc.budget]\nspecs-net = ["params <= 8K"]\n'


@pytest.mark.parametrize("specs", [(), ("oflag",), ("specs", "oflag"), ("specs/net.yaml",)])
def test_a_budget_may_be_about_one_of_several_folders(folder: Path, specs: tuple[str, ...]) -> None:
    (folder / "pyproject.toml").write_text(TWO, encoding="utf-8")
    assert archcalc.check(specs).ok


@pytest.mark.parametrize(
    ("file", "specs", "limits"),
    [
        (TWO.replace("specs-net =", "spec-net ="), (), ()),
        (
            TWO.replace("specs-net =", "spec-net =").replace('specs = ["specs", "oflag"]', ""),
            ("specs", "oflag"),
            (),
        ),
        (TWO, (), "fc2.params <= 8K"),
        (TWO, ("oflag",), "fc2.params <= 8K"),
        (TWO.replace("specs-net =", '"*" = {params = "8K"}\nspec-net ='), (), ()),
    ],
)
def test_a_budget_about_nothing_is_refused(folder: Path, file: str, specs: Any, limits: Any) -> None:
    (folder / "pyproject.toml").write_text(file, encoding="utf-8")
    with pytest.raises(ArchcalcError, match="matches no network or layer"):
        archcalc.check(specs, limits)


RELATIVE = """\
[tool.archcalc]
specs = ["specs", "oflag"]
[tool.archcalc.budget]
oflag-net = ["params <= 2 * specs-other", "macs <= 1.5 * lenet5"]
"""


def test_a_budget_means_the_same_network_whatever_is_looked_at(folder: Path) -> None:
    # In the same folder, in another one, and of the name of one that archcalc knows.
    for file, name in (("specs/b.yaml", "specs_other"), ("oflag/c.yaml", "lenet5")):
        (folder / file).write_text(tiny(name), encoding="utf-8")
    archcalc.lock(["specs", "oflag"])
    (folder / "pyproject.toml").write_text(RELATIVE.replace("specs-other", "specs_other"), encoding="utf-8")
    for targets in ((), ("oflag",), ("oflag/net.yaml",), ("oflag/net.yaml", "specs/net.yaml")):
        held = archcalc.check(targets).budgets
        assert [(one.spec, one.limit) for one in held] == [("oflag-net", 15700), ("oflag-net", 11760)]


def test_a_broken_spec_beside_the_one_that_is_looked_at_is_no_matter(folder: Path) -> None:
    (folder / "oflag" / "broken.yaml").write_text("name: broken\ninput: [3]\nlayers: 4\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"broken.yaml"):
        archcalc.check("oflag", "macs <= 2 * lenet5")
    assert archcalc.check("oflag/net.yaml", "macs <= 2 * lenet5").ok


def test_a_budget_about_one_of_two_networks_is_refused(folder: Path) -> None:
    for file in ("specs/b.yaml", "ofile/b.yaml"):
        (folder / file).write_text(tiny("twice"), encoding="utf-8")
    targets = ("specs", "ofile", "oflag")
    archcalc.lock(targets)
    says = "^the budget 'params <= twice': two networks are called 'twice', in ofile/b.yaml and specs/b.yaml$"
    with pytest.raises(ArchcalcError, match=says):
        archcalc.check(targets, "params <= twice")
    assert archcalc.check(("specs", "oflag"), "params <= twice").ok
    assert archcalc.check(targets, "params <= 7850").ok


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        ('params = "25M"', r"pyproject.toml params: the budget '25M': a comparison such as <= is missing"),
        (
            '"*" = {params = "25 M"}',
            r"pyproject.toml \*: the budget 'params <= 25 M': expected the end, found 'M'",
        ),
        ('"*" = {params = "2 * nett"}', r"the budget 'params <= 2 \* nett': unknown network 'nett'"),
    ],
)
def test_a_budget_that_is_none_is_told_with_its_place(folder: Path, budget: str, says: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.archcalc.budget]\n{budget}\n", encoding="utf-8")
    with pytest.raises(ArchcalcError, match=f"^{says}"):
        archcalc.check("specs")


@pytest.mark.parametrize(
    ("limit", "share"), [("-5", "-157100"), ("0", "–"), ("7000", "-12.1%"), ("-5 + 7855", "+0.0%")]
)
def test_a_margin_is_a_share_of_any_limit(folder: Path, limit: str, share: str) -> None:
    rows = run("check", "--max", f"params <= {limit}").stdout.splitlines()
    (row,) = (line for line in rows if line.startswith("specs-net"))
    assert f"  {share}" in row


# --- the library face ------------------------------------------------------------------------------


def test_lock_tells_what_it_wrote(folder: Path) -> None:
    assert archcalc.lock() == ()
    (folder / "specs" / "net.yaml").write_text(tiny("other"), encoding="utf-8")
    assert [one.kind for one in archcalc.check().differences] == ["new", "gone"]
    assert archcalc.lock(["specs", "oflag"]) == ("specs/archcalc.lock",)
    assert archcalc.check("specs").ok


def test_locks_are_written_all_or_none(folder: Path) -> None:
    (folder / "oflag" / "net.yaml").write_text(tiny("other"), encoding="utf-8")
    (folder / "specs" / "net.yaml").write_text(tiny("other").replace("fc", "fx"), encoding="utf-8")
    before = (folder / "oflag" / "archcalc.lock").read_bytes()
    with pytest.raises(ArchcalcError, match="fx"):
        archcalc.lock(["oflag", "specs"])
    assert (folder / "oflag" / "archcalc.lock").read_bytes() == before


def test_an_empty_folder_gets_no_lock_that_would_pass(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(ArchcalcError, match="empty: no specs in this folder"):
        archcalc.lock("empty")
    assert not (folder / "empty" / "archcalc.lock").exists()


def test_who_accepts_a_difference_keeps_the_settings(folder: Path) -> None:
    spec = folder / "specs" / "net.yaml"
    spec.write_text(
        "name: net\nsettings: {size: 8}\ninput: [size, size, 1]\nlayers:\n  - {fc: 10}\n", encoding="utf-8"
    )
    archcalc.lock("specs", {"size": 16})
    spec.write_text(spec.read_text(encoding="utf-8").replace("fc: 10", "fc: 20"), encoding="utf-8")
    archcalc.lock("specs")
    assert json.loads((folder / "specs" / "archcalc.lock").read_text(encoding="utf-8"))["set"] == {"size": 16}
    assert archcalc.check("specs").ok


def test_check_of_budgets_alone_needs_no_lock(folder: Path) -> None:
    (folder / "specs" / "archcalc.lock").unlink()
    with pytest.raises(ArchcalcError, match="the lock is missing"):
        archcalc.check()
    assert archcalc.check(limits="params <= 7850", locked=False).ok
    assert not archcalc.check(limits=["params <= 7849"], locked=False).ok
