"""Locks and budgets with the count of a tool."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchcalcError

SPEC = """\
name: small
settings: {classes: 10}
input: [32, 32, 3]
layers:
  - {conv: 8, kernel: 3, pad: 1, bias: false, then: [bn, relu], name: conv1}
  - {maxpool: 2, name: pool1}
  - {fc: classes, name: fc2}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lock(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "archcalc.lock").read_text(encoding="utf-8"))
    return found


def test_a_lock_says_which_convention_and_keeps_it(folder: Path) -> None:
    archcalc.lock(".", convention="fvcore")
    first = lock(folder)
    assert str(first["convention"]).startswith("archcalc/1, fvcore 0.1.5")
    counted = archcalc.analyze("small.yaml", convention="fvcore").counted
    assert counted is not None
    assert first["networks"]["small"]["totals"]["fvcore"] == counted.total  # type: ignore[index]
    assert archcalc.lock(".") == ()
    assert archcalc.check(".").ok
    assert archcalc.check(".").as_json()["convention"] == "fvcore"
    archcalc.lock(".", convention="archcalc")
    assert lock(folder)["convention"] == "archcalc/1"
    assert "convention" not in archcalc.check(".").as_json()


def test_check_compares_the_count(folder: Path) -> None:
    archcalc.lock(".", convention="fvcore")
    (folder / "small.yaml").write_text(SPEC.replace("conv: 8", "conv: 9"), encoding="utf-8")
    changed = {one.quantity for one in archcalc.check(".").differences if not one.layer}
    assert {"fvcore", "macs"} <= changed


def test_another_convention_is_one_difference(folder: Path) -> None:
    archcalc.lock(".", convention="fvcore")
    (difference,) = archcalc.check(".", convention="thop").differences
    assert difference.kind == "convention"
    assert "archcalc lock --convention thop" in difference.note
    (other,) = archcalc.check(".", convention="archcalc").differences
    assert other.new == "archcalc/1"


def test_another_version_of_the_tool_is_a_difference(folder: Path) -> None:
    archcalc.lock(".", convention="thop")
    file = folder / "archcalc.lock"
    file.write_text(file.read_text(encoding="utf-8").replace("thop 0.1.1", "thop 0.1.0"), encoding="utf-8")
    assert [one.kind for one in archcalc.check(".").differences] == ["convention"]


def test_budgets_read_the_count_of_a_tool(folder: Path) -> None:
    counted = archcalc.analyze("small.yaml", convention="ptflops-aten").counted
    assert counted is not None
    limits = [f"ptflops_aten <= {counted.total}", "conv1.ptflops_aten < 1", "ptflops_aten <= 1.1 * small"]
    found = archcalc.check(".", limits, locked=False, convention="ptflops-aten")
    assert [budget.ok for budget in found.budgets] == [True, False, True]
    with pytest.raises(ArchcalcError, match="--convention fvcore adds it"):
        archcalc.check(".", "fvcore <= 1", locked=False)


def test_a_project_may_set_the_convention(folder: Path) -> None:
    project = folder / "pyproject.toml"
    project.write_text(
        '[tool.archcalc]\nconvention = "torchinfo"\n[tool.archcalc.budget]\n"*" = ["torchinfo <= 1M"]\n',
        encoding="utf-8",
    )
    archcalc.lock(".")
    assert "torchinfo" in str(lock(folder)["convention"])
    assert archcalc.check(".").ok
    project.write_text('[tool.archcalc]\nconvention = "torchinfos"\n', encoding="utf-8")
    with pytest.raises(ArchcalcError, match="did you mean 'torchinfo'"):
        archcalc.check(".")


def test_a_network_that_the_tool_cannot_count_has_no_such_total(folder: Path) -> None:
    (folder / "odd.yaml").write_text(
        "name: odd\ninput: [8, 8, 1]\nlayers: [{subsample: 2}]\n", encoding="utf-8"
    )
    (written,) = archcalc.write_locks(".", convention="thop")
    assert written.summary == "2 networks, counted by thop (1 not: it has no rule)"
    assert archcalc.check(".").ok
