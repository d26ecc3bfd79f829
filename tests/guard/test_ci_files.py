"""What others point at from their CI: the hooks of pre-commit, and the action of GitHub."""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

import archcalc
from archcalc.cli import cli
from archcalc.guard import lockfile
from archcalc.guard.lock import has_text, make_lock
from archcalc.guard.specs import group_of_lock

ROOT = Path(__file__).parent.parent.parent
HOOKS = ROOT / ".pre-commit-hooks.yaml"
ACTION = ROOT / "action.yml"
TINY = "name: tiny\ninput: [28, 28, 1]\nlayers:\n  - {fc: 10, name: head}\n"


DIFF = re.compile(r"```diff\n(.*?)```", re.DOTALL)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_pre_commit_takes_the_hooks() -> None:
    clientlib = pytest.importorskip("pre_commit.clientlib")
    assert [hook["id"] for hook in clientlib.load_manifest(str(HOOKS))] == ["archcalc-check", "archcalc-lock"]


@pytest.mark.parametrize("hook", read(HOOKS), ids=lambda hook: hook["id"])
def test_a_hook_runs_a_command_that_there_is(hook: dict[str, Any]) -> None:
    program, command = hook["entry"].split()
    assert program == "archcalc"
    assert cli.get_command(None, command) is not None  # type: ignore[arg-type]
    assert hook["id"] == f"archcalc-{command}"


@pytest.mark.parametrize("hook", read(HOOKS), ids=lambda hook: hook["id"])
def test_a_hook_sees_a_spec_that_is_gone(hook: dict[str, Any]) -> None:
    # pre-commit passes over files that a commit removes: a pattern of files would never match one.
    assert hook["always_run"]
    assert not hook["pass_filenames"]


def test_the_action_is_one_by_its_schema() -> None:
    pytest.importorskip("check_jsonschema")
    command = ["check_jsonschema", "--builtin-schema", "vendor.github-actions", str(ACTION)]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_action_can_be_listed_on_the_marketplace() -> None:
    action = read(ACTION)
    assert action["author"]
    assert set(action["branding"]) == {"icon", "color"}
    assert len(action["description"]) <= 125  # the marketplace shows no more


def steps() -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in read(ACTION)["runs"]["steps"] if "run" in step}


def test_no_input_becomes_a_part_of_a_script() -> None:
    for step in steps().values():
        assert "${{" not in step["run"]


def test_every_input_is_used() -> None:
    text = ACTION.read_text(encoding="utf-8")
    for name in read(ACTION)["inputs"]:
        assert f"{{{{ inputs.{name} }}}}" in text


FOUND = [
    "tiny: params <= 7K: 7,850, 850 (12.1%25) over 7,000",
    "tiny: head.macs <= 7000: 7,840, 840 (12.0%25) over 7,000",
]


def test_the_action_checks_as_its_inputs_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "tiny.yaml").write_text(TINY, encoding="utf-8")
    archcalc.lock()
    given = {"inputs.specs": "specs\n", "inputs.max": "params=7K\nhead.macs <= 7000\n", "inputs.args": ""}
    given["runner.temp"] = str(tmp_path)
    # This Python may be in no virtual environment, and then there is nothing that activates it.
    (tmp_path / "archcalc-venv" / "bin").mkdir(parents=True)
    scripts = shlex.quote(sysconfig.get_path("scripts"))
    (tmp_path / "archcalc-venv" / "bin" / "activate").write_text(f"PATH={scripts}:$PATH\n", encoding="utf-8")
    step = steps()["archcalc check"]
    for name, value in step["env"].items():
        for variable, text in given.items():
            value = value.replace(f"${{{{ {variable} }}}}", text)
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    # As a runner calls bash.
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.partition("title=archcalc budget::")[2] for line in done.stdout.splitlines()] == FOUND
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("### Budgets")


def test_the_lock_of_the_example_is_fresh_and_that_of_the_changed_one_the_same() -> None:
    models, widened = ROOT / "examples" / "ci" / "models", ROOT / "examples" / "ci" / "widened"
    assert archcalc.check(str(models)).ok
    assert (models / "archcalc.lock").read_bytes() == (widened / "archcalc.lock").read_bytes()
    group = group_of_lock(str(models / "archcalc.lock"))
    assert has_text(group.lock_path, lockfile.text_of(make_lock(group, {}, None)))


def test_the_diff_of_a_lock_is_as_the_page_shows_it(tmp_path: Path) -> None:
    for file in (ROOT / "examples" / "ci" / "widened").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    lock = tmp_path / "archcalc.lock"
    old = lock.read_text(encoding="utf-8")
    archcalc.lock(str(tmp_path))
    new = lock.read_text(encoding="utf-8")
    changes = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm=""))
    (shown,) = DIFF.findall((ROOT / "docs" / "ci.md").read_text(encoding="utf-8"))
    assert shown.splitlines() == changes[2:]  # without the names of the files


def test_only_the_page_about_ci_has_recipes() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    texts = {path.name: path.read_text(encoding="utf-8") for path in pages}
    assert [name for name, text in texts.items() if "archcalc-check" in text] == ["ci.md"]


def test_a_recipe_is_yaml_that_names_what_there_is() -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    hooks = [
        hook["id"]
        for block in blocks
        if "repos" in block
        for repo in block["repos"]
        for hook in repo["hooks"]
    ]
    assert hooks == ["archcalc-check"]
    steps = [step for block in blocks if "jobs" in block for step in block["jobs"]["costs"]["steps"]]
    given = {key for step in steps if "archcalc" in step["uses"] for key in step["with"]}
    assert given <= set(read(ACTION)["inputs"])


def test_the_example_of_budgets_stands_in_its_page_as_it_is() -> None:
    text = (ROOT / "examples" / "ci" / "pyproject.toml").read_text(encoding="utf-8")
    assert text in (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
