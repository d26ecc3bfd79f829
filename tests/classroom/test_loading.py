"""Grading imports what its file needs: most figures are right, and most files are in one format."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RIGHT = "conv1: {output: 55x55x96, params: 34944}\n"
WRONG = "conv1: {output: 55x55x96, params: 34848}\n"

WHEN_WRONG = {f"archcalc.classroom.{name}" for name in ("search", "lookup", "carried", "mistakes.units")}
WHEN_WRONG |= {"archcalc.studies.explain", "archcalc.dims.traced"}
FORMATS = {
    f"archcalc.classroom.read.{name}" for name in ("html", "markdown", "latex", "csv", "lecture", "table")
}
WRITERS = {f"archcalc.render.writers.{name}" for name in ("junit", "sarif", "gradescope", "yaml")}
NEVER = {"archcalc.classroom.own_network", "archcalc.classroom.quiz", "numpy", "sympy", "torch", *WRITERS}


def loaded(text: str, tmp_path: Path, *options: str) -> set[str]:
    """The modules that a process has imported after grading a file."""
    path = tmp_path / "answers.txt"
    path.write_text(text)
    args = ["archcalc", "grade", str(path), "--key", "alexnet", "--format", "json", *options]
    code = (
        f"import sys; sys.argv = {args!r}\nfrom archcalc.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint(' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "needed", "not_needed"),
    [
        pytest.param(RIGHT, set(), WHEN_WRONG | FORMATS | NEVER, id="right"),
        pytest.param(WRONG, WHEN_WRONG, FORMATS | NEVER, id="wrong"),
        pytest.param(
            "layer,params\nconv1,34944\n",
            {"archcalc.classroom.read.csv"},
            WHEN_WRONG | NEVER | FORMATS - {f"archcalc.classroom.read.{name}" for name in ("csv", "table")},
            id="csv",
        ),
    ],
)
def test_what_a_file_does_not_need_is_not_imported(
    text: str, needed: set[str], not_needed: set[str], tmp_path: Path
) -> None:
    modules = loaded(text, tmp_path)
    assert needed <= modules
    assert not not_needed & modules
