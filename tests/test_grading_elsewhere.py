"""The examples for other graders (docs/grading-elsewhere.md), in the folders that these have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
RUBRIC = (EXAMPLES / "rubric.yaml").read_text(encoding="utf-8")
BOB = (EXAMPLES / "class" / "bob.csv").read_text(encoding="utf-8")


def run(script: str, folder: Path, **env: str) -> str:
    """What a script prints, run in a folder with this archcalc."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]), **env},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def prairielearn(folder: Path, files: dict[str, str]) -> dict[str, Any]:
    """The results of the external grader for what a student hands in."""
    for name in ("student", "tests"):
        (folder / name).mkdir()
    (folder / "tests" / "key.yaml").write_text((ROOT / "specs" / "alexnet.yaml").read_text(encoding="utf-8"))
    (folder / "tests" / "rubric.yaml").write_text(RUBRIC)
    for name, text in files.items():
        (folder / "student" / name).write_text(text)
    script = (EXAMPLES / "prairielearn" / "grade.py").read_text(encoding="utf-8")
    assert run(script, folder, GRADE=str(folder)) == ""
    results: dict[str, Any] = json.loads((folder / "results" / "results.json").read_text(encoding="utf-8"))
    assert str(folder) not in json.dumps(results)
    return results


def test_prairielearn_gets_a_share_and_the_questions(tmp_path: Path) -> None:
    results = prairielearn(tmp_path, {"table.csv": BOB})
    assert (results["gradable"], results["score"]) == (True, 0.45)
    tests = {test["name"]: test for test in results["tests"]}
    assert (tests["conv1 params"]["points"], tests["conv1 params"]["max_points"]) == (7.5, 15)
    assert tests["conv1 params"]["message"].startswith("The biases are missing")


@pytest.mark.parametrize("files", [{}, {"a.csv": BOB, "b.csv": BOB}, {"a.csv": ""}], ids=len)
def test_prairielearn_does_not_count_what_cannot_be_graded(files: dict[str, str], tmp_path: Path) -> None:
    results = prairielearn(tmp_path, files)
    assert (results["gradable"], results["score"]) == (False, 0)
    assert results["format_errors"]


# What otter-grader does with a test file: it runs it, and collects the cases among its names.
OTTER = """\
class test_case:
    def __init__(self, name=None, points=None):
        self.name, self.points = name, points

    def __call__(self, function):
        self.function = function
        return self
"""
COLLECT = """
import json
results = {}
for one in [value for value in globals().values() if isinstance(value, test_case)]:
    try:
        one.function()
        results[one.name] = [one.points, ""]
    except AssertionError as error:
        results[one.name] = [one.points, str(error)]
print(json.dumps(results))
"""


def test_otter_gets_a_case_for_each_question(tmp_path: Path) -> None:
    (tmp_path / "otter").mkdir()
    (tmp_path / "otter" / "test_files.py").write_text(OTTER)
    (tmp_path / "answers.csv").write_text(BOB)
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    script = (EXAMPLES / "otter" / "q1.py").read_text(encoding="utf-8")
    results = json.loads(run(script + COLLECT, tmp_path))
    assert sum(points for points, _ in results.values()) == 100
    passed = [name for name, (_, says) in results.items() if not says]
    assert passed == ["conv1 output", "conv2 output", "fc6 output", "total params"]
    assert results["conv1 params"][1].startswith("wrong. The biases are missing")
